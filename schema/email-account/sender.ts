import { createUnionType, Field, ObjectType } from 'type-graphql';
import type { GraphSenderSettings, SenderSettings, SmtpSenderSettings } from '../../src/domain/email-account/settings.js';
import type { AsOf } from '../as-of.js';
import { microsoftGraphConnection, MicrosoftGraphConnection, smtpConnection, SmtpConnection, secretStatus, SecretStatus } from './connection-settings.js';

const replyTo = 'Where replies go; null for the From address.';

@ObjectType({ description: 'As whom an account sends by SMTP.' })
export class SmtpSenderIdentity {
  @Field(() => String, { description: 'The From address.' })
  readonly emailAddress!: string;

  @Field(() => String, { nullable: true, description: 'The name beside the From address; null for none.' })
  readonly displayName!: string | null;

  @Field(() => String, { description: 'The SMTP user ID. It need not be an address.' })
  readonly userId!: string;

  @Field(() => SecretStatus, { description: 'The SMTP password. Where none is set, the account sends without logging in, as through a relay.' })
  readonly password!: SecretStatus;

  @Field(() => String, { nullable: true, description: replyTo })
  readonly replyTo!: string | null;
}

@ObjectType({ description: 'Sending by SMTP.' })
export class SmtpSender {
  @Field(() => SmtpSenderIdentity, { description: 'As whom.' })
  readonly identity: SmtpSenderIdentity;

  @Field(() => SmtpConnection, { description: 'Through which server.' })
  readonly connection: SmtpConnection;

  constructor({ identity, connection, password }: SmtpSenderSettings, asOf: AsOf | null) {
    this.identity = { ...identity, password: secretStatus(password) };
    this.connection = smtpConnection(connection, asOf);
  }
}

@ObjectType({ description: 'As whom an account sends through Microsoft Graph.' })
export class MicrosoftGraphSenderIdentity {
  @Field(() => String, { description: 'The sign-in name of the mailbox, e.g. `sales@contoso.example`.' })
  readonly userPrincipalName!: string;

  @Field(() => String, { nullable: true, description: replyTo })
  readonly replyTo!: string | null;
}

@ObjectType({
  description:
    'Sending through Microsoft Graph, with the access tokens of an authentication profile. It goes to the Graph of the national cloud that the profile gets its tokens from.',
})
export class MicrosoftGraphSender {
  @Field(() => MicrosoftGraphSenderIdentity, { description: 'As whom.' })
  readonly identity: MicrosoftGraphSenderIdentity;

  @Field(() => MicrosoftGraphConnection, { description: 'With which authentication.' })
  readonly connection: MicrosoftGraphConnection;

  constructor({ identity, connection }: GraphSenderSettings, asOf: AsOf | null) {
    this.identity = identity;
    this.connection = microsoftGraphConnection(connection, asOf);
  }
}

export const Sender = createUnionType({
  name: 'Sender',
  description: 'How an account sends.',
  types: () => [SmtpSender, MicrosoftGraphSender] as const,
});
export type Sender = SmtpSender | MicrosoftGraphSender;

/** @param asOf when it was so: what it names is shown as of that moment. Null: as of now. */
export function senderOf(settings: SenderSettings, asOf: AsOf | null = null): Sender {
  return settings.kind === 'smtp' ? new SmtpSender(settings, asOf) : new MicrosoftGraphSender(settings, asOf);
}
