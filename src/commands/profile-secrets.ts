import { secretsIn, withMarks, type SecretMark } from '../domain/authentication-profile/event-secrets.js';
import type { AuthenticationProfileEvent } from '../domain/authentication-profile/events.js';
import { profileSecretSlots, type ProfileSecretSlot } from '../domain/authentication-profile/settings.js';
import { profileSecrets, type AuthenticationProfile } from '../domain/authentication-profile/state.js';
import { CommandRefused } from '../domain/decider.js';
import type { PasswordChange } from '../domain/email-account/form.js';
import { sameValueAs } from '../domain/email-account/secret-change.js';
import { profileOwner } from '../secret-store/secret-slot.js';
import { SecretIdReused, type SealedSecret, type SecretStore, type SecretToSeal } from '../secret-store/secret-store.js';
import type { SecretValue } from '../secret-store/secret-value.js';
import { derivedId } from './event-metadata.js';

/** A secret as the caller gives it: undefined = keep, null = clear, a value = replace. */
export type SecretInput = SecretValue | null | undefined;
export type EnteredSecrets = Readonly<Partial<Record<ProfileSecretSlot, SecretInput>>>;

/** The secrets of one command on an authentication profile, on their way into the secret store: the events see nothing of them but references. */
export class ProfileSecrets {
  readonly #fingerprints = new Map<ProfileSecretSlot, string>();

  constructor(
    readonly store: SecretStore,
    readonly name: string,
    readonly entered: EnteredSecrets,
  ) {}

  /** How the command speaks of the secret. Its id derives from the command, so that a retry seals the same secret. */
  change(slot: ProfileSecretSlot, commandId: string): PasswordChange {
    const value = this.entered[slot];
    if (value === undefined) return { change: 'keep' };
    return value === null ? { change: 'clear' } : this.replacement(slot, commandId);
  }

  replacement(slot: ProfileSecretSlot, commandId: string): PasswordChange & { readonly change: 'replace' } {
    return { change: 'replace', secretId: derivedId(commandId, slot), fingerprint: '' };
  }

  /**
   * Seals what the events newly refer to, durably, and answers the events with the fingerprints in place. The secrets come first, the events that refer to them second.
   * @param before the profile so far: by it an event says that a secret was entered again.
   */
  async seal(events: readonly AuthenticationProfileEvent[], before: AuthenticationProfile): Promise<readonly AuthenticationProfileEvent[]> {
    const secrets = events.flatMap(secretsIn).flatMap(([slot, { secretId, version, boundTo, fingerprint }]) => {
      const value = this.entered[slot];
      return fingerprint === '' && value ? [{ secretId, slot, version, boundTo, value }] : [];
    });
    if (secrets.length === 0) return events;
    const sealed = new Map((await this.#put(secrets)).map(({ secretId, fingerprint }) => [secretId, fingerprint]));
    const current = profileSecrets(before);
    const marks = new Map<string, SecretMark>();
    for (const { secretId, slot, version } of secrets) {
      const fingerprint = sealed.get(secretId) ?? '';
      this.#fingerprints.set(slot, fingerprint);
      const same = sameValueAs(current.get(slot) ?? null, { version, fingerprint });
      marks.set(secretId, { fingerprint, ...(same !== undefined && { sameValueAs: same }) });
    }
    return events.map((event) => withMarks(event, marks));
  }

  async #put(secrets: readonly SecretToSeal[]): Promise<readonly SealedSecret[]> {
    try {
      return await this.store.put(profileOwner(this.name), secrets);
    } catch (error) {
      if (error instanceof SecretIdReused)
        throw new CommandRefused([
          {
            code: 'IDEMPOTENCY_KEY_REUSED',
            message: 'This idempotency key came with another secret before. Take a new key for a new change.',
            field: ['idempotencyKey'],
          },
        ]);
      throw error;
    }
  }

  /** The entered secrets as keyed fingerprints, null where one was cleared. */
  async fingerprints(): Promise<Readonly<Record<string, string | null>>> {
    const pairs = profileSecretSlots.map(async (slot) => {
      const value = this.entered[slot];
      if (value === undefined) return [];
      return [[slot, value && (this.#fingerprints.get(slot) ?? (await this.store.fingerprint(profileOwner(this.name), slot, value)))]] as const;
    });
    return Object.fromEntries((await Promise.all(pairs)).flat());
  }

  /** Destroys what the profile no longer refers to, at once: nothing brings an earlier secret of a profile back. */
  async putAway(before: AuthenticationProfile, after: AuthenticationProfile): Promise<void> {
    const kept = new Set([...profileSecrets(after).values()].map(({ secretId }) => secretId));
    const gone = [...profileSecrets(before).values()].map(({ secretId }) => secretId).filter((secretId) => !kept.has(secretId));
    if (gone.length > 0) await this.store.destroy(profileOwner(this.name), gone);
  }
}
