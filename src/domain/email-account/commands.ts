import type { Actor } from '../access/actor.js';
import type { ConnectionTestResult } from './connection-test.js';
import type { PasswordChange, ReceiverForm, SenderForm } from './form.js';
import type { EmailAccount } from './state.js';

/** What may be asked of an email account, with the time and the person, which `decide` cannot know by itself. */
export type EmailAccountCommand = Asked & { readonly now: string; readonly actor: Actor };

type Asked =
  | {
      readonly type: 'CreateAccount';
      readonly accountId: string;
      readonly accountName: string;
      readonly provider: string;
      readonly sender: SenderForm | null;
      readonly receiver: ReceiverForm | null;
    }
  | { readonly type: 'RenameAccount'; readonly accountName: string }
  | { readonly type: 'ChangeProvider'; readonly provider: string }
  | { readonly type: 'ConfigureSender'; readonly sender: SenderForm }
  | { readonly type: 'RemoveSender' }
  | { readonly type: 'ChangeSenderPassword'; readonly password: PasswordChange }
  | { readonly type: 'ConfigureReceiver'; readonly receiver: ReceiverForm }
  | { readonly type: 'RemoveReceiver' }
  | { readonly type: 'ChangeReceiverPassword'; readonly password: PasswordChange }
  | { readonly type: 'DisableAccount' }
  | { readonly type: 'EnableAccount' }
  | { readonly type: 'DeleteAccount' }
  | { readonly type: 'RestoreAccount' }
  | { readonly type: 'EraseAccount'; readonly confirmation: string; readonly reason: string }
  /** `target` is the account as it was at `toVersion`, null when there is no such version; `retainedSecrets` are the secret ids that can still be opened. */
  | { readonly type: 'RevertAccount'; readonly toVersion: number; readonly target: EmailAccount | null; readonly retainedSecrets: ReadonlySet<string> }
  | { readonly type: 'RecordConnectionTest'; readonly test: ConnectionTestResult; readonly testedVersion: number };
