import type { StageOutcome } from '../domain/email-account/connection-test.js';
import type { OAuthHint, ProviderAuthentication } from '../domain/provider/provider.js';
import type { ServerTls } from '../domain/truststore/mail-server.js';

/** Where settings can be found, the most trusted first: this order ranks what was found, whoever answered first. */
export const discoverySources = ['CATALOGUE', 'PROVIDER_AUTOCONFIG', 'THUNDERBIRD_DATABASE', 'DNS_SRV', 'MX', 'EXCHANGE_AUTODISCOVER', 'GUESS'] as const;
export type DiscoverySource = (typeof discoverySources)[number];

export type MailProtocol = 'SMTP' | 'IMAP' | 'POP3' | 'MICROSOFT_GRAPH';

/** One way to send or to receive, as a source tells of it. */
export interface Candidate {
  readonly protocol: MailProtocol;
  readonly host: string;
  readonly port: number;
  readonly security: ServerTls | 'NONE';
  /** Null where it is not known. */
  readonly userId: string | null;
  /** Preferred first; empty where the source does not say. */
  readonly authentication: readonly ProviderAuthentication[];
  /** An id of the provider catalogue; null where the server is of none, or of several. */
  readonly provider: string | null;
  readonly oauth: OAuthSettings | null;
}

/** Where OAuth 2.0 tokens for a server come from, as far as it is told. */
export interface OAuthSettings extends Pick<OAuthHint, 'authorizationEndpoint' | 'tokenEndpoint'> {
  readonly scopes: readonly string[];
}

export interface RankedCandidate extends Candidate {
  readonly source: DiscoverySource;
  /** Whether a server of the protocol was seen to greet there, over TLS with a certificate that is valid for the host. */
  readonly verified: boolean;
}

/** What came of one source. Never an error: that a source fails is a result. */
export interface DiscoverySourceResult {
  readonly source: DiscoverySource;
  /** PASSED: it told of settings. SKIPPED: it knows none for the address, or was not asked. FAILED: it could not be asked, or its answer could not be used. */
  readonly outcome: StageOutcome;
  readonly message: string;
  readonly durationMilliseconds: number;
}

export interface Discovery {
  /** With the domain as A-labels. */
  readonly emailAddress: string;
  /** The most trusted first. */
  readonly candidates: readonly RankedCandidate[];
  /** One for each source, the most trusted first. */
  readonly sources: readonly DiscoverySourceResult[];
  readonly durationMilliseconds: number;
}

export type DiscoveryProgress = { readonly source: DiscoverySourceResult } | { readonly discovery: Discovery };

/**
 * Asks every source side by side; results come as the sources end, the whole comes last, after 10 seconds at most. Who stops reading, or aborts, stops it.
 * @param emailAddress as `checkEmailAddress` accepts it. Never throws for what the network does.
 */
export type DiscoverSettings = (emailAddress: string, signal: AbortSignal) => AsyncIterable<DiscoveryProgress>;
