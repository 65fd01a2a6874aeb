import { mailboxProviders } from './mailbox-providers.js';
import type { Endpoint, Provider } from './provider.js';
import { sendOnlyProviders } from './send-only-providers.js';

export type { Endpoint, Provider } from './provider.js';

/** No presets: the form is filled in by hand. */
const custom: Provider = {
  id: 'custom',
  name: 'Custom',
  domains: [],
  smtp: [],
  imap: [],
  pop3: [],
  microsoftGraph: true,
  authentication: ['PASSWORD', 'APP_PASSWORD', 'OAUTH2'],
  userId: 'address',
  oauth: null,
  documentationUrl: null,
  notes: ['Nothing is filled in: state host, port and security yourself.'],
};

/** All providers: `custom`, then those of mailboxes, then those that only send. */
export const providers: readonly Provider[] = [custom, ...mailboxProviders, ...sendOnlyProviders];

const byId = new Map(providers.map((provider) => [provider.id, provider]));
const idsByHost = new Map<string, string[]>();
for (const provider of providers)
  for (const { host } of endpointsOf(provider)) {
    const ids = idsByHost.get(host) ?? [];
    if (!ids.includes(provider.id)) idsByHost.set(host, [...ids, provider.id]);
  }

export function findProvider(id: string): Provider | undefined {
  return byId.get(id);
}

/** The ids of the providers that have a server of this name. */
export function providersOfHost(host: string): readonly string[] {
  return idsByHost.get(host.toLowerCase()) ?? [];
}

function endpointsOf({ smtp, imap, pop3 }: Provider): readonly Endpoint[] {
  return [...smtp, ...imap, ...pop3];
}
