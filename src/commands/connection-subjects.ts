import type { PresentAccount } from '../domain/email-account/state.js';
import type { MailboxSubject, ReceiverSubject, SenderSubject, SmtpSubject, TrustedRoots } from '../mail/mail-port.js';
import type { SecretStore } from '../secret-store/secret-store.js';
import type { SecretValue } from '../secret-store/secret-value.js';
import type { StoredTruststores } from './stored-truststores.js';
import { AccountPasswords, connectableReceiver, connectableSender, graphAccess, tokenCredentials, type ProfileAccess } from './test-subject.js';

/** Makes of an account what a connection needs: settings, credentials and the certificates to trust. The one place for tests, messages and round trips. */
export class ConnectionSubjects {
  constructor(
    readonly secretStore: SecretStore,
    readonly truststores: Pick<StoredTruststores, 'trustedRoots'>,
    readonly profiles: ProfileAccess,
  ) {}

  /**
   * @param entered passwords that were entered with a draft, by secret id.
   * @throws {CommandRefused} NOT_READY, SECRET_REBIND_REQUIRED, with the path in the account's form.
   */
  async sender(account: PresentAccount, entered: ReadonlyMap<string, SecretValue> = new Map()): Promise<SenderSubject> {
    const settings = connectableSender(account.sender);
    if (settings.kind === 'microsoftGraph') return { settings, ...(await graphAccess('sender', settings.connection.authenticationProfile, this.profiles)) };
    const profile = settings.connection.authenticationProfile;
    const credentials =
      profile === null ? await this.#passwords(account, entered).ofSender(settings) : await tokenCredentials(settings, profile, this.profiles);
    return { settings, credentials, trust: await this.#trust(settings) };
  }

  /** @throws {CommandRefused} as {@link sender} */
  async receiver(account: PresentAccount, entered: ReadonlyMap<string, SecretValue> = new Map()): Promise<ReceiverSubject> {
    const settings = connectableReceiver(account.receiver);
    if (settings.kind === 'microsoftGraph') return { settings, ...(await graphAccess('receiver', settings.connection.authenticationProfile, this.profiles)) };
    const profile = settings.connection.authenticationProfile;
    const credentials =
      profile === null
        ? await this.#passwords(account, entered).ofReceiver(settings, account.sender)
        : await tokenCredentials(settings, profile, this.profiles);
    return { settings, credentials, trust: await this.#trust(settings) };
  }

  /** Null where no truststore is named, and where there is none of the name: the connection then says so. */
  async #trust({ connection: { truststore } }: SmtpSubject['settings'] | MailboxSubject['settings']): Promise<TrustedRoots | null> {
    return truststore === null ? null : this.truststores.trustedRoots(truststore);
  }

  #passwords({ accountId }: PresentAccount, entered: ReadonlyMap<string, SecretValue>): AccountPasswords {
    return new AccountPasswords(this.secretStore, accountId.toLowerCase(), entered);
  }
}
