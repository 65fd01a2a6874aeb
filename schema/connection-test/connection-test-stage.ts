import { Field, Int, ObjectType } from 'type-graphql';
import type {
  Certificate as CertificateFacts,
  ConnectionTestStageName as StageName,
  DiagnosisCode as Diagnosis,
  Direction as Half,
  StageOutcome as Outcome,
} from '../../src/domain/email-account/connection-test.js';
import { DateTime } from '../date-time/date-time-scalar.js';
import { enumeration } from '../enumeration.js';

export const Direction = enumeration<Half>('Direction', 'One of the two halves of an account.', {
  SENDER: 'The half that sends.',
  RECEIVER: 'The half that receives.',
});

export const ConnectionTestStageName = enumeration<StageName>(
  'ConnectionTestStageName',
  'The steps of a connection test, in the order in which they are taken.',
  {
    DNS: 'The host name is looked up.',
    CONNECT: 'A TCP connection is made, to each address in turn until one answers.',
    TLS: 'TLS from the start: versions, cipher and the certificate chain.',
    GREETING: 'The server says who it is and what it can do.',
    STARTTLS: 'The connection is upgraded to TLS (RFC 3207, 9051, 2595).',
    TOKEN: 'An OAuth 2.0 access token is had: one that is still good, or a new one of the provider. Only for connections with an authentication profile.',
    AUTHENTICATION: 'User ID and password are shown to the server.',
    SENDER: 'SMTP: whether the server lets this account send from its address (MAIL FROM).',
    RECIPIENT: 'SMTP: whether the server takes mail for the recipient (RCPT TO). The attempt is then reset, and nothing is sent.',
    MAILBOX: 'IMAP: the mailbox is opened for reading.',
  },
);

export const StageOutcome = enumeration<Outcome>('StageOutcome', 'How a step ended.', {
  PASSED: 'As it should.',
  WARNED: 'It works, but something should be mended: the hint says what.',
  FAILED: 'It does not work: code, message and hint say why.',
  SKIPPED: 'It was not taken, because it does not apply or an earlier step failed.',
});

export const DiagnosisCode = enumeration<Diagnosis>(
  'DiagnosisCode',
  'What a connection can come to. A code never changes its meaning; new situations get new codes, so take an unknown one like UNKNOWN.',
  {
    OK: 'Nothing is wrong.',
    DNS_FAILED: 'There is no such host name, or it has no address.',
    DNS_TEMPORARY: 'The name could not be looked up for now.',
    CONNECTION_REFUSED: 'The host answers, and nothing listens on that port.',
    HOST_UNREACHABLE: 'No way leads to the host.',
    TIMEOUT: 'No answer came in time.',
    EGRESS_DENIED: 'The service may not connect to that address: its egress rules exclude it.',
    TLS_HANDSHAKE_FAILED: 'The two sides could not agree on TLS.',
    TLS_VERSION_TOO_LOW:
      'The server speaks no TLS version as high as the account asks for. On a step that only warns: one below 1.2, which the account allows.',
    TLS_NOT_SPOKEN_ON_PORT: 'The server speaks clear text where TLS was expected from the start.',
    TLS_REQUIRED_ON_PORT: 'The server expects TLS from the start where clear text was spoken.',
    STARTTLS_NOT_OFFERED: 'The account requires STARTTLS, and the server does not offer it.',
    CERTIFICATE_UNTRUSTED: 'No trusted CA stands behind the certificate.',
    CERTIFICATE_EXPIRED: 'The certificate has expired.',
    CERTIFICATE_NOT_YET_VALID: 'The certificate becomes valid in the future.',
    CERTIFICATE_HOSTNAME_MISMATCH: 'The certificate is for another host name.',
    CERTIFICATE_REVOKED: 'The certificate was revoked. Nothing in this version of the service answers with it yet.',
    TRUSTSTORE_MISSING: 'The account names a truststore that does not exist.',
    AUTHENTICATION_FAILED: 'The server refused user ID and password.',
    AUTHENTICATION_NOT_OFFERED: 'The server offers no way to log in that the account could use.',
    OAUTH_TOKEN_FAILED: 'No OAuth 2.0 access token was to be had: the provider does not take the authentication profile as it is.',
    REAUTHORIZATION_REQUIRED: 'The OAuth 2.0 consent has ended, or nobody has given it: somebody has to consent.',
    SENDER_REFUSED: 'The server does not let this account send from its address.',
    RECIPIENT_REFUSED: 'The server takes no mail for the recipient.',
    MAILBOX_NOT_FOUND: 'There is no such mailbox.',
    PERMISSION_MISSING: 'The login may not do this.',
    SERVER_TEMPORARILY_UNAVAILABLE: 'The server says that it cannot serve for now.',
    SERVER_REFUSED_SESSION: 'The server refuses this client altogether.',
    CONNECTION_CLOSED: 'The server hung up in the middle.',
    PROTOCOL_ERROR: 'The server said something that the protocol does not know.',
    THROTTLED: 'The server asks for fewer or slower connections.',
    CANCELLED: 'The test was stopped before this step ended.',
    UNKNOWN: 'Something that no other code names: the message tells what was seen.',
  },
);

