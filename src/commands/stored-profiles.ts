import { randomUUID } from 'node:crypto';
import { systemActor } from '../domain/access/actor.js';
import type { ProfileSecretSlot, ProfileSettings } from '../domain/authentication-profile/settings.js';
import {
  evolve,
  initialState,
  profileSecrets,
  reauthorization,
  type AuthenticationProfile,
  type PresentProfile,
} from '../domain/authentication-profile/state.js';
import { isAuthenticationProfileEvent, upcast } from '../domain/event-catalogue.js';
import { authenticationProfileStream } from '../domain/streams.js';
import { StoreUnavailable, type EventStore } from '../event-store/event-store.js';
import { profileOwner } from '../secret-store/secret-slot.js';
import { SecretNotBoundToEndpoint, SecretNotFound, type SecretStore } from '../secret-store/secret-store.js';
import type { SecretValue } from '../secret-store/secret-value.js';
import type { AuthenticationProfileCommands } from './authentication-profile-commands.js';
import type { Call } from './change.js';

/** What a view knows of a name: the state, after so many events of its stream. */
export interface KnownState {
  readonly state: AuthenticationProfile;
  readonly events: number;
}

/** A profile as it is now, with its secrets opened. */
export interface LoadedProfile extends Omit<ProfileSettings, ProfileSecretSlot | 'certificate'> {
  readonly certificatePem: string | null;
  readonly clientSecret: SecretValue | null;
  readonly privateKey: SecretValue | null;
  readonly refreshToken: SecretValue | null;
  /** Names the refresh token, for whoever used it; null where there is none. */
  readonly refreshTokenVersion: number | null;
  /** What has to be done before access tokens can be got, for people; null when nothing has. */
  readonly reauthorization: string | null;
}

/** The authentication profiles as the log has them, with their secrets opened; what the owner of the tokens finds out about them goes back into the log. */
export class StoredProfiles {
  constructor(
    readonly store: EventStore,
    readonly secretStore: SecretStore,
    /** To begin from: whatever is newer is read from the log. Null where nothing is known. */
    readonly known: (name: string) => KnownState | null,
    readonly commands: Pick<AuthenticationProfileCommands, 'loseConsent' | 'rotateRefreshToken'>,
  ) {}

  /** The profile as it is now; null when there is none of the name. @throws {StoreUnavailable} */
  async current(name: string): Promise<PresentProfile | null> {
    const { state: known, events } = this.known(name) ?? { state: initialState, events: 0 };
    let state = known;
    for await (const recorded of this.store.readStream(authenticationProfileStream(name), { from: BigInt(events) })) {
      const event = upcast(recorded);
      if (event && isAuthenticationProfileEvent(event)) state = evolve(state, event);
    }
    return state.status === 'present' ? state : null;
  }

  /** The ids of the secrets that the profile refers to. */
  async secretIds(name: string): Promise<ReadonlySet<string>> {
    const profile = await this.current(name);
    return new Set(profile ? [...profileSecrets(profile).values()].map(({ secretId }) => secretId) : []);
  }

  /**
   * The profile with its secrets; null when there is none of the name.
   * @throws {SecretStoreError} they cannot be opened. @throws {StoreUnavailable}
   */
  async load(name: string): Promise<LoadedProfile | null> {
    for (let attempt = 1; ; attempt++) {
      const profile = await this.current(name);
      if (profile === null) return null;
      try {
        return await this.#opened(profile);
      } catch (error) {
        // Replaced and destroyed between the two reads: what took its place is there.
        if (!(error instanceof SecretNotFound) || attempt === mostAttempts) throw error;
      }
    }
  }

  async #opened(profile: PresentProfile): Promise<LoadedProfile> {
    const { certificate, ...settings } = profile.settings;
    const [clientSecret, privateKey, refreshToken] = await Promise.all(
      (['clientSecret', 'privateKey', 'refreshToken'] as const).map((slot) => this.#open(profile, slot)),
    );
    return {
      ...settings,
      certificatePem: certificate?.pem ?? null,
      clientSecret: clientSecret ?? null,
      privateKey: privateKey ?? null,
      refreshToken: refreshToken ?? null,
      refreshTokenVersion: settings.refreshToken?.version ?? null,
      reauthorization: reauthorization(profile),
    };
  }

  async #open({ settings: { name, tokenEndpoint, ...settings } }: PresentProfile, slot: ProfileSecretSlot): Promise<SecretValue | null> {
    const reference = settings[slot];
    if (reference === null) return null;
    // The rules see to it that each was entered for this endpoint. Here is where it would leave, so here it is certain.
    if (!reference.boundTo.includes(tokenEndpoint)) throw new SecretNotBoundToEndpoint(profileOwner(name), reference.secretId);
    return this.secretStore.open(profileOwner(name), { ...reference, slot });
  }

  /**
   * Stores a new refresh token in place of the one that was used, durably.
   * @throws {StoreUnavailable} it is not certain to be stored.
   */
  async refreshTokenRotated(name: string, usedVersion: number, next: SecretValue): Promise<void> {
    const { problems } = await this.commands.rotateRefreshToken(systemCall(), name, next, usedVersion);
    if (problems.length > 0)
      throw new StoreUnavailable(`The new refresh token of authentication profile ${name} was not stored: ${problems.map(({ message }) => message).join(' ')}`);
  }

  /** Notes, once, that the provider takes the refresh token no more. @param message for people; holds nothing secret. */
  async consentLost(name: string, usedVersion: number, message: string): Promise<void> {
    const profile = await this.current(name);
    if (profile?.settings.refreshToken?.version !== usedVersion || profile.consentLost !== null) return;
    await this.commands.loseConsent(systemCall(), name, message, usedVersion);
  }
}

const mostAttempts = 3;

/** The service itself, of its own accord. */
function systemCall(): Call {
  const id = randomUUID();
  return { actor: systemActor, role: 'ADMIN', tokenId: null, requestId: id, correlationId: id, ip: null, userAgent: null, clientName: null };
}
