import { Field, ID, Int, ObjectType } from 'type-graphql';
import type {
  GraphSenderSettings,
  Password,
  ReceiverConnectionSettings,
  SmtpConnectionSettings,
  StartTls as StartTlsMode,
  TlsVersion as Version,
} from '../../src/domain/email-account/settings.js';
import { isSecretReference } from '../../src/domain/email-account/state.js';
import { Actor } from '../actor/actor.js';
import type { AsOf } from '../as-of.js';
import { DateTime } from '../date-time/date-time-scalar.js';
import { enumeration } from '../enumeration.js';

export const StartTls = enumeration<StartTlsMode>('StartTls', 'Whether a connection that begins in clear text is upgraded to TLS (RFC 3207, 9051, 2595).', {
  REQUIRED: 'It must be: without TLS nothing is sent, no password either.',
  OPPORTUNISTIC: 'It is where the server offers it, and stays in clear text where not.',
  DISABLED: 'It is not. The only choice beside TLS from the start.',
});

export const TlsVersion = enumeration<Version>('TlsVersion', 'The lowest TLS version that a connection accepts.', {
  TLS_1_0: 'TLS 1.0 (RFC 2246). Broken and deprecated (RFC 8996): the account warns of it.',
  TLS_1_1: 'TLS 1.1 (RFC 4346). Broken and deprecated (RFC 8996): the account warns of it.',
  TLS_1_2: 'TLS 1.2 (RFC 5246).',
  TLS_1_3: 'TLS 1.3 (RFC 8446).',
});

@ObjectType({ description: 'What may be known of a stored secret. The secret itself is never returned.' })
export class SecretStatus {
  @Field(() => Boolean, { description: 'Whether there is one.' })
  readonly isSet!: boolean;

  @Field(() => Int, { nullable: true, description: 'How often it was set so far, this time included; null when there is none.' })
  readonly version!: number | null;

  @Field(() => DateTime, { nullable: true, description: 'When it was set; null when there is none.' })
  readonly setAt!: string | null;

  @Field(() => Actor, { nullable: true, description: 'Who set it; null when there is none.' })
  readonly setBy!: Actor | null;
}

const notSet: SecretStatus = { isSet: false, version: null, setAt: null, setBy: null };

/** A password that a revert could not bring back is not set. */
export function secretStatus(password: Password): SecretStatus {
  return isSecretReference(password) ? { isSet: true, version: password.version, setAt: password.setAt, setBy: password.setBy } : notSet;
}

const startTls = 'Whether the connection is upgraded to TLS after it began in clear text. DISABLED beside TLS from the start.';
const minimumTlsVersion = 'The lowest TLS version that is accepted, from the start or by STARTTLS.';
const truststoreName = "The truststore whose CAs are trusted; null for the runtime's own. It may name one that does not exist: the account is not ready then.";
const authenticationProfileName =
  'The OAuth 2.0 authentication profile that takes the place of a password; null for none. It may name one that does not exist.';

@ObjectType({ description: 'Where and how mail is handed to an SMTP server.' })
export class SmtpConnection {
  @Field(() => String, { description: 'Host name, IPv4 or IPv6 address.' })
  readonly host!: string;

  @Field(() => Int, { description: 'TCP port, 1 to 65535.' })
  readonly port!: number;

  @Field(() => Boolean, { description: 'Whether TLS is spoken from the start (SMTPS).' })
  readonly useSmtps!: boolean;

  @Field(() => StartTls, { description: startTls })
  readonly startTls!: StartTlsMode;

  @Field(() => TlsVersion, { description: minimumTlsVersion })
  readonly minimumTlsVersion!: Version;

  @Field(() => ID, { nullable: true, description: truststoreName })
  readonly truststoreName!: string | null;

  @Field(() => ID, { nullable: true, description: authenticationProfileName })
  readonly authenticationProfileName!: string | null;

  /** When they stood for what they name; null for now. */
  readonly asOf!: AsOf | null;
}

@ObjectType({ description: 'Where and how a mailbox is read by IMAP or POP3.' })
export class ReceiverConnection {
  @Field(() => String, { description: 'Host name, IPv4 or IPv6 address.' })
  readonly host!: string;

  @Field(() => Int, { description: 'TCP port, 1 to 65535.' })
  readonly port!: number;

  @Field(() => Boolean, { description: 'Whether TLS is spoken from the start (IMAPS, POP3S).' })
  readonly useTls!: boolean;

  @Field(() => StartTls, { description: startTls })
  readonly startTls!: StartTlsMode;

  @Field(() => TlsVersion, { description: minimumTlsVersion })
  readonly minimumTlsVersion!: Version;

  @Field(() => ID, { nullable: true, description: truststoreName })
  readonly truststoreName!: string | null;

  @Field(() => ID, { nullable: true, description: authenticationProfileName })
  readonly authenticationProfileName!: string | null;

  /** When they stood for what they name; null for now. */
  readonly asOf!: AsOf | null;
}

@ObjectType({ description: 'How Microsoft Graph is reached: through an authentication profile alone.' })
export class MicrosoftGraphConnection {
  @Field(() => ID, { description: 'The OAuth 2.0 authentication profile. It may name one that does not exist: the account is not ready then.' })
  readonly authenticationProfileName!: string;

  /** When it stood for what it names; null for now. */
  readonly asOf!: AsOf | null;
}

export function smtpConnection({ truststore, authenticationProfile, ...rest }: SmtpConnectionSettings, asOf: AsOf | null): SmtpConnection {
  return { ...rest, truststoreName: truststore, authenticationProfileName: authenticationProfile, asOf };
}

export function receiverConnection({ truststore, authenticationProfile, ...rest }: ReceiverConnectionSettings, asOf: AsOf | null): ReceiverConnection {
  return { ...rest, truststoreName: truststore, authenticationProfileName: authenticationProfile, asOf };
}

export function microsoftGraphConnection({ authenticationProfile }: GraphSenderSettings['connection'], asOf: AsOf | null): MicrosoftGraphConnection {
  return { authenticationProfileName: authenticationProfile, asOf };
}
