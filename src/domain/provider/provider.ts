/** A mail provider as the catalogue knows it: where it is reached, and how one signs in. Facts that change rarely; what a caller states always wins over them. */
export interface Provider {
  /** Lower-case letters, digits and hyphens; stable. */
  readonly id: string;
  readonly name: string;
  /** Domains of addresses that are surely this provider's. Lower case. */
  readonly domains: readonly string[];
  /** Preferred first, in each list. Empty: the provider does not offer the protocol. */
  readonly smtp: readonly Endpoint[];
  readonly imap: readonly Endpoint[];
  readonly pop3: readonly Endpoint[];
  readonly microsoftGraph: boolean;
  readonly authentication: readonly ProviderAuthentication[];
  /** What the provider takes for a user's name. */
  readonly userId: 'address' | 'local-part';
  readonly oauth: OAuthHint | null;
  readonly documentationUrl: string | null;
  /** What a person should know before the first try. */
  readonly notes: readonly string[];
}

export interface Endpoint {
  readonly host: string;
  readonly port: number;
  readonly security: 'TLS' | 'STARTTLS' | 'NONE';
}

export type ProviderAuthentication = 'PASSWORD' | 'APP_PASSWORD' | 'OAUTH2';

/** Where tokens come from, and for which scopes. `{tenant}` stands for the organisation's tenant. */
export interface OAuthHint {
  readonly authorizationEndpoint: string;
  readonly tokenEndpoint: string;
  readonly scopes: Readonly<Partial<Record<'smtp' | 'imap' | 'pop3' | 'microsoftGraph', readonly string[]>>>;
}
