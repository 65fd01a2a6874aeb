import type { Endpoint, Provider } from '../domain/provider/provider.js';
import { findProvider, providersOfHost } from '../domain/provider/catalogue.js';
import type { Address } from './address.js';
import type { Candidate, MailProtocol, OAuthSettings } from './discovery-port.js';
import type { ProbedServer } from './means.js';

const hintNames = { SMTP: 'smtp', IMAP: 'imap', POP3: 'pop3', MICROSOFT_GRAPH: 'microsoftGraph' } as const satisfies Record<MailProtocol, string>;
const upgrades = { SMTP: 'SMTP_STARTTLS', IMAP: 'IMAP_STARTTLS', POP3: 'POP3_STLS' } as const;

/** How a connection that begins in clear text gets to TLS in the protocol. */
export function upgradeOf(protocol: ProbedServer['protocol']): Candidate['security'] & ProbedServer['security'] {
  return upgrades[protocol];
}

/** All that the catalogue knows of a provider, for an address there. */
export function candidatesOf(provider: Provider, address: Address): readonly Candidate[] {
  // A provider that takes the local part alone does so in its own domains; an address in a customer's domain would not be unique.
  const userId = provider.userId === 'local-part' && provider.domains.includes(address.domain) ? address.localPart : address.address;
  const told = (protocol: MailProtocol) => ({
    protocol,
    userId,
    provider: provider.id,
    authentication: protocol === 'MICROSOFT_GRAPH' ? (['OAUTH2'] as const) : provider.authentication,
    oauth: oauthOf(provider, protocol),
  });
  const servers = (protocol: ProbedServer['protocol'], endpoints: readonly Endpoint[]): readonly Candidate[] =>
    endpoints.map(({ host, port, security }) => ({ ...told(protocol), host, port, security: security === 'STARTTLS' ? upgradeOf(protocol) : security }));
  const graph: readonly Candidate[] = provider.microsoftGraph ? [{ ...told('MICROSOFT_GRAPH'), host: 'graph.microsoft.com', port: 443, security: 'TLS' }] : [];
  return [...graph, ...servers('SMTP', provider.smtp), ...servers('IMAP', provider.imap), ...servers('POP3', provider.pop3)];
}

/** The candidate with what the catalogue knows of its server, where it is one of exactly one provider. What the source told of stays. */
export function completed(candidate: Candidate): Candidate {
  const [only, ...others] = providersOfHost(candidate.host);
  const provider = candidate.provider === null && only !== undefined && others.length === 0 ? findProvider(only) : undefined;
  if (provider === undefined) return candidate;
  const authentication = candidate.authentication.length > 0 ? candidate.authentication : provider.authentication;
  return { ...candidate, provider: provider.id, authentication, oauth: candidate.oauth ?? oauthOf(provider, candidate.protocol) };
}

function oauthOf({ oauth }: Provider, protocol: MailProtocol): OAuthSettings | null {
  const scopes = oauth?.scopes[hintNames[protocol]];
  if (oauth === null || scopes === undefined) return null;
  return { authorizationEndpoint: oauth.authorizationEndpoint, tokenEndpoint: oauth.tokenEndpoint, scopes };
}
