import type { ConnectionTestResult } from '../domain/email-account/connection-test.js';
import type { EmailAccountCommand } from '../domain/email-account/commands.js';
import { emailAccountDecider } from '../domain/email-account/decide.js';
import type { EmailAccountEvent } from '../domain/email-account/events.js';
import type { ReceiverForm, SenderForm } from '../domain/email-account/form.js';
import type { SecretReference, SecretSlot } from '../domain/email-account/settings.js';
import type { EmailAccountSnapshot } from '../domain/email-account/snapshot.js';
import { secretReferences, type EmailAccount } from '../domain/email-account/state.js';
import { eventCatalogue, isEmailAccountEvent, upcast } from '../domain/event-catalogue.js';
import { emailAccountStream } from '../domain/streams.js';
import type { RecordedEvent } from '../event-store/event-store.js';
import { AccountShredded, type SecretStore } from '../secret-store/secret-store.js';
import { snapshotAt, type AccountHistory } from './account-history.js';
import { AccountSecrets, type EnteredPasswords } from './account-secrets.js';
import type { Call, Changed, ChangeOptions } from './change.js';
import type { CommandHandler, History } from './command-handler.js';
import { printedInput } from './printed-input.js';
import type { CreateEmailAccount, PasswordInput, ReceiverInputForm, SenderInputForm } from './email-account-inputs.js';

type Answer = Promise<Changed<EmailAccountSnapshot>>;
type Asked = EmailAccountCommand extends infer Command ? (Command extends EmailAccountCommand ? Omit<Command, 'now' | 'actor'> : never) : never;
interface OfAccount {
  readonly accountId: string;
}

interface Parts {
  readonly revertsTo?: number;
  readonly passwords?: EnteredPasswords;
  readonly command: (secrets: AccountSecrets, commandId: string, history: History<EmailAccount>) => Asked | Promise<Asked>;
}

/** Everything that can be asked of an email account. What a user can mend comes back as `problems`; StoreUnavailable is thrown. */
export class EmailAccountCommands {
  constructor(
    readonly handler: CommandHandler,
    readonly secretStore: SecretStore,
    readonly history: AccountHistory,
    /** The account as the local view shows it, at exactly this version; null when the view shows another. */
    readonly viewed: (accountId: string, version: number) => EmailAccountSnapshot | null,
    /** Notes an erasure where no backup that is put back can undo it. */
    readonly noteErasure: (accountId: string, at: Date) => Promise<void>,
    readonly now: () => Date,
  ) {}

  /** The account's version as the log has it now; null when there is none. @throws {StoreUnavailable} */
  async currentVersion(accountId: string): Promise<number | null> {
    return (await this.history.at(accountId, new Date(8.64e15)))?.version ?? null;
  }

