import { Field, ID, InputType, Int } from 'type-graphql';
import type { PasswordInput, ReceiverInputForm } from '../../src/commands/email-account-inputs.js';
import type { StartTls as StartTlsMode, TlsVersion as Version } from '../../src/domain/email-account/settings.js';
import { Secret } from '../secret/secret-scalar.js';
import { badUserInput } from '../top-level-error.js';
import { StartTls, TlsVersion } from './connection-settings.js';
import { MicrosoftGraphConnectionInput } from './sender-input.js';

@InputType({ description: 'As whom an account logs in to its mailbox.' })
export class ReceiverIdentityInput {
  @Field(() => Boolean, {
    nullable: true,
    description:
      "Whether it logs in with the sender's user ID and password: a live link, not a copy. Refused without sender credentials, and together with userId or password. Default: false.",
  })
  readonly useSenderCredentials?: boolean | null;

  @Field(() => String, { nullable: true, description: 'Its own user ID; free text, `DOMAIN\\user` included. Required unless useSenderCredentials.' })
  readonly userId?: string | null;

  @Field(() => Secret, {
    nullable: true,
    description:
      'Its own password. Left out: the stored one is kept, as long as it still goes to the endpoint that it was entered for (else SECRET_REBIND_REQUIRED). Null: none, and the account is not ready.',
  })
  readonly password?: PasswordInput;
}

@InputType({ description: 'Where and how a mailbox is read by IMAP or POP3. What is left out comes from the provider, else from the defaults told here.' })
export class ReceiverConnectionInput {
  @Field(() => String, { nullable: true, description: "Host name, IPv4 or IPv6 address. Default: the provider's; without one, the error is REQUIRED." })
  readonly host?: string | null;

  @Field(() => Int, {
    nullable: true,
    description: "TCP port, 1 to 65535. Default: the provider's, else for IMAP 993 with useTls and 143 without, for POP3 995 and 110.",
  })
  readonly port?: number | null;

  @Field(() => Boolean, { nullable: true, description: "Whether TLS is spoken from the start. Default: the provider's, else true." })
  readonly useTls?: boolean | null;

  @Field(() => StartTls, {
    nullable: true,
    description: 'Whether the connection is upgraded to TLS after it began in clear text. Not with useTls. Default: as the provider says, else OPPORTUNISTIC.',
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

@InputType({ description: 'Receiving by IMAP.' })
export class ImapReceiverInput {
  @Field(() => ReceiverIdentityInput, { description: 'As whom.' })
  readonly identity!: ReceiverIdentityInput;

  @Field(() => ReceiverConnectionInput, { nullable: true, description: 'From which server. Default: as the provider presets it.' })
  readonly connection?: ReceiverConnectionInput | null;

  @Field(() => String, { nullable: true, description: 'The mailbox that is read. Default: INBOX.' })
  readonly mailbox?: string | null;
}

@InputType({ description: 'Receiving by POP3.' })
export class Pop3ReceiverInput {
  @Field(() => ReceiverIdentityInput, { description: 'As whom.' })
  readonly identity!: ReceiverIdentityInput;

  @Field(() => ReceiverConnectionInput, { nullable: true, description: 'From which server. Default: as the provider presets it.' })
  readonly connection?: ReceiverConnectionInput | null;
}

@InputType({ description: 'Whose mailbox is read through Microsoft Graph.' })
export class MicrosoftGraphReceiverIdentityInput {
  @Field(() => String, { description: 'The sign-in name of the inbox, e.g. `sales@contoso.example`. Not the accountId.' })
  readonly userPrincipalName!: string;
}

@InputType({ description: 'Receiving through Microsoft Graph.' })
export class MicrosoftGraphReceiverInput {
  @Field(() => MicrosoftGraphReceiverIdentityInput, { description: 'Whose mailbox.' })
  readonly identity!: MicrosoftGraphReceiverIdentityInput;

  @Field(() => MicrosoftGraphConnectionInput, { description: 'With which authentication.' })
  readonly connection!: MicrosoftGraphConnectionInput;
}

@InputType({ description: 'How an account receives: exactly one of these.' })
export class ReceiverInput {
  @Field(() => ImapReceiverInput, { nullable: true, description: 'By IMAP.' })
  readonly imap?: ImapReceiverInput | null;

  @Field(() => Pop3ReceiverInput, { nullable: true, description: 'By POP3.' })
  readonly pop3?: Pop3ReceiverInput | null;

  @Field(() => MicrosoftGraphReceiverInput, {
    nullable: true,
    description: 'Through Microsoft Graph, with the access tokens of an authentication profile.',
  })
  readonly microsoftGraph?: MicrosoftGraphReceiverInput | null;
}

/** The form as commands take it. Fields are named one by one, so that a password never travels beside its own place. */
export function receiverForm({ imap, pop3, microsoftGraph }: ReceiverInput): ReceiverInputForm {
  if (imap) return { kind: 'imap', ...mailboxForm(imap), mailbox: imap.mailbox };
  if (pop3) return { kind: 'pop3', ...mailboxForm(pop3) };
  if (microsoftGraph) return { kind: 'microsoftGraph', identity: { ...microsoftGraph.identity }, connection: { ...microsoftGraph.connection } };
  throw badUserInput('A receiver is exactly one of imap, pop3 and microsoftGraph.', 'receiver');
}

function mailboxForm({ identity: { password, ...identity }, connection }: ImapReceiverInput | Pop3ReceiverInput) {
  return { identity, connection: { ...connection }, password };
}
