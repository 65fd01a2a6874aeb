import { Args, Ctx, Field, ID, Int, ObjectType } from 'type-graphql';
import type { OAuthGrant as Grant, OAuthPreset as Preset, ProfileSettings } from '../../src/domain/authentication-profile/settings.js';
import type { ProfileSnapshot } from '../../src/domain/authentication-profile/snapshot.js';
import { auditEntries, AuditEntryConnection } from '../audit/audit-entry-connection.js';
import { ofAccountsNaming } from '../cost.js';
import { DateTime } from '../date-time/date-time-scalar.js';
import { EmailAccountConnection } from '../email-account/account-list.js';
import { accountsNaming } from '../email-account/accounts-fitting.js';
import { secretStatus, SecretStatus } from '../email-account/connection-settings.js';
import { globalId, keyThen } from '../node/global-id.js';
import { Node } from '../node/node.js';
import { connectionOf } from '../paging/connection.js';
import { PageArguments } from '../paging/page-arguments.js';
import type { Past, RequestContext, TokenFacts } from '../request-context.js';
import { OAuthGrant, OAuthPreset } from './oauth-enums.js';
import { AuthenticationProfileState, stateOf, type ProfileState } from './profile-state.js';

@ObjectType({
  implements: Node,
  description:
    'How access tokens of an OAuth 2.0 provider are got (RFC 6749), for accounts that log in with tokens in place of passwords. Its secrets are never returned.',
})
export class AuthenticationProfile implements Node {
  readonly #snapshot: ProfileSnapshot;
  readonly #past: Past | null;

  /** @param past what there was beside the profile when it was like this; null for the profile as it is now. */
  constructor(snapshot: ProfileSnapshot, past: Past | null = null) {
    this.#snapshot = snapshot;
    this.#past = past;
  }

