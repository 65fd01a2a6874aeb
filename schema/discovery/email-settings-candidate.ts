import { Field, Int, ObjectType } from 'type-graphql';
import type { DiscoverySource as Source, MailProtocol as Protocol, OAuthSettings, RankedCandidate } from '../../src/discovery/discovery-port.js';
import { EmailProvider, emailProviderOf, ProviderAuthentication, ServerSecurity } from '../provider/email-provider.js';
import { DiscoverySource, MailProtocol } from './discovery-source.js';

@ObjectType({ description: 'Where OAuth 2.0 access tokens for a server come from: what an authentication profile of the preset CUSTOM needs.' })
export class EmailSettingsOAuth {
  @Field(() => String, { description: "Where a person consents. `{tenant}` stands for the organisation's tenant." })
  readonly authorizationEndpoint!: string;

  @Field(() => String, { description: "Where tokens are fetched. `{tenant}` stands for the organisation's tenant." })
  readonly tokenEndpoint!: string;

  @Field(() => [String], { description: 'What to ask for. Empty where the source does not say.' })
  readonly scopes!: readonly string[];
}

@ObjectType({
  description: 'One way to send or to receive, as a source tells of it. Nobody has logged in with it: test the connection before the account is relied on.',
})
export class EmailSettingsCandidate {
  readonly #candidate: RankedCandidate;

  constructor(candidate: RankedCandidate) {
    this.#candidate = candidate;
  }

  @Field(() => MailProtocol, { description: 'What the server speaks.' })
  get protocol(): Protocol {
    return this.#candidate.protocol;
  }

  @Field(() => String, { description: 'Host name or IP address of the server.' })
  get host(): string {
    return this.#candidate.host;
  }

  @Field(() => Int, { description: 'TCP port, 1 to 65535.' })
  get port(): number {
    return this.#candidate.port;
  }

  @Field(() => ServerSecurity, { description: 'How the connection is protected.' })
  get security(): RankedCandidate['security'] {
    return this.#candidate.security;
  }

  @Field(() => String, { nullable: true, description: 'What to log in as, filled in for this address; null where it is not known.' })
  get userId(): string | null {
    return this.#candidate.userId;
  }

  @Field(() => [ProviderAuthentication], { description: 'How the server lets programs log in, preferred first. Empty where no source says.' })
  get authentication(): RankedCandidate['authentication'] {
    return this.#candidate.authentication;
  }

  @Field(() => EmailSettingsOAuth, { nullable: true, description: 'Where access tokens come from; null where it is not known, or OAuth 2.0 is not offered.' })
  get oauth(): OAuthSettings | null {
    return this.#candidate.oauth;
  }

  @Field(() => DiscoverySource, { description: 'The most trusted source that names the server.' })
  get source(): Source {
    return this.#candidate.source;
  }

  @Field(() => EmailProvider, { nullable: true, description: 'The provider of the catalogue whose server it is; null where it is of none, or of several.' })
  get provider(): EmailProvider | null {
    return this.#candidate.provider === null ? null : emailProviderOf(this.#candidate.provider);
  }

  @Field(() => Boolean, {
    description:
      'Whether the service has just seen a server of this protocol greet there, over TLS 1.2 or later with a certificate that the runtime trusts for this host. No credential was shown. ' +
      'False as well for Microsoft Graph and for clear text, which are not tried, and where the time was up first.',
  })
  get verified(): boolean {
    return this.#candidate.verified;
  }
}
