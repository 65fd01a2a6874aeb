import type { PasswordChange } from '../domain/email-account/form.js';
import { passwordIn, withFingerprint } from '../domain/email-account/event-passwords.js';
import type { EmailAccountEvent } from '../domain/email-account/events.js';
import { sameValueAs } from '../domain/email-account/secret-change.js';
import type { Password, SecretSlot } from '../domain/email-account/settings.js';
import { isPresent, passwordOf, secretReferences, type EmailAccount } from '../domain/email-account/state.js';
import { CommandRefused, refuse } from '../domain/decider.js';
import { SecretIdReused, type SealedSecret, type SecretStore, type SecretToSeal } from '../secret-store/secret-store.js';
import type { SecretValue } from '../secret-store/secret-value.js';
import type { PasswordInput } from './email-account-inputs.js';
import { derivedId } from './event-metadata.js';

export type EnteredPasswords = Readonly<Partial<Record<SecretSlot, PasswordInput>>>;

/** The passwords of one command on their way into the secret store: the events see nothing of them but references. */
export class AccountSecrets {
  /** Of what was sealed. */
  readonly #fingerprints = new Map<SecretSlot, string>();

  constructor(
    readonly store: SecretStore,
    readonly accountId: string,
    readonly entered: EnteredPasswords,
  ) {}

  /** How the command speaks of the password. The secret's id derives from the command, so that a retry seals the same secret. */
  change(slot: SecretSlot, commandId: string): PasswordChange {
    const value = this.entered[slot];
    if (value === undefined) return { change: 'keep' };
    if (value === null) return { change: 'clear' };
    if (/[\r\n\0]/.test(value.reveal()))
      refuse(
        'FORBIDDEN_CHARACTER',
        `The ${slot.replace('.', "'s ")} has a line break or a NUL character, which no server takes. A private key is no password.`,
      );
    return { change: 'replace', secretId: derivedId(commandId, slot), fingerprint: '' };
  }

  /**
   * Seals what the events refer to, durably, and answers the events with the fingerprints in place. The secret comes first, the event that refers to it second.
   * @param before the account so far: by it an event says that a password was entered again.
   */
  async seal(events: readonly EmailAccountEvent[], before: EmailAccount): Promise<readonly EmailAccountEvent[]> {
    const secrets = events.flatMap((event) => {
      const found = passwordIn(event);
      const value = found && found.reference.fingerprint === '' ? this.entered[found.slot] : null;
      if (!found || !value) return [];
      const { secretId, version, boundTo } = found.reference;
      return [{ secretId, slot: found.slot, version, boundTo, value }];
    });
    if (secrets.length === 0) return events;
    const sealed = new Map((await this.#put(secrets)).map(({ secretId, fingerprint }) => [secretId, fingerprint]));
    for (const { secretId, slot } of secrets) {
      const fingerprint = sealed.get(secretId);
      if (fingerprint !== undefined) this.#fingerprints.set(slot, fingerprint);
    }
    const current: Readonly<Record<SecretSlot, Password>> = {
      'sender.password': isPresent(before) ? passwordOf(before.sender) : null,
      'receiver.password': isPresent(before) ? passwordOf(before.receiver) : null,
    };
    return events.map((event) => {
      const password = passwordIn(event);
      const fingerprint = password === null ? undefined : sealed.get(password.reference.secretId);
      if (password === null || fingerprint === undefined) return event;
      return withFingerprint(event, fingerprint, sameValueAs(current[password.slot], { ...password.reference, fingerprint }));
    });
  }

  async #put(secrets: readonly SecretToSeal[]): Promise<readonly SealedSecret[]> {
    try {
      return await this.store.put(this.accountId, secrets);
    } catch (error) {
      if (error instanceof SecretIdReused)
        throw new CommandRefused([
          {
            code: 'IDEMPOTENCY_KEY_REUSED',
            message: 'This idempotency key came with another password before. Take a new key for a new change.',
            field: ['idempotencyKey'],
          },
        ]);
      throw error;
    }
  }

  /** The entered passwords as keyed fingerprints, null where one was cleared. */
  async fingerprints(): Promise<Readonly<Record<string, string | null>>> {
    const pairs = (Object.entries(this.entered) as [SecretSlot, PasswordInput][])
      .filter((pair): pair is [SecretSlot, SecretValue | null] => pair[1] !== undefined)
      .map(async ([slot, value]) => [slot, value && (this.#fingerprints.get(slot) ?? (await this.store.fingerprint(this.accountId, slot, value)))] as const);
    return Object.fromEntries(await Promise.all(pairs));
  }

  /**
   * Puts away what the account no longer refers to: all of it with an erased account; at once with a section that was removed or changed its protocol;
   * after the grace where a password was replaced.
   */
  async putAway(before: EmailAccount, after: EmailAccount, at: Date): Promise<void> {
    if (after.status === 'erased') return this.store.shred(this.accountId);
    const kept = new Set(secretReferences(after).map(({ secretId }) => secretId));
    const gone = secretReferences(before).filter(({ secretId }) => !kept.has(secretId));
    if (gone.length === 0 || !isPresent(before) || !isPresent(after)) return;
    const withSection = new Set(
      [
        before.sender?.kind === after.sender?.kind ? [] : secretReferences({ ...before, receiver: null }),
        before.receiver?.kind === after.receiver?.kind ? [] : secretReferences({ ...before, sender: null }),
      ]
        .flat()
        .map(({ secretId }) => secretId),
    );
    const destroyed = gone.map(({ secretId }) => secretId).filter((secretId) => withSection.has(secretId));
    const superseded = gone.map(({ secretId }) => secretId).filter((secretId) => !withSection.has(secretId));
    if (destroyed.length > 0) await this.store.destroy(this.accountId, destroyed);
    if (superseded.length > 0) await this.store.markSuperseded(this.accountId, superseded, at);
  }
}