  get id(): string {
    return globalId('AuthenticationProfile', keyThen(this.#settings.name.toLowerCase(), this.#past?.moment));
  }

  @Field(() => ID, { description: 'The name that accounts refer to it by. Unique ignoring case, and final.' })
  get name(): string {
    return this.#settings.name;
  }

  @Field(() => OAuthGrant, { description: 'How access tokens are got. Final.' })
  get grant(): Grant {
    return this.#settings.grant;
  }

  @Field(() => OAuthPreset, { description: 'The provider that filled in what was left out. Final.' })
  get preset(): Preset {
    return this.#settings.preset;
  }

  @Field(() => String, { description: "Where tokens are got (RFC 6749, section 3.2). The profile's secrets go there and nowhere else." })
  get tokenEndpoint(): string {
    return this.#settings.tokenEndpoint;
  }

  @Field(() => String, { nullable: true, description: 'Where people consent (RFC 6749, section 3.1); null where nobody has to.' })
  get authorizationEndpoint(): string | null {
    return this.#settings.authorizationEndpoint;
  }

  @Field(() => String, { description: 'By what the provider knows the application.' })
  get clientId(): string {
    return this.#settings.clientId;
  }

  @Field(() => [String], { description: 'What is asked for. Empty: what the provider gives by itself.' })
  get scopes(): readonly string[] {
    return this.#settings.scopes;
  }

  @Field(() => String, { nullable: true, description: "Microsoft's directory: its id or one of its domains. Null for none, and with the other presets." })
  get tenant(): string | null {
    return this.#settings.tenant;
  }

  @Field(() => SecretStatus, { description: 'What may be known of the client secret.' })
  get clientSecret(): SecretStatus {
    return secretStatus(this.#settings.clientSecret);
  }

  @Field(() => DateTime, { nullable: true, description: 'When the client secret expires at the provider, as somebody entered it; null when nobody did.' })
  get clientSecretExpiresAt(): string | null {
    return this.#settings.clientSecretExpiresAt;
  }

  @Field(() => String, {
    nullable: true,
    description: "The application's certificate: SHA-256 over its DER form, upper-case hex without colons. Null where it proves itself without one.",
  })
  get certificateThumbprint(): string | null {
    return this.#settings.certificate?.thumbprintSha256 ?? null;
  }

  @Field(() => DateTime, { nullable: true, description: 'When that certificate expires; null where there is none.' })
  get certificateExpiresAt(): string | null {
    return this.#settings.certificate?.notAfter ?? null;
  }

  @Field(() => SecretStatus, {
    description:
      'What may be known of the refresh token: entered by somebody, or come of a consent. A provider that replaces it with each use gives it a new version each time.',
  })
  get refreshToken(): SecretStatus {
    return secretStatus(this.#settings.refreshToken);
  }

  @Field(() => AuthenticationProfileState, {
    description:
      'Whether it gives access tokens. That a consent is needed all nodes know; of what else went well or wrong each node knows what it did itself since its start. ' +
      'Of an earlier time only what was recorded is known: REAUTHORIZATION_REQUIRED where a consent was needed, else UNUSED.',
  })
  state(@Ctx() context: RequestContext): ProfileState {
    return stateOf(this.#snapshot.profile, this.#tokenFacts(context)).state;
  }

  @Field(() => String, { nullable: true, description: 'What is wrong and what to do, for people; null when nothing is.' })
  stateMessage(@Ctx() context: RequestContext): string | null {
    return stateOf(this.#snapshot.profile, this.#tokenFacts(context)).message;
  }

  @Field(() => DateTime, {
    nullable: true,
    description:
      'When the access token expires that the answering node has; it gets the next one before. Null when it has none: each node gets its own, and keeps it in memory alone. Null of an earlier time.',
  })
  accessTokenExpiresAt(@Ctx() context: RequestContext): Date | null {
    return this.#tokenFacts(context)?.accessTokenExpiresAt ?? null;
  }

  @Field(() => DateTime, {
    nullable: true,
    description: 'When the answering node last got an access token; null when it has not since its start, and of an earlier time.',
  })
  lastRefreshedAt(@Ctx() context: RequestContext): Date | null {
    return this.#tokenFacts(context)?.lastRefreshedAt ?? null;
  }

  @Field(() => Int, { description: 'Counts the events of the name, those of an earlier profile of the name too. For `expectedVersion`.' })
  get version(): number {
    return this.#snapshot.version;
  }

  @Field(() => DateTime, { description: 'When it was created.' })
  get createdAt(): string {
    return this.#snapshot.createdAt;
  }

  @Field(() => DateTime, { description: 'When somebody last changed it or consented. A refresh token that the provider replaced is no change.' })
  get updatedAt(): string {
    return this.#snapshot.updatedAt;
  }

  @Field(() => EmailAccountConnection, {
    description:
      'The accounts that name it, by accountId, deleted ones too: while there are any, it cannot be deleted. Of an earlier time: those that named it then, as they were then.',
    complexity: ofAccountsNaming,
  })
  usedBy(@Args(() => PageArguments) page: PageArguments, @Ctx() context: RequestContext): EmailAccountConnection | Promise<EmailAccountConnection> {
    return accountsNaming({ authenticationProfile: this.name }, page, this.#past, context);
  }

  @Field(() => AuditEntryConnection, {
    description:
      'All that was done to the profile and attempted on it, oldest first: `last: 20` gives the newest. An earlier profile of the name is in it too. The whole history, also on the profile as it was.',
  })
  history(@Args(() => PageArguments) page: PageArguments, @Ctx() context: RequestContext): AuditEntryConnection {
    return auditEntries('AuthenticationProfile.history', { entityType: ['AuthenticationProfile'], entityId: [this.name] }, page, context);
  }

  /** Access tokens are kept in memory alone: nothing is known of those that there were. */
  #tokenFacts({ tokenFacts }: RequestContext): TokenFacts | null {
    return this.#past === null ? tokenFacts(this.name) : null;
  }

  get #settings(): ProfileSettings {
    return this.#snapshot.profile.settings;
  }
}

export const AuthenticationProfileConnection = connectionOf('AuthenticationProfile', 'authentication profiles', () => AuthenticationProfile, true);
export type AuthenticationProfileConnection = InstanceType<typeof AuthenticationProfileConnection>;
