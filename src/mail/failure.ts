import type { DiagnosisCode, TlsSession } from '../domain/email-account/connection-test.js';
import { meanings } from './meanings.js';

export type FailureCode = Exclude<DiagnosisCode, 'OK'>;

interface FailureDetails {
  /** In place of what the code says by itself. */
  readonly message?: string;
  readonly hint?: string;
  /** As the server sent it: whoever shows it cleans it first. */
  readonly serverResponse?: string | null;
  /** What was seen of TLS before it failed. */
  readonly tls?: TlsSession | null;
}

/** Why a stage failed, in words for a person. Holds no secret but for what a server may have echoed into `serverResponse`. */
export class ConnectionFailure extends Error {
  override readonly name = 'ConnectionFailure';
  readonly hint: string | null;
  readonly serverResponse: string | null;
  readonly tls: TlsSession | null;

  constructor(
    readonly code: FailureCode,
    { message, hint, serverResponse = null, tls = null }: FailureDetails = {},
  ) {
    super(message ?? meanings[code].message);
    this.hint = hint ?? meanings[code].hint;
    this.serverResponse = serverResponse;
    this.tls = tls;
  }
}