  create(call: Call, input: CreateEmailAccount, options: ChangeOptions): Answer {
    const { accountId, accountName, provider, sender, receiver } = input;
    return this.#change(call, 'createEmailAccount', input, options, {
      passwords: { ...enteredIn('sender.password', sender), ...enteredIn('receiver.password', receiver) },
      command: (secrets, commandId) => ({
        type: 'CreateAccount',
        accountId,
        accountName,
        provider: provider ?? 'custom',
        sender: sender ? senderForm(sender, secrets, commandId) : null,
        receiver: receiver ? receiverForm(receiver, secrets, commandId) : null,
      }),
    });
  }

  rename(call: Call, input: OfAccount & { readonly accountName: string }, options: ChangeOptions): Answer {
    return this.#change(call, 'renameEmailAccount', input, options, { command: () => ({ type: 'RenameAccount', accountName: input.accountName }) });
  }

  changeProvider(call: Call, input: OfAccount & { readonly provider: string }, options: ChangeOptions): Answer {
    return this.#change(call, 'changeEmailProvider', input, options, { command: () => ({ type: 'ChangeProvider', provider: input.provider }) });
  }

  configureSender(call: Call, input: OfAccount & { readonly sender: SenderInputForm }, options: ChangeOptions): Answer {
    return this.#change(call, 'configureSender', input, options, {
      passwords: enteredIn('sender.password', input.sender),
      command: (secrets, commandId) => ({ type: 'ConfigureSender', sender: senderForm(input.sender, secrets, commandId) }),
    });
  }

  removeSender(call: Call, input: OfAccount, options: ChangeOptions): Answer {
    return this.#change(call, 'removeSender', input, options, { command: () => ({ type: 'RemoveSender' }) });
  }

  changeSenderPassword(call: Call, input: OfAccount & { readonly password?: PasswordInput }, options: ChangeOptions): Answer {
    return this.#change(call, 'changeSenderPassword', input, options, {
      passwords: { 'sender.password': input.password },
      command: (secrets, commandId) => ({ type: 'ChangeSenderPassword', password: secrets.change('sender.password', commandId) }),
    });
  }

  configureReceiver(call: Call, input: OfAccount & { readonly receiver: ReceiverInputForm }, options: ChangeOptions): Answer {
    return this.#change(call, 'configureReceiver', input, options, {
      passwords: enteredIn('receiver.password', input.receiver),
      command: (secrets, commandId) => ({ type: 'ConfigureReceiver', receiver: receiverForm(input.receiver, secrets, commandId) }),
    });
  }

  removeReceiver(call: Call, input: OfAccount, options: ChangeOptions): Answer {
    return this.#change(call, 'removeReceiver', input, options, { command: () => ({ type: 'RemoveReceiver' }) });
  }

  changeReceiverPassword(call: Call, input: OfAccount & { readonly password?: PasswordInput }, options: ChangeOptions): Answer {
    return this.#change(call, 'changeReceiverPassword', input, options, {
      passwords: { 'receiver.password': input.password },
      command: (secrets, commandId) => ({ type: 'ChangeReceiverPassword', password: secrets.change('receiver.password', commandId) }),
    });
  }

  disable(call: Call, input: OfAccount, options: ChangeOptions): Answer {
    return this.#change(call, 'disableEmailAccount', input, options, { command: () => ({ type: 'DisableAccount' }) });
  }

  enable(call: Call, input: OfAccount, options: ChangeOptions): Answer {
    return this.#change(call, 'enableEmailAccount', input, options, { command: () => ({ type: 'EnableAccount' }) });
  }

  delete(call: Call, input: OfAccount, options: ChangeOptions): Answer {
    return this.#change(call, 'deleteEmailAccount', input, options, { command: () => ({ type: 'DeleteAccount' }) });
  }

  restore(call: Call, input: OfAccount, options: ChangeOptions): Answer {
    return this.#change(call, 'restoreEmailAccount', input, options, { command: () => ({ type: 'RestoreAccount' }) });
  }

  /** For good: the account's key is destroyed with every secret, and its id is never given out again. The entity of the answer is null. */
  erase(call: Call, input: OfAccount & { readonly confirmation: string }, options: ChangeOptions): Answer {
    return this.#change(call, 'eraseEmailAccount', input, options, {
      command: () => ({ type: 'EraseAccount', confirmation: input.confirmation, reason: options.reason ?? '' }),
    });
  }

  async revert(call: Call, input: OfAccount & { readonly toVersion: number }, options: ChangeOptions): Answer {
    const held = new Set<string>();
    const changed = await this.#change(call, 'revertEmailAccount', input, options, {
      revertsTo: input.toVersion,
      command: async (_secrets, _commandId, { state, recorded }) => {
        const target = stateAt(recorded, input.toVersion);
        const inUse = idsOf(secretReferences(state));
        const wanted = target ? idsOf(secretReferences(target)) : [];
        const retainedSecrets = await this.secretStore.retain(input.accountId, wanted);
        for (const secretId of retainedSecrets) if (!inUse.includes(secretId)) held.add(secretId);
        return { type: 'RevertAccount', toVersion: input.toVersion, target, retainedSecrets };
      },
    });
    for (const secretId of changed.entity ? idsOf(secretReferences(changed.entity.account)) : []) held.delete(secretId);
    if (held.size > 0) await this.#letGo(input.accountId, held);
    return changed;
  }

  /** Gives secrets that a revert held on to and did not bring back their grace again. Should that fail, a sweep deletes them as it does orphans. */
  async #letGo(accountId: string, secretIds: ReadonlySet<string>): Promise<void> {
    try {
      await this.secretStore.markSuperseded(accountId, [...secretIds], this.now());
    } catch (error) {
      this.handler.onLateFault(error, { command: 'revertEmailAccount', entityType: 'EmailAccount', entityId: accountId.slice(0, 64) });
    }
  }

  /** Records how a connection test of the saved account went. */
  recordTest(call: Call, accountId: string, test: ConnectionTestResult, testedVersion: number): Answer {
    const input = { accountId, testId: test.testId };
    return this.#change(call, 'testConnection', input, {}, { command: () => ({ type: 'RecordConnectionTest', test, testedVersion }) });
  }

  /** With the account's key in place: personal data is sealed under it, and prints of the input are made with it. */
  async #sealed(
    secrets: AccountSecrets,
    command: EmailAccountCommand,
    events: readonly EmailAccountEvent[],
    before: EmailAccount,
  ): Promise<readonly EmailAccountEvent[]> {
    const { accountId } = secrets;
    try {
      const sealed = await secrets.seal(events, before);
      if (events.some(({ type }) => eventCatalogue[type].erasedWithAccount.length > 0))
        await this.secretStore.usePersonalDataKey(accountId, { create: true }, () => undefined);
      return sealed;
    } catch (error) {
      // The log says nothing of the erasure yet: what is decided is what will be decided once it does.
      if (error instanceof AccountShredded) emailAccountDecider.decide({ status: 'erased', accountId }, command);
      throw error;
    }
  }

  #change(call: Call, name: string, input: OfAccount, options: ChangeOptions, { passwords = {}, command, revertsTo }: Parts): Answer {
    const { accountId } = input;
    const streamId = emailAccountStream(accountId);
    const secrets = new AccountSecrets(this.secretStore, accountId.toLowerCase(), passwords);
    const now = this.now();
    return this.handler.handle<EmailAccount, EmailAccountCommand, EmailAccountEvent, EmailAccountSnapshot>({
      call,
      attempt: { command: name, entityType: 'EmailAccount', entityId: accountId.slice(0, 64) },
      options,
      streamId,
      ...(revertsTo !== undefined && { revertsTo }),
      decider: emailAccountDecider,
      isOwn: isEmailAccountEvent,
      async fingerprintedInput() {
        const printed = await printedInput(secrets.store, accountId, withoutSecrets(input));
        return printed && { input: printed, passwords: await secrets.fingerprints() };
      },
      // Before personal data was sealed the input was hashed as it is.
      formerInputs: async () => [{ input: withoutSecrets(input), passwords: await secrets.fingerprints() }],
      command: async (history, commandId) => ({ ...(await command(secrets, commandId, history)), now: now.toISOString(), actor: call.actor }),
      beforeAppend: ({ state }, asked, events) => this.#sealed(secrets, asked, events, state),
      afterAppend: async (before, after) => {
        await Promise.all([secrets.putAway(before, after, now), ...(after.status === 'erased' ? [this.noteErasure(accountId, now)] : [])]);
      },
      isSilent: (event) => event.type === 'ConnectionTested',
      isGone: ({ status }) => status === 'erased',
      entity: async (version, recorded) => {
        if (version === 0) return null;
        return this.viewed(accountId, version) ?? (version <= recorded.length ? snapshotAt(recorded, version) : this.history.atVersion(accountId, version));
      },
    });
  }
}