@ObjectType({ description: 'An X.509 certificate.' })
export class Certificate {
  @Field(() => String, { description: 'SHA-256 over the DER form, upper-case hex without colons.' })
  readonly fingerprintSha256!: string;

  @Field(() => String, { description: 'Whom it names, e.g. `CN=mail.example.com`.' })
  readonly subject!: string;

  @Field(() => String, { description: 'Who signed it.' })
  readonly issuer!: string;

  @Field(() => [String], { description: 'The host names and addresses that it holds for.' })
  readonly subjectAlternativeNames!: CertificateFacts['subjectAlternativeNames'];

  @Field(() => String, { description: "The issuer's number for it, in hex." })
  readonly serialNumber!: string;

  @Field(() => DateTime, { description: 'From when it is valid.' })
  readonly notBefore!: string;

  @Field(() => DateTime, { description: 'Until when it is valid.' })
  readonly notAfter!: string;

  @Field(() => Boolean, { description: 'Whether it may sign other certificates.' })
  readonly isCertificateAuthority!: boolean;

  @Field(() => String, { description: 'The certificate itself, in PEM form.' })
  readonly pem!: string;
}

@ObjectType({ description: 'What was agreed on in a TLS handshake.' })
export class TlsSession {
  @Field(() => String, { description: 'As TLS names it: `TLSv1.3`.' })
  readonly version!: string;

  @Field(() => String, { description: "The cipher suite's name." })
  readonly cipher!: string;

  @Field(() => Boolean, { description: 'Whether a trusted CA stands behind the chain and it holds for this host.' })
  readonly trusted!: boolean;

  @Field(() => [Certificate], { description: "The chain as the server sent it, the server's own certificate first." })
  readonly certificates!: readonly Certificate[];
}

@ObjectType({ description: 'One step of a connection test, as it ended. Never holds a secret.' })
export class ConnectionTestStage {
  @Field(() => Direction, { description: 'For which half of the account.' })
  readonly direction!: Half;

  @Field(() => ConnectionTestStageName, { description: 'Which step.' })
  readonly stage!: StageName;

  @Field(() => StageOutcome, { description: 'How it ended.' })
  readonly outcome!: Outcome;

  @Field(() => DiagnosisCode, { description: 'What was found, for programs.' })
  readonly code!: Diagnosis;

  @Field(() => String, { description: 'What was found, for people.' })
  readonly message!: string;

  @Field(() => String, { nullable: true, description: 'What a person can do about it. Null when there is nothing to do.' })
  readonly hint!: string | null;

  @Field(() => String, { nullable: true, description: 'The IP address that was tried; null where none was.' })
  readonly address!: string | null;

  @Field(() => Int, { nullable: true, description: 'The TCP port that was tried; null where none was.' })
  readonly port!: number | null;

  @Field(() => Int, { description: 'How long the step took, in milliseconds.' })
  readonly durationMilliseconds!: number;

  @Field(() => String, { nullable: true, description: 'What the server said, without control characters, at most 200 characters. Null where it said nothing.' })
  readonly serverResponse!: string | null;

  @Field(() => TlsSession, { nullable: true, description: 'The TLS session of this step; null where there is none.' })
  readonly tls!: TlsSession | null;
}
