import { findProvider } from '../../domain/provider/catalogue.js';
import { checkDomain } from '../../domain/text/host.js';
import type { Address } from '../address.js';
import { autodiscoverQuestion, readAutodiscover } from '../autodiscover.js';
import { httpsDocument } from '../https-document.js';
import { isWithin } from '../mail-exchangers.js';
import type { Means } from '../means.js';
import { candidatesOf } from '../provider-candidates.js';
import { firstFinding, found, foundNothing, SourceFailed, type Finding, type Source } from '../source.js';

const mostRedirects = 3;
const microsoft365Hosts = ['outlook.office365.com', 'outlook.office.com', 'outlook.com'];

/**
 * Exchange's Autodiscover, as far as it answers who has not logged in: hosting panels and other servers do, in XML; Exchange itself tells in JSON where its mailboxes are,
 * which gives Microsoft 365 away. Only https is spoken, so where Autodiscover is reached by an http redirect alone nothing is found: the MX records then tell of Microsoft 365.
 */
export const exchangeAutodiscover: Source = {
  name: 'EXCHANGE_AUTODISCOVER',
  search(address, means, signal) {
    const { domain } = address;
    const places = [`autodiscover.${domain}`, domain];
    return firstFinding(
      [
        ...places.map((host) => askInXml(host, address, means, signal)),
        askNamedHost(address, means, signal),
        ...places.map((host) => askInJson(host, address, means, signal)),
      ],
      `${domain} has no Autodiscover that answers without a login.`,
    );
  },
};

async function askInXml(host: string, address: Address, { fetch }: Means, signal: AbortSignal): Promise<Finding> {
  let url = `https://${host}/autodiscover/autodiscover.xml`;
  for (let redirected = 0; redirected <= mostRedirects; redirected++) {
    const text = await httpsDocument(url, fetch, signal, {
      method: 'POST',
      headers: { 'content-type': 'text/xml; charset=utf-8', accept: 'text/xml, application/xml' },
      body: autodiscoverQuestion(address),
    });
    if (text === null) return foundNothing('');
    const { candidates, redirect } = readAutodiscover(text, address, new URL(url).hostname);
    if (candidates.length > 0) return found(candidates, `Autodiscover at ${new URL(url).hostname} tells of them.`);
    if (redirect === null || !URL.canParse(redirect)) return foundNothing('');
    url = redirect;
  }
  throw new SourceFailed(`${host} redirects more than ${mostRedirects} times.`);
}

/** The host that a service record names for it. */
async function askNamedHost(address: Address, means: Means, signal: AbortSignal): Promise<Finding> {
  const records = await means.nameServers.srv(`_autodiscover._tcp.${address.domain}`, signal).catch((error: unknown) => {
    throw new SourceFailed(`The service record for Autodiscover of ${address.domain} could not be asked for: the name servers did not answer.`, {
      cause: error,
    });
  });
  const [record] = [...records].sort((one, other) => one.priority - other.priority);
  const host = checkDomain(record?.target ?? '', '');
  return record?.port === 443 && host.ok ? askInXml(host.value, address, means, signal) : foundNothing('');
}

async function askInJson(host: string, address: Address, { fetch }: Means, signal: AbortSignal): Promise<Finding> {
  const query = `Email=${encodeURIComponent(address.address)}&Protocol=AutodiscoverV1`;
  const text = await httpsDocument(`https://${host}/autodiscover/autodiscover.json?${query}`, fetch, signal, { headers: { accept: 'application/json' } });
  const target = text === null ? null : urlIn(text);
  const provider = target !== null && microsoft365Hosts.some((each) => isWithin(target, each)) ? findProvider('microsoft-365') : undefined;
  return provider === undefined ? foundNothing('') : found(candidatesOf(provider, address), `Autodiscover at ${host} leads to ${provider.name}.`);
}

/** The host that the answer leads to; null where it leads nowhere. */
function urlIn(text: string): string | null {
  try {
    const answer: unknown = JSON.parse(text);
    const url = typeof answer === 'object' && answer !== null && 'Url' in answer ? answer.Url : null;
    return typeof url === 'string' && URL.canParse(url) ? new URL(url).hostname : null;
  } catch {
    // What is no JSON comes from a server that knows nothing of Autodiscover and answers everything.
    return null;
  }
}
