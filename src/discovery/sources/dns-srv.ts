import { checkDomain } from '../../domain/text/host.js';
import type { Address } from '../address.js';
import type { Candidate } from '../discovery-port.js';
import type { ServiceRecord } from '../means.js';
import { upgradeOf } from '../provider-candidates.js';
import { found, foundNothing, SourceFailed, type Source } from '../source.js';

/** RFC 6186, section 3, and RFC 8314, section 5.1: with TLS from the start before STARTTLS. */
const services = [
  { name: '_submissions', protocol: 'SMTP', implicit: true },
  { name: '_submission', protocol: 'SMTP', implicit: false },
  { name: '_imaps', protocol: 'IMAP', implicit: true },
  { name: '_imap', protocol: 'IMAP', implicit: false },
  { name: '_pop3s', protocol: 'POP3', implicit: true },
  { name: '_pop3', protocol: 'POP3', implicit: false },
] as const;

/** More servers than this share their load, and settings name one. */
const mostServers = 3;

/** Service records of the domain. */
export const dnsSrv: Source = {
  name: 'DNS_SRV',
  async search(address, { nameServers }, signal) {
    const answers = await Promise.allSettled(services.map(({ name }) => nameServers.srv(`${name}._tcp.${address.domain}`, signal)));
    const candidates = answers.flatMap((answer, index) => {
      const service = services[index];
      return answer.status === 'fulfilled' && service !== undefined ? offered(answer.value, service, address) : [];
    });
    const failed = answers.filter(({ status }) => status === 'rejected').length;
    if (candidates.length > 0) {
      const finding = found(candidates, `The service records of ${address.domain} name ${hostsOf(candidates)}.`);
      return failed === 0 ? finding : { ...finding, outcome: 'WARNED', message: `${finding.message} Some records could not be asked for.` };
    }
    if (failed > 0) throw new SourceFailed(`The service records of ${address.domain} could not be asked for: the name servers did not answer.`);
    return foundNothing(`${address.domain} has no service records for mail.`);
  },
};

/** The servers that clients are to try first come first (RFC 2782); of the same priority those that take most of the load. No target: the service is not offered (RFC 6186, section 3.4). */
function offered(records: readonly ServiceRecord[], { protocol, implicit }: (typeof services)[number], address: Address): readonly Candidate[] {
  return [...records]
    .sort((one, other) => one.priority - other.priority || other.weight - one.weight)
    .flatMap(({ target, port }): readonly Candidate[] => {
      const host = checkDomain(target, '');
      if (!host.ok || port === 0) return [];
      const security = implicit ? 'TLS' : upgradeOf(protocol);
      // The user ID is the address, unless a provider says otherwise (RFC 6186, section 4).
      return [{ protocol, host: host.value, port, security, userId: address.address, authentication: [], provider: null, oauth: null }];
    })
    .slice(0, mostServers);
}

function hostsOf(candidates: readonly Candidate[]): string {
  return [...new Set(candidates.map(({ host }) => host))].join(', ');
}
