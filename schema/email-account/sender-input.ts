import { Field, ID, InputType, Int } from 'type-graphql';
import type { PasswordInput, SenderInputForm } from '../../src/commands/email-account-inputs.js';
import type { StartTls as StartTlsMode, TlsVersion as Version } from '../../src/domain/email-account/settings.js';
import { badUserInput } from '../top-level-error.js';
import { Secret } from '../secret/secret-scalar.js';
import { StartTls, TlsVersion } from './connection-settings.js';

@InputType({ description: 'As whom an account sends by SMTP.' })
export class SmtpSenderIdentityInput {
  @Field(() => String, { description: 'The From address: one mailbox, `local@domain`, without a name. Internationalised domains are taken.' })
  readonly emailAddress!: string;

  @Field(() => String, { nullable: true, description: 'The name beside the From address. At most 128 characters. Default: none.' })
  readonly displayName?: string | null;

  @Field(() => String, { nullable: true, description: 'The SMTP user ID; free text. Default: what the provider presets, else the email address.' })
  readonly userId?: string | null;

  @Field(() => Secret, {
    nullable: true,
    description:
      'The SMTP password. Left out: the stored one is kept, as long as it still goes to the endpoint that it was entered for (else SECRET_REBIND_REQUIRED). Null: none, and nothing is logged in with.',
  })
  readonly password?: PasswordInput;

  @Field(() => String, { nullable: true, description: 'Where replies go: a mailbox that somebody reads. Default: none, and replies go to the From address.' })
  readonly replyTo?: string | null;
}

@InputType({ description: 'Where and how mail is handed to an SMTP server. What is left out comes from the provider, else from the defaults told here.' })
export class SmtpConnectionInput {
  @Field(() => String, { nullable: true, description: "Host name, IPv4 or IPv6 address. Default: the provider's; without one, the error is REQUIRED." })
  readonly host?: string | null;

  @Field(() => Int, { nullable: true, description: "TCP port, 1 to 65535. Default: the provider's, else 465 with useSmtps and 587 without." })
  readonly port?: number | null;

  @Field(() => Boolean, {
    nullable: true,
    description: "Whether TLS is spoken from the start (SMTPS). Not with port 587, which speaks STARTTLS. Default: the provider's, else false.",
  })
  readonly useSmtps?: boolean | null;

  @Field(() => StartTls, {
    nullable: true,
    description:
      'Whether the connection is upgraded to TLS after it began in clear text. Not with useSmtps. Default: REQUIRED on port 587, else OPPORTUNISTIC.',
  })
  readonly startTls?: StartTlsMode | null;

  @Field(() => TlsVersion, { nullable: true, description: 'The lowest TLS version that is accepted. Default: TLS_1_2.' })
  readonly minimumTlsVersion?: Version | null;

  @Field(() => ID, {
    nullable: true,
    description:
      "The name of the truststore whose CAs are trusted. It may not exist yet: then the account is saved, and not ready. Default: the runtime's own CAs.",
  })
  readonly truststore?: string | null;

  @Field(() => ID, {
    nullable: true,
    description:
      'The name of the OAuth 2.0 authentication profile that takes the place of a password. It may not exist yet: then the account is saved, and not ready. Default: none.',
  })
  readonly authenticationProfile?: string | null;
}

@InputType({ description: 'Sending by SMTP.' })
export class SmtpSenderInput {
  @Field(() => SmtpSenderIdentityInput, { description: 'As whom.' })
  readonly identity!: SmtpSenderIdentityInput;

  @Field(() => SmtpConnectionInput, { nullable: true, description: 'Through which server. Default: as the provider presets it.' })
  readonly connection?: SmtpConnectionInput | null;
}

@InputType({ description: 'As whom an account sends through Microsoft Graph.' })
export class MicrosoftGraphSenderIdentityInput {
  @Field(() => String, { description: 'The sign-in name of the mailbox, e.g. `sales@contoso.example`.' })
  readonly userPrincipalName!: string;

  @Field(() => String, { nullable: true, description: 'Where replies go: a mailbox that somebody reads. Default: none, and replies go to the mailbox itself.' })
  readonly replyTo?: string | null;
}

@InputType({ description: 'How Microsoft Graph is reached.' })
export class MicrosoftGraphConnectionInput {
  @Field(() => ID, { description: 'The name of the OAuth 2.0 authentication profile. It may not exist yet: then the account is saved, and not ready.' })
  readonly authenticationProfile!: string;
}

@InputType({ description: 'Sending through Microsoft Graph.' })
export class MicrosoftGraphSenderInput {
  @Field(() => MicrosoftGraphSenderIdentityInput, { description: 'As whom.' })
  readonly identity!: MicrosoftGraphSenderIdentityInput;

  @Field(() => MicrosoftGraphConnectionInput, { description: 'With which authentication.' })
  readonly connection!: MicrosoftGraphConnectionInput;
}

@InputType({ description: 'How an account sends: exactly one of these.' })
export class SenderInput {
  @Field(() => SmtpSenderInput, { nullable: true, description: 'By SMTP.' })
  readonly smtp?: SmtpSenderInput | null;

  @Field(() => MicrosoftGraphSenderInput, {
    nullable: true,
    description: 'Through Microsoft Graph, with the access tokens of an authentication profile.',
  })
  readonly microsoftGraph?: MicrosoftGraphSenderInput | null;
}

/** The form as commands take it. Fields are named one by one, so that a password never travels beside its own place. */
export function senderForm({ smtp, microsoftGraph }: SenderInput): SenderInputForm {
  if (smtp) {
    const { password, ...identity } = smtp.identity;
    return { kind: 'smtp', identity, connection: { ...smtp.connection }, password };
  }
  if (microsoftGraph) return { kind: 'microsoftGraph', identity: { ...microsoftGraph.identity }, connection: { ...microsoftGraph.connection } };
  throw badUserInput('A sender is exactly one of smtp and microsoftGraph.', 'sender');
}
