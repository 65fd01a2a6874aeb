import type { Address } from './address.js';
import type { Candidate } from './discovery-port.js';
import type { ProbedServer } from './means.js';
import { upgradeOf } from './provider-candidates.js';
import { SourceFailed } from './source.js';
import { candidateOf } from './written-server.js';
import { childrenOf, parseXml, textOf, XmlRefused, type XmlElement } from './xml.js';

/** What an Autodiscover answer comes to: servers, or another address to ask at. */
export interface AutodiscoverAnswer {
  readonly candidates: readonly Candidate[];
  readonly redirect: string | null;
}

/** The question for "plain old XML" Autodiscover ([MS-OXDSCLI], section 2.2.3). */
export function autodiscoverQuestion({ address }: Address): string {
  const schema = 'http://schemas.microsoft.com/exchange/autodiscover/outlook';
  const written = address.replace(/[&<>]/g, (character) => `&#${character.charCodeAt(0)};`);
  return (
    `<?xml version="1.0" encoding="utf-8"?><Autodiscover xmlns="${schema}/requestschema/2006"><Request><EMailAddress>${written}</EMailAddress>` +
    `<AcceptableResponseSchema>${schema}/responseschema/2006a</AcceptableResponseSchema></Request></Autodiscover>`
  );
}

/**
 * The servers of SMTP, IMAP and POP3 in an answer to it ([MS-OXDSCLI], section 2.2.4). Exchange's own protocols are left out.
 * @param place for people. @throws {SourceFailed} it is no such answer.
 */
export function readAutodiscover(text: string, address: Address, place: string): AutodiscoverAnswer {
  const accounts = childrenOf(autodiscover(text, place), 'Response').flatMap((response) => childrenOf(response, 'Account'));
  const candidates = accounts
    .flatMap((account) => childrenOf(account, 'Protocol'))
    .map((protocol) => serverIn(protocol, address))
    .filter((candidate) => candidate !== null);
  const redirect = accounts.find((account) => textOf(account, 'Action').toLowerCase() === 'redirecturl');
  return { candidates, redirect: redirect === undefined ? null : textOf(redirect, 'RedirectUrl') };
}

function autodiscover(text: string, place: string): XmlElement {
  try {
    const root = parseXml(text);
    if (root.name === 'Autodiscover') return root;
  } catch (error) {
    if (!(error instanceof XmlRefused)) throw error;
    throw new SourceFailed(`${place} answers with something else than settings. ${error.message}`, { cause: error });
  }
  throw new SourceFailed(`${place} answers with something else than settings.`);
}

const protocols: ReadonlyMap<string, ProbedServer['protocol']> = new Map([
  ['SMTP', 'SMTP'],
  ['IMAP', 'IMAP'],
  ['POP3', 'POP3'],
]);

function serverIn(element: XmlElement, address: Address): Candidate | null {
  const protocol = protocols.get(textOf(element, 'Type').toUpperCase());
  if (protocol === undefined) return null;
  const port = textOf(element, 'Port');
  return candidateOf({
    protocol,
    security: securityOf(element, protocol, port),
    host: textOf(element, 'Server'),
    port,
    userId: textOf(element, 'LoginName') || address.address,
    authentication: textOf(element, 'AuthRequired').toLowerCase() === 'off' ? [] : ['PASSWORD'],
    oauth: null,
  });
}

/** Ports that begin in clear text: where SSL is said to be on there, STARTTLS is meant. */
const clearTextPorts: ReadonlySet<string> = new Set(['25', '587', '143', '110']);

/** `Encryption` stands above `SSL`, which is on unless said otherwise. */
function securityOf(element: XmlElement, protocol: ProbedServer['protocol'], port: string): Candidate['security'] {
  switch (textOf(element, 'Encryption').toUpperCase()) {
    case 'SSL':
      return 'TLS';
    case 'TLS':
      return upgradeOf(protocol);
    case 'NONE':
      return 'NONE';
    default:
      if (textOf(element, 'SSL').toLowerCase() === 'off') return 'NONE';
      return clearTextPorts.has(port) ? upgradeOf(protocol) : 'TLS';
  }
}
