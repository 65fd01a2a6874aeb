/** The two halves of an account. */
export type Direction = 'SENDER' | 'RECEIVER';

export type ConnectionTestStageName = 'DNS' | 'CONNECT' | 'TLS' | 'GREETING' | 'STARTTLS' | 'TOKEN' | 'AUTHENTICATION' | 'SENDER' | 'RECIPIENT' | 'MAILBOX';
export type StageOutcome = 'PASSED' | 'WARNED' | 'FAILED' | 'SKIPPED';

/** Stable codes of what a connection can come to. A code never changes its meaning; new situations get new codes. */
export const diagnosisCodes = [
  'OK',
  'DNS_FAILED',
  'DNS_TEMPORARY',
  'CONNECTION_REFUSED',
  'HOST_UNREACHABLE',
  'TIMEOUT',
  'EGRESS_DENIED',
  'TLS_HANDSHAKE_FAILED',
  'TLS_VERSION_TOO_LOW',
  'TLS_NOT_SPOKEN_ON_PORT',
  'TLS_REQUIRED_ON_PORT',
  'STARTTLS_NOT_OFFERED',
  'CERTIFICATE_UNTRUSTED',
  'CERTIFICATE_EXPIRED',
  'CERTIFICATE_NOT_YET_VALID',
  'CERTIFICATE_HOSTNAME_MISMATCH',
  'CERTIFICATE_REVOKED',
  'TRUSTSTORE_MISSING',
  'AUTHENTICATION_FAILED',
  'AUTHENTICATION_NOT_OFFERED',
  'OAUTH_TOKEN_FAILED',
  'REAUTHORIZATION_REQUIRED',
  'SENDER_REFUSED',
  'RECIPIENT_REFUSED',
  'MAILBOX_NOT_FOUND',
  'PERMISSION_MISSING',
  'SERVER_TEMPORARILY_UNAVAILABLE',
  'SERVER_REFUSED_SESSION',
  'CONNECTION_CLOSED',
  'PROTOCOL_ERROR',
  'THROTTLED',
  'CANCELLED',
  'UNKNOWN',
] as const;
export type DiagnosisCode = (typeof diagnosisCodes)[number];

/** One step of a connection test, as it ended. Holds nothing secret: it is stored in the log and shown. */
export interface ConnectionTestStage {
  readonly direction: Direction;
  readonly stage: ConnectionTestStageName;
  readonly outcome: StageOutcome;
  readonly code: DiagnosisCode;
  /** What was found, in a sentence. */
  readonly message: string;
  /** What a person can do about it; null when there is nothing to do. */
  readonly hint: string | null;
  /** The IP address tried, where one was. */
  readonly address: string | null;
  readonly port: number | null;
  readonly durationMilliseconds: number;
  /** What the server said, control characters removed, at most 200 characters. */
  readonly serverResponse: string | null;
  readonly tls: TlsSession | null;
}

export interface TlsSession {
  /** As TLS names it: `TLSv1.3`. */
  readonly version: string;
  readonly cipher: string;
  readonly trusted: boolean;
  /** The chain as the server sent it, its own certificate first. */
  readonly certificates: readonly Certificate[];
}

export interface Certificate {
  /** SHA-256 over the DER form, upper-case hex without colons. */
  readonly fingerprintSha256: string;
  readonly subject: string;
  readonly issuer: string;
  readonly subjectAlternativeNames: readonly string[];
  readonly serialNumber: string;
  readonly notBefore: string; // ISO 8601
  readonly notAfter: string; // ISO 8601
  readonly isCertificateAuthority: boolean;
  readonly pem: string;
}

export interface ConnectionTestResult {
  readonly testId: string;
  readonly outcome: 'PASSED' | 'FAILED';
  readonly stages: readonly ConnectionTestStage[];
  readonly startedAt: string; // ISO 8601
  readonly durationMilliseconds: number;
}
