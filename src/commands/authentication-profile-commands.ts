import type { AuthenticationProfileCommand, NamingAccounts } from '../domain/authentication-profile/commands.js';
import { authenticationProfileDecider } from '../domain/authentication-profile/decide.js';
import type { AuthenticationProfileEvent } from '../domain/authentication-profile/events.js';
import { foldProfile, isByService, noProfile, type ProfileSnapshot } from '../domain/authentication-profile/snapshot.js';
import type { AuthenticationProfile } from '../domain/authentication-profile/state.js';
import { actorOf, isAuthenticationProfileEvent, upcast } from '../domain/event-catalogue.js';
import { authenticationProfileStream } from '../domain/streams.js';
import type { EventStore, RecordedEvent } from '../event-store/event-store.js';
import type { SecretStore } from '../secret-store/secret-store.js';
import type { SecretValue } from '../secret-store/secret-value.js';
import type { ChangeAuthenticationProfile, CreateAuthenticationProfile, ProfileInput } from './authentication-profile-inputs.js';
import type { Call, Changed, ChangeOptions } from './change.js';
import type { CommandHandler } from './command-handler.js';
import { profileForm } from './profile-form.js';
import { ProfileSecrets, type EnteredSecrets } from './profile-secrets.js';

type Answer = Promise<Changed<ProfileSnapshot>>;
type Asked = AuthenticationProfileCommand extends infer Command
  ? Command extends AuthenticationProfileCommand
    ? Omit<Command, 'now' | 'actor'>
    : never
  : never;

interface Parts {
  readonly input: unknown;
  readonly entered?: EnteredSecrets;
  readonly command: (secrets: ProfileSecrets, commandId: string, state: AuthenticationProfile) => Asked | Promise<Asked>;
}

/** What a refresh token was obtained with, and what with it. */
export interface GrantedConsent {
  readonly refreshToken: SecretValue;
  readonly scopes: readonly string[] | null;
  readonly tokenEndpoint: string;
}

/** Everything that can be asked of an authentication profile. What a user can mend comes back as `problems`; StoreUnavailable is thrown. */
export class AuthenticationProfileCommands {
  constructor(
    readonly handler: CommandHandler,
    readonly store: EventStore,
    readonly secretStore: SecretStore,
    /** The accounts that name the profile, deleted ones too, once the views show all that is in the log. */
    readonly accountsNaming: (name: string) => Promise<NamingAccounts>,
    readonly now: () => Date,
  ) {}

  create(call: Call, input: CreateAuthenticationProfile, options: ChangeOptions): Answer {
    const { name, grant, preset } = input;
    return this.#change(call, 'createAuthenticationProfile', name, options, {
      input: withoutSecrets(input),
      entered: enteredIn(input),
      command: async (secrets, commandId, state) => ({
        type: 'CreateProfile',
        name,
        grant,
        preset: preset ?? 'CUSTOM',
        form: await profileForm(input, state, secrets, commandId, this.now()),
      }),
    });
  }

  /** What is left out is kept; null clears. */
  change(call: Call, input: ChangeAuthenticationProfile, options: ChangeOptions): Answer {
    return this.#change(call, 'changeAuthenticationProfile', input.name, options, {
      input: withoutSecrets(input),
      entered: enteredIn(input),
      command: async (secrets, commandId, state) => ({ type: 'ChangeProfile', form: await profileForm(input, state, secrets, commandId, this.now()) }),
    });
  }

  /** Its secrets are destroyed. The entity of the answer is null. */
  delete(call: Call, { name }: { readonly name: string }, options: ChangeOptions): Answer {
    return this.#change(call, 'deleteAuthenticationProfile', name, options, {
      input: { name },
      command: async () => ({ type: 'DeleteProfile', usedBy: await this.accountsNaming(name) }),
    });
  }

  /** @param consentId names the consent: the same twice is granted once. */
  grantConsent(call: Call, name: string, { refreshToken, scopes, tokenEndpoint }: GrantedConsent, consentId: string): Answer {
    return this.#change(
      call,
      'finishConsent',
      name,
      { idempotencyKey: consentId },
      {
        input: { name },
        entered: { refreshToken },
        command: (secrets, commandId) => ({ type: 'GrantConsent', refreshToken: secrets.replacement('refreshToken', commandId), scopes, tokenEndpoint }),
      },
    );
  }

  /** @param refreshTokenVersion of the refresh token that the provider takes no more. */
  loseConsent(call: Call, name: string, message: string, refreshTokenVersion: number): Answer {
    return this.#change(call, 'refreshAccessToken', name, {}, { input: { name }, command: () => ({ type: 'LoseConsent', message, refreshTokenVersion }) });
  }

  /** Resolves once the new refresh token is stored for good, or another one has taken the old one's place before. */
  rotateRefreshToken(call: Call, name: string, refreshToken: SecretValue, refreshTokenVersion: number): Answer {
    return this.#change(
      call,
      'refreshAccessToken',
      name,
      {},
      {
        input: { name },
        entered: { refreshToken },
        command: (secrets, commandId) => ({
          type: 'RotateRefreshToken',
          refreshToken: secrets.replacement('refreshToken', commandId),
          refreshTokenVersion,
        }),
      },
    );
  }

  #change(call: Call, command: string, name: string, options: ChangeOptions, { input, entered = {}, command: asked }: Parts): Answer {
    const streamId = authenticationProfileStream(name);
    const secrets = new ProfileSecrets(this.secretStore, name, entered);
    return this.handler.handle<AuthenticationProfile, AuthenticationProfileCommand, AuthenticationProfileEvent, ProfileSnapshot>({
      call,
      attempt: { command, entityType: 'AuthenticationProfile', entityId: name.slice(0, 64) },
      options,
      streamId,
      decider: authenticationProfileDecider,
      isOwn: isAuthenticationProfileEvent,
      fingerprintedInput: async () => ({ input, secrets: await secrets.fingerprints() }),
      command: async ({ state }, commandId) => ({ ...(await asked(secrets, commandId, state)), now: this.now().toISOString(), actor: call.actor }),
      beforeAppend: ({ state }, _command, events) => secrets.seal(events, state),
      afterAppend: (before, after) => secrets.putAway(before, after),
      isSilent: isByService,
      isGone: ({ status }) => status === 'absent',
      entity: async (version) => {
        const recorded: RecordedEvent[] = [];
        if (version > 0) for await (const event of this.store.readStream(streamId, { maxCount: version })) recorded.push(event);
        return profileAfter(recorded);
      },
    });
  }
}

function profileAfter(recorded: readonly RecordedEvent[]): ProfileSnapshot | null {
  return recorded.reduce((folded, event) => {
    const known = upcast(event);
    if (!known || !isAuthenticationProfileEvent(known)) return folded;
    return foldProfile(folded, { ...known, revision: event.revision, recordedAt: event.recordedAt, actor: actorOf(event.metadata) });
  }, noProfile).snapshot;
}

function enteredIn({ clientSecret, privateKeyPem, refreshToken }: ProfileInput): EnteredSecrets {
  return { clientSecret, privateKey: privateKeyPem, refreshToken };
}

/** The input as the hash sees it: fingerprints stand in for the secrets. */
function withoutSecrets(input: ProfileInput): unknown {
  const { clientSecret: _clientSecret, privateKeyPem: _privateKeyPem, refreshToken: _refreshToken, clientSecretExpiresAt, ...rest } = input;
  return { ...rest, clientSecretExpiresAt: clientSecretExpiresAt?.toISOString() ?? clientSecretExpiresAt };
}
