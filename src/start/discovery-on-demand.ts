import type { DiscoverSettings } from '../discovery/discovery-port.js';
import type { Means } from '../discovery/means.js';
import type { MailSettings } from '../mail/mail-settings.js';

/** How settings are searched for. For tests, some of the means may be others. */
export interface DiscoveryAccess extends Pick<Means, 'fetch' | 'asksThunderbird'> {
  readonly means?: Partial<Means>;
}

/** Searches for settings, whose parser and clients are loaded when the first is asked for. */
export function discoveryOnDemand(mail: MailSettings, { means, ...access }: DiscoveryAccess): DiscoverSettings {
  let loaded: Promise<DiscoverSettings> | null = null;
  const load = async (): Promise<DiscoverSettings> => {
    const [{ settingsDiscoverer }, { nameServers }, { mailServerProbe }] = await Promise.all([
      import('../discovery/discover-settings.js'),
      import('../discovery/name-servers.js'),
      import('../discovery/mail-server-probe.js'),
    ]);
    return settingsDiscoverer({ ...access, nameServers: nameServers(), probe: mailServerProbe(mail), ...means });
  };
  return async function* discover(emailAddress, signal) {
    yield* (await (loaded ??= load()))(emailAddress, signal);
  };
}
