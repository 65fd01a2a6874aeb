import type { ConnectionTestResult } from './connection-test.js';
import type { Password, ReceiverSettings, SenderSettings } from './settings.js';

type Nothing = Readonly<Record<string, never>>;

/** What can have happened to an email account. Stream `emailAccount-<account id in lower case>`. */
export type EmailAccountEvent =
  | { readonly type: 'AccountCreated'; readonly data: { readonly accountId: string; readonly accountName: string; readonly provider: string } }
  | { readonly type: 'AccountRenamed'; readonly data: { readonly accountName: string } }
  | { readonly type: 'ProviderChanged'; readonly data: { readonly provider: string } }
  | { readonly type: 'SenderConfigured'; readonly data: { readonly sender: SenderSettings } }
  | { readonly type: 'SenderRemoved'; readonly data: Nothing }
  | { readonly type: 'ReceiverConfigured'; readonly data: { readonly receiver: ReceiverSettings } }
  | { readonly type: 'ReceiverRemoved'; readonly data: Nothing }
  | { readonly type: 'SenderPasswordChanged'; readonly data: { readonly password: Password } }
  | { readonly type: 'ReceiverPasswordChanged'; readonly data: { readonly password: Password } }
  | { readonly type: 'AccountDisabled'; readonly data: Nothing }
  | { readonly type: 'AccountEnabled'; readonly data: Nothing }
  | { readonly type: 'AccountDeleted'; readonly data: Nothing }
  | { readonly type: 'AccountRestored'; readonly data: Nothing }
  | { readonly type: 'AccountErased'; readonly data: Nothing }
  /** `testedVersion`: the account's version whose settings were tested. */
  | { readonly type: 'ConnectionTested'; readonly data: { readonly test: ConnectionTestResult; readonly testedVersion: number } };
