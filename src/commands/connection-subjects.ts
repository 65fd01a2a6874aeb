import type { PresentAccount } from '../domain/email-account/state.js';
import type { MailboxSubject, SmtpSubject } from '../mail/mail-port.js';
import type { SecretStore } from '../secret-store/secret-store.js';
import type { SecretValue } from '../secret-store/secret-value.js';
import { AccountPasswords, connectableReceiver, connectableSender } from './test-subject.js';

/** Makes of an account what a connection needs: settings, credentials and the certificates to trust. The one place for tests, messages and round trips. */
export class ConnectionSubjects {
  constructor(readonly secretStore: SecretStore) {}

  /**
   * @param entered passwords that were entered with a draft, by secret id.
   * @throws {CommandRefused} NOT_READY, SECRET_REBIND_REQUIRED, with the path in the account's form.
   */
  async sender(account: PresentAccount, entered: ReadonlyMap<string, SecretValue> = new Map()): Promise<SmtpSubject> {
    const settings = connectableSender(account.sender);
    return { settings, credentials: await this.#passwords(account, entered).ofSender(settings), trust: null };
  }

  /** @throws {CommandRefused} as {@link sender} */
  async receiver(account: PresentAccount, entered: ReadonlyMap<string, SecretValue> = new Map()): Promise<MailboxSubject> {
    const settings = connectableReceiver(account.receiver);
    return { settings, credentials: await this.#passwords(account, entered).ofReceiver(settings, account.sender), trust: null };
  }

  #passwords({ accountId }: PresentAccount, entered: ReadonlyMap<string, SecretValue>): AccountPasswords {
    return new AccountPasswords(this.secretStore, accountId.toLowerCase(), entered);
  }
}