function stateAt(recorded: readonly RecordedEvent[], version: number): EmailAccount | null {
  if (version < 1 || version > recorded.length) return null;
  return recorded.slice(0, version).reduce<EmailAccount>((state, event) => {
    const known = upcast(event);
    return known && isEmailAccountEvent(known) ? emailAccountDecider.evolve(state, known) : state;
  }, emailAccountDecider.initialState);
}

function idsOf(references: readonly SecretReference[]): readonly string[] {
  return references.map(({ secretId }) => secretId);
}

function enteredIn(slot: SecretSlot, form: SenderInputForm | ReceiverInputForm | null | undefined): EnteredPasswords {
  return form && form.kind !== 'microsoftGraph' ? { [slot]: form.password } : {};
}

function senderForm(form: SenderInputForm, secrets: AccountSecrets, commandId: string): SenderForm {
  return form.kind === 'smtp' ? { ...form, password: secrets.change('sender.password', commandId) } : form;
}

function receiverForm(form: ReceiverInputForm, secrets: AccountSecrets, commandId: string): ReceiverForm {
  return form.kind === 'microsoftGraph' ? form : { ...form, password: secrets.change('receiver.password', commandId) };
}

/** The input as the hash sees it: every password left out, for the fingerprints stand in for them. */
function withoutSecrets(input: object): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(input)
      .filter(([key]) => key !== 'password')
      .map(([key, value]: [string, unknown]) => [key, typeof value === 'object' && value !== null && !Array.isArray(value) ? withoutSecrets(value) : value]),
  );
}
