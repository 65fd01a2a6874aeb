import type { ReceiverForm, SenderForm } from '../domain/email-account/form.js';
import type { Direction } from '../domain/email-account/connection-test.js';
import type { SecretValue } from '../secret-store/secret-value.js';

/** A password as the caller gives it: undefined = keep, null = clear, a value = replace. */
export type PasswordInput = SecretValue | null | undefined;

export type SenderInputForm = SenderForm<PasswordInput>;
export type ReceiverInputForm = ReceiverForm<PasswordInput>;

export interface CreateEmailAccount {
  readonly accountId: string;
  readonly accountName: string;
  /** Default: `custom`. */
  readonly provider?: string | null | undefined;
  readonly sender?: SenderInputForm | null | undefined;
  readonly receiver?: ReceiverInputForm | null | undefined;
}

/** What a connection test is made on: the account as saved, a draft, or a draft in front of the saved account. */
export interface TestConnection {
  readonly accountId?: string | null | undefined;
  readonly draft?: {
    readonly provider?: string | null | undefined;
    readonly sender?: SenderInputForm | null | undefined;
    readonly receiver?: ReceiverInputForm | null | undefined;
  } | null;
  readonly directions?: readonly Direction[] | null | undefined;
  /** Recipient of the RCPT stage; default: the sender itself. */
  readonly recipient?: string | null | undefined;
}
