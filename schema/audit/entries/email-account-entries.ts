import { ID, Int } from 'type-graphql';
import { Receiver, receiverOf } from '../../email-account/receiver.js';
import { Sender, senderOf } from '../../email-account/sender.js';
import { ConnectionTestStage } from '../../connection-test/connection-test-stage.js';
import { secretStatus, SecretStatus } from '../../email-account/connection-settings.js';
import type { DataOf, EntriesOf, Extra } from './entry-table.js';
import { testOutcome } from './fields-of-several.js';

const accountName: Extra<{ readonly accountName: string }> = {
  type: () => String,
  description: "The account's name from here on.",
  of: (data) => data.accountName,
};

const provider: Extra<{ readonly provider: string }> = {
  type: () => ID,
  description: "The account's provider from here on: an id of the catalogue.",
  of: (data) => data.provider,
};

const password: Extra<DataOf<'SenderPasswordChanged'>> = {
  type: () => SecretStatus,
  description: 'What may be known of the password from here on.',
  of: (data) => secretStatus(data.password),
};

/** What happened to email accounts. */
export const accountEntries: EntriesOf<
  | 'AccountCreated'
  | 'AccountRenamed'
  | 'ProviderChanged'
  | 'SenderConfigured'
  | 'SenderRemoved'
  | 'ReceiverConfigured'
  | 'ReceiverRemoved'
  | 'SenderPasswordChanged'
  | 'ReceiverPasswordChanged'
  | 'AccountDisabled'
  | 'AccountEnabled'
  | 'AccountDeleted'
  | 'AccountRestored'
  | 'AccountErased'
  | 'ConnectionTested'
> = {
  AccountCreated: {
    description: 'An account was created.',
    adds: { accountId: { type: () => ID, description: "The account's id, as it was written.", of: (data) => data.accountId }, accountName, provider },
  },
  AccountRenamed: { description: 'An account got another name.', adds: { accountName } },
  ProviderChanged: { description: 'An account was given to another provider of the catalogue.', adds: { provider } },
  SenderConfigured: {
    description: "An account's sender was configured, the whole section.",
    adds: { sender: { type: () => Sender, description: 'The sender from here on.', of: (data, moment) => senderOf(data.sender, moment) } },
  },
  SenderRemoved: { description: "An account's sender was removed, and its password destroyed.", adds: {} },
  ReceiverConfigured: {
    description: "An account's receiver was configured, the whole section.",
    adds: { receiver: { type: () => Receiver, description: 'The receiver from here on.', of: (data, moment) => receiverOf(data.receiver, moment) } },
  },
  ReceiverRemoved: { description: "An account's receiver was removed, and its password destroyed.", adds: {} },
  SenderPasswordChanged: { description: "The password of an account's sender was replaced or cleared.", adds: { password } },
  ReceiverPasswordChanged: { description: "The password of an account's receiver was replaced or cleared.", adds: { password } },
  AccountDisabled: { description: 'An account was disabled.', adds: {} },
  AccountEnabled: { description: 'An account was enabled.', adds: {} },
  AccountDeleted: { description: 'An account was deleted. It can be restored.', adds: {} },
  AccountRestored: { description: 'A deleted account was restored.', adds: {} },
  AccountErased: { description: 'An account was erased for good: the key of its secrets is destroyed.', adds: {} },
  ConnectionTested: {
    description: "A saved account's connections were tested.",
    adds: {
      testOutcome: { ...testOutcome, of: (data) => data.test.outcome },
      testedVersion: { type: () => Int, description: 'The version of the account whose settings were tested.', of: (data) => data.testedVersion },
      stages: { type: () => [ConnectionTestStage], description: 'The steps in the order in which they ended.', of: (data) => data.test.stages },
    },
  },
};
