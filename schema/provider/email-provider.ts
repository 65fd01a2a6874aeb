import { Field, ID, Int, ObjectType } from 'type-graphql';
import { findProvider, type Endpoint, type Provider } from '../../src/domain/provider/catalogue.js';
import { enumeration } from '../enumeration.js';

export type Security = 'TLS' | 'SMTP_STARTTLS' | 'IMAP_STARTTLS' | 'POP3_STLS' | 'NONE';
type Authentication = Provider['authentication'][number];

export const ServerSecurity = enumeration<Security>('ServerSecurity', 'How a connection to a mail server is protected.', {
  TLS: 'TLS from the start.',
  SMTP_STARTTLS: 'Clear text first, then upgraded by STARTTLS (RFC 3207).',
  IMAP_STARTTLS: 'Clear text first, then upgraded by STARTTLS (RFC 9051).',
  POP3_STLS: 'Clear text first, then upgraded by STLS (RFC 2595).',
  NONE: 'Clear text all the way.',
});

export const ProviderAuthentication = enumeration<Authentication>('ProviderAuthentication', 'How a provider lets programs log in.', {
  PASSWORD: "The account's own password.",
  APP_PASSWORD: "A password made for this program alone, in the provider's settings.",
  OAUTH2: 'OAuth 2.0 access tokens in place of a password.',
});

@ObjectType({ description: "One of a provider's servers." })
export class ProviderEndpoint {
  @Field(() => String, { description: "The server's host name." })
  readonly host!: string;

  @Field(() => Int, { description: 'Its TCP port.' })
  readonly port!: number;

  @Field(() => ServerSecurity, { description: 'How the connection is protected.' })
  readonly security!: Security;
}

@ObjectType({
  description:
    'A provider of the catalogue. It prefills host, port, security and authentication where the caller left them out; what the caller states always wins.',
})
export class EmailProvider {
  @Field(() => ID, { description: 'What accounts name it by. `custom` presets nothing.' })
  readonly id!: string;

  @Field(() => String, { description: 'Its name, for people.' })
  readonly name!: string;

  @Field(() => [ProviderEndpoint], { description: 'Where it takes mail from accounts, preferred first. Empty where it does not.' })
  readonly smtp!: readonly ProviderEndpoint[];

  @Field(() => [ProviderEndpoint], { description: 'Where mailboxes are read by IMAP, preferred first. Empty where they are not.' })
  readonly imap!: readonly ProviderEndpoint[];

  @Field(() => [ProviderEndpoint], { description: 'Where mailboxes are read by POP3, preferred first. Empty where they are not.' })
  readonly pop3!: readonly ProviderEndpoint[];

  @Field(() => Boolean, { description: 'Whether its mailboxes can be reached through Microsoft Graph.' })
  readonly microsoftGraph!: boolean;

  @Field(() => [ProviderAuthentication], { description: 'How it lets programs log in, preferred first.' })
  readonly authentication!: readonly Authentication[];

  @Field(() => String, { nullable: true, description: "The provider's own page about these settings. Null where it has none." })
  readonly documentationUrl!: string | null;

  @Field(() => [String], { description: 'What else a person should know, a sentence each: limits, switches to set first.' })
  readonly notes!: readonly string[];
}

const shown = new WeakMap<Provider, EmailProvider>();

/** The catalogue's provider as the schema shows it, made once. */
export function emailProvider(provider: Provider): EmailProvider {
  const known = shown.get(provider);
  if (known) return known;
  const made: EmailProvider = {
    ...provider,
    smtp: provider.smtp.map((endpoint) => providerEndpoint(endpoint, 'SMTP_STARTTLS')),
    imap: provider.imap.map((endpoint) => providerEndpoint(endpoint, 'IMAP_STARTTLS')),
    pop3: provider.pop3.map((endpoint) => providerEndpoint(endpoint, 'POP3_STLS')),
  };
  shown.set(provider, made);
  return made;
}

/** The provider that an account names. One that this version's catalogue lacks presets nothing and says so: a newer node of the service may know it. */
export function emailProviderOf(id: string): EmailProvider {
  const provider = findProvider(id);
  if (provider) return emailProvider(provider);
  const nothing = { smtp: [], imap: [], pop3: [], microsoftGraph: false, authentication: [], documentationUrl: null };
  return { id, name: id, ...nothing, notes: ['The provider catalogue of this version of the service does not know this provider.'] };
}

function providerEndpoint({ host, port, security }: Endpoint, upgraded: Security): ProviderEndpoint {
  return { host, port, security: security === 'STARTTLS' ? upgraded : security };
}
