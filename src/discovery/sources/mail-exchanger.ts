import { checkDomain } from '../../domain/text/host.js';
import type { MailExchanger } from '../means.js';
import { domainsOfExchanger, providerOfExchanger } from '../mail-exchangers.js';
import { candidatesOf } from '../provider-candidates.js';
import { firstFinding, found, foundNothing, SourceFailed, type Finding, type Source } from '../source.js';
import { lookUpInThunderbird } from '../thunderbird-lookup.js';

/** Who takes the domain's mail: that provider's settings, from the catalogue or from Thunderbird's database. */
export const mailExchanger: Source = {
  name: 'MX',
  async search(address, means, signal) {
    const { domain } = address;
    const hosts = hostsOf(await records(domain, () => means.nameServers.mx(domain, signal)));
    const [host] = hosts;
    if (host === undefined) return foundNothing(`${domain} names no server that takes its mail.`);
    const provider = hosts.map(providerOfExchanger).find((found) => found !== undefined);
    if (provider !== undefined) return found(candidatesOf(provider, address), `Mail for ${domain} is taken by ${provider.name}.`);
    const nothing = `Mail for ${domain} is taken by ${host}, which the catalogue does not know.`;
    if (!means.asksThunderbird) return foundNothing(nothing);
    // The domain itself is looked up as a source of its own.
    const domains = domainsOfExchanger(host).filter((each) => each !== domain);
    const lookUp = async (each: string): Promise<Finding> => {
      const finding = await lookUpInThunderbird(each, address, means, signal);
      return { ...finding, message: `Mail for ${domain} is taken by ${host}. ${finding.message}` };
    };
    return firstFinding(domains.map(lookUp), nothing);
  },
};

/** The preferred first. */
function hostsOf(exchangers: readonly MailExchanger[]): readonly string[] {
  return [...exchangers]
    .sort((one, other) => one.preference - other.preference)
    .map(({ exchange }) => checkDomain(exchange, ''))
    .flatMap((checked) => (checked.ok ? [checked.value] : []));
}

async function records(domain: string, ask: () => Promise<readonly MailExchanger[]>): Promise<readonly MailExchanger[]> {
  try {
    return await ask();
  } catch (error) {
    throw new SourceFailed(`Who takes the mail for ${domain} could not be asked for: the name servers did not answer.`, { cause: error });
  }
}
