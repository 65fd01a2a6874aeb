import type { ProviderAuthentication } from '../domain/provider/provider.js';
import { filledIn, type Address } from './address.js';
import type { Candidate, OAuthSettings } from './discovery-port.js';
import type { ProbedServer } from './means.js';
import { upgradeOf } from './provider-candidates.js';
import { found, foundNothing, SourceFailed, type Finding } from './source.js';
import { candidateOf } from './written-server.js';
import { childrenOf, parseXml, textOf, XmlRefused, type XmlElement } from './xml.js';

/**
 * What a file in the format of Thunderbird's autoconfiguration (`clientConfig`, version 1.1) tells of, in its order. Servers of other kinds than SMTP, IMAP and POP3 are left out, and
 * so is what no account could be set up with.
 * @param place for people: `Thunderbird's database`. @throws {SourceFailed} it is no such file.
 */
export function readAutoconfig(text: string, address: Address, place: string): Finding {
  const root = clientConfig(text, place);
  const providers = childrenOf(root, 'emailProvider');
  const oauth = [root, ...providers].flatMap((element) => childrenOf(element, 'oAuth2')).map(oauthIn)[0] ?? null;
  const servers = providers.flatMap((provider) => [...childrenOf(provider, 'incomingServer'), ...childrenOf(provider, 'outgoingServer')]);
  const candidates = servers.map((server) => serverIn(server, oauth, address)).filter((candidate) => candidate !== null);
  return candidates.length === 0
    ? foundNothing(`${place} tells of no server that an account could use.`)
    : found(candidates, `${place} tells of ${candidates.length === 1 ? 'one server' : `${candidates.length} servers`}.`);
}

function clientConfig(text: string, place: string): XmlElement {
  try {
    const root = parseXml(text);
    if (root.name === 'clientConfig') return root;
  } catch (error) {
    if (!(error instanceof XmlRefused)) throw error;
    throw new SourceFailed(`${place} answers with something else than settings. ${error.message}`, { cause: error });
  }
  throw new SourceFailed(`${place} answers with something else than settings.`);
}

const protocols: ReadonlyMap<string, ProbedServer['protocol']> = new Map([
  ['smtp', 'SMTP'],
  ['imap', 'IMAP'],
  ['pop3', 'POP3'],
]);

function serverIn(server: XmlElement, oauth: OAuthSettings | null, address: Address): Candidate | null {
  const protocol = protocols.get(server.attributes.get('type')?.toLowerCase() ?? '');
  const security = protocol && securityOf(textOf(server, 'socketType'), protocol);
  if (protocol === undefined || security === undefined) return null;
  const authentication = authenticationIn(server);
  return candidateOf({
    protocol,
    security,
    host: filledIn(textOf(server, 'hostname'), address),
    port: textOf(server, 'port'),
    userId: filledIn(textOf(server, 'username') || '%EMAILADDRESS%', address),
    authentication,
    oauth: authentication.includes('OAUTH2') ? oauth : null,
  });
}

function securityOf(socketType: string, protocol: ProbedServer['protocol']): Candidate['security'] | undefined {
  switch (socketType.toUpperCase()) {
    case 'SSL':
    case 'TLS':
      return 'TLS';
    case 'STARTTLS':
      return upgradeOf(protocol);
    case 'PLAIN':
      return 'NONE';
    default:
      return undefined;
  }
}

/** What else there is (NTLM, GSSAPI, certificates, none) no account can log in with. */
const authentications: ReadonlyMap<string, ProviderAuthentication> = new Map([
  ['password-cleartext', 'PASSWORD'],
  ['plain', 'PASSWORD'],
  ['password-encrypted', 'PASSWORD'],
  ['secure', 'PASSWORD'],
  ['oauth2', 'OAUTH2'],
]);

function authenticationIn(server: XmlElement): readonly ProviderAuthentication[] {
  const offered = childrenOf(server, 'authentication').map(({ text }) => authentications.get(text.toLowerCase()));
  return [...new Set(offered.filter((each) => each !== undefined))];
}

const mostScopes = 20;

/** A scope as a request may name it (RFC 6749, section 3.3). */
const scopeToken = /^[\x21\x23-\x5B\x5D-\x7E]{1,256}$/;

/** Null without both addresses, for a profile cannot be made of one. */
function oauthIn(element: XmlElement): OAuthSettings | null {
  const [authorizationEndpoint, tokenEndpoint] = [httpsAddress(textOf(element, 'authURL')), httpsAddress(textOf(element, 'tokenURL'))];
  if (authorizationEndpoint === null || tokenEndpoint === null) return null;
  const scopes = childrenOf(element, 'scope').flatMap(({ text }) => text.split(/\s+/).filter((scope) => scopeToken.test(scope)));
  return { authorizationEndpoint, tokenEndpoint, scopes: [...new Set(scopes)].slice(0, mostScopes) };
}

function httpsAddress(text: string): string | null {
  if (text.length > 2_048 || !URL.canParse(text)) return null;
  const url = new URL(text);
  return url.protocol === 'https:' && url.username === '' && url.password === '' ? url.href : null;
}
