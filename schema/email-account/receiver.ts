import { createUnionType, Field, ObjectType } from 'type-graphql';
import type { GraphReceiverSettings, MailboxReceiverSettings, ReceiverSettings } from '../../src/domain/email-account/settings.js';
import type { AsOf } from '../as-of.js';
import {
  microsoftGraphConnection,
  MicrosoftGraphConnection,
  receiverConnection,
  ReceiverConnection,
  secretStatus,
  SecretStatus,
} from './connection-settings.js';

@ObjectType({ description: 'As whom an account logs in to its mailbox.' })
export class ReceiverIdentity {
  @Field(() => Boolean, { description: "Whether it logs in with the sender's user ID and password: a live link, which follows every change of them." })
  readonly useSenderCredentials!: boolean;

  @Field(() => String, { nullable: true, description: "Its own user ID; null while it uses the sender's. Free text, `DOMAIN\\user` included." })
  readonly userId!: string | null;

  @Field(() => SecretStatus, { description: "Its own password: never set while it uses the sender's, whose status stands with the sender." })
  readonly password!: SecretStatus;
}

@ObjectType({ description: 'Receiving by IMAP.' })
export class ImapReceiver {
  @Field(() => ReceiverIdentity, { description: 'As whom.' })
  readonly identity: ReceiverIdentity;

  @Field(() => ReceiverConnection, { description: 'From which server.' })
  readonly connection: ReceiverConnection;

  @Field(() => String, { description: 'The mailbox that is read, e.g. `INBOX`.' })
  readonly mailbox: string;

  constructor(settings: MailboxReceiverSettings, asOf: AsOf | null) {
    this.identity = receiverIdentity(settings);
    this.connection = receiverConnection(settings.connection, asOf);
    this.mailbox = settings.mailbox ?? 'INBOX';
  }
}

@ObjectType({ description: 'Receiving by POP3. There is one mailbox, and mail stays in it until it is deleted.' })
export class Pop3Receiver {
  @Field(() => ReceiverIdentity, { description: 'As whom.' })
  readonly identity: ReceiverIdentity;

  @Field(() => ReceiverConnection, { description: 'From which server.' })
  readonly connection: ReceiverConnection;

  constructor(settings: MailboxReceiverSettings, asOf: AsOf | null) {
    this.identity = receiverIdentity(settings);
    this.connection = receiverConnection(settings.connection, asOf);
  }
}

@ObjectType({ description: 'Whose mailbox is read through Microsoft Graph.' })
export class MicrosoftGraphReceiverIdentity {
  @Field(() => String, { description: 'The sign-in name of the inbox, e.g. `sales@contoso.example`.' })
  readonly userPrincipalName!: string;
}

@ObjectType({
  description:
    'Receiving through Microsoft Graph, with the access tokens of an authentication profile. It goes to the Graph of the national cloud that the profile gets its tokens from.',
})
export class MicrosoftGraphReceiver {
  @Field(() => MicrosoftGraphReceiverIdentity, { description: 'Whose mailbox.' })
  readonly identity: MicrosoftGraphReceiverIdentity;

  @Field(() => MicrosoftGraphConnection, { description: 'With which authentication.' })
  readonly connection: MicrosoftGraphConnection;

  constructor({ identity, connection }: GraphReceiverSettings, asOf: AsOf | null) {
    this.identity = identity;
    this.connection = microsoftGraphConnection(connection, asOf);
  }
}

export const Receiver = createUnionType({
  name: 'Receiver',
  description: 'How an account receives.',
  types: () => [ImapReceiver, Pop3Receiver, MicrosoftGraphReceiver] as const,
});
export type Receiver = ImapReceiver | Pop3Receiver | MicrosoftGraphReceiver;

/** @param asOf when it was so: what it names is shown as of that moment. Null: as of now. */
export function receiverOf(settings: ReceiverSettings, asOf: AsOf | null = null): Receiver {
  switch (settings.kind) {
    case 'imap':
      return new ImapReceiver(settings, asOf);
    case 'pop3':
      return new Pop3Receiver(settings, asOf);
    case 'microsoftGraph':
      return new MicrosoftGraphReceiver(settings, asOf);
  }
}

function receiverIdentity({ identity, password }: MailboxReceiverSettings): ReceiverIdentity {
  return { ...identity, password: secretStatus(password) };
}
