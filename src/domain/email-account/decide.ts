import { refuse, type Decider } from '../decider.js';
import { findProvider, type Provider } from '../provider/catalogue.js';
import { checkEntityName } from '../text/entity-name.js';
import { checkLine } from '../text/line.js';
import type { EmailAccountCommand } from './commands.js';
import { receiverEndpoint } from './endpoint.js';
import type { EmailAccountEvent } from './events.js';
import type { PasswordChange } from './form.js';
import { changedPassword } from './passwords.js';
import { Problems } from './problems.js';
import { revert } from './revert.js';
import { sameValue } from './same-value.js';
import { configuredReceiver, configuredSender, isLinked, refuseLinkedReceiver, senderPasswordEndpoints } from './sections.js';
import type { ReceiverSettings, SenderSettings } from './settings.js';
import { evolve, initialState, isPresent, type EmailAccount, type PresentAccount } from './state.js';

export const emailAccountDecider: Decider<EmailAccount, EmailAccountCommand, EmailAccountEvent> = { initialState, decide, evolve };

export function decide(state: EmailAccount, command: EmailAccountCommand): readonly EmailAccountEvent[] {
  switch (command.type) {
    case 'CreateAccount':
      return create(state, command);

    case 'RenameAccount': {
      const account = usable(state);
      const problems = new Problems();
      const accountName = checkedName(command.accountName, problems);
      problems.refuseIfAny();
      return accountName === account.accountName ? [] : [{ type: 'AccountRenamed', data: { accountName } }];
    }

    case 'ChangeProvider': {
      const account = usable(state);
      const problems = new Problems();
      const { id: provider } = knownProvider(command.provider, problems);
      problems.refuseIfAny();
      return provider === account.provider ? [] : [{ type: 'ProviderChanged', data: { provider } }];
    }

    case 'ConfigureSender': {
      const account = usable(state);
      const problems = new Problems();
      const sender = configuredSender(account, command.sender, account.receiver, knownProvider(account.provider, problems), command, problems);
      problems.refuseIfAny();
      return senderChange(account, sender);
    }

    case 'RemoveSender': {
      const account = usable(state);
      if (account.sender === null) return [];
      const problems = new Problems();
      if (isLinked(account.receiver)) refuseLinkedReceiver(problems, ['accountId']);
      problems.refuseIfAny();
      return [{ type: 'SenderRemoved', data: {} }];
    }

    case 'ChangeSenderPassword':
      return changeSenderPassword(usable(state), command);

    case 'ConfigureReceiver': {
      const account = usable(state);
      const problems = new Problems();
      const receiver = configuredReceiver(account, command.receiver, account.sender, knownProvider(account.provider, problems), command, problems);
      problems.refuseIfAny();
      return receiverChange(account, receiver);
    }

    case 'RemoveReceiver':
      return usable(state).receiver === null ? [] : [{ type: 'ReceiverRemoved', data: {} }];

    case 'ChangeReceiverPassword':
      return changeReceiverPassword(usable(state), command);

    case 'DisableAccount':
      return usable(state).status === 'disabled' ? [] : [{ type: 'AccountDisabled', data: {} }];

    case 'EnableAccount':
      return usable(state).status === 'active' ? [] : [{ type: 'AccountEnabled', data: {} }];

    case 'DeleteAccount':
      return present(state).status === 'deleted' ? [] : [{ type: 'AccountDeleted', data: {} }];

    case 'RestoreAccount':
      return present(state).status === 'deleted' ? [{ type: 'AccountRestored', data: {} }] : [];

    case 'EraseAccount': {
      const account = present(state);
      if (command.reason.trim() === '') refuse('REASON_REQUIRED', 'Erasing is for good. Say why, for the audit trail.', ['reason']);
      if (command.confirmation !== account.accountId)
        refuse('CONTRADICTION', 'Erasing is for good. Repeat the account id exactly as it is written to confirm it.', ['confirmation']);
      return [{ type: 'AccountErased', data: {} }];
    }

    case 'RevertAccount':
      return revert(usable(state), command);

    case 'RecordConnectionTest':
      return isPresent(state) ? [{ type: 'ConnectionTested', data: { test: command.test, testedVersion: command.testedVersion } }] : [];
  }
}

function create(state: EmailAccount, command: EmailAccountCommand & { type: 'CreateAccount' }): readonly EmailAccountEvent[] {
  const problems = new Problems();
  const accountId = problems.take(checkEntityName(command.accountId), ['accountId'], command.accountId);
  if (state.status === 'erased')
    problems.add('ALREADY_EXISTS', 'An account of this id was erased. Its id is not given out again: choose another one.', ['accountId']);
  else if (isPresent(state))
    problems.add(
      'ALREADY_EXISTS',
      `There is an account with the id ${state.accountId}${state.status === 'deleted' ? ' (deleted: it can be restored)' : ''}. Choose another id.`,
      ['accountId'],
    );
  const accountName = checkedName(command.accountName, problems);
  const provider = knownProvider(command.provider, problems);

  const created: EmailAccountEvent = { type: 'AccountCreated', data: { accountId, accountName, provider: provider.id } };
  const empty = evolve(initialState, created);
  if (!isPresent(empty)) throw new TypeError('An account is present after it was created.');
  // The receiver comes first, without its link checked: a sender's new password is entered for the receiver that uses it as well.
  const linkable = command.receiver && configuredReceiver(empty, command.receiver, null, provider, command, new Problems());
  const sender = command.sender && configuredSender(empty, command.sender, linkable, provider, command, problems);
  const receiver = command.receiver && configuredReceiver(empty, command.receiver, sender, provider, command, problems);
  problems.refuseIfAny();
  return [
    created,
    ...(sender ? [{ type: 'SenderConfigured', data: { sender } } as const] : []),
    ...(receiver ? [{ type: 'ReceiverConfigured', data: { receiver } } as const] : []),
  ];
}

function changeSenderPassword(account: PresentAccount, { password, now, actor }: PasswordCommand): readonly EmailAccountEvent[] {
  const { sender } = account;
  if (sender?.kind !== 'smtp')
    return refuse('NOT_FOUND', 'The account has no SMTP sender whose password could change. Configure the sender first.', ['accountId']);
  if (password.change === 'replace' && sender.connection.authenticationProfile !== null) refuseBesideProfile();
  const problems = new Problems();
  const endpoints = senderPasswordEndpoints(sender, account.receiver);
  const question = { change: password, current: sender.password, lastVersion: account.secretVersions['sender.password'], endpoints, now, actor };
  const changed = changedPassword(question, problems, ['password']);
  problems.refuseIfAny();
  return sameValue(changed, sender.password) ? [] : [{ type: 'SenderPasswordChanged', data: { password: changed } }];
}

function changeReceiverPassword(account: PresentAccount, { password, now, actor }: PasswordCommand): readonly EmailAccountEvent[] {
  const { receiver } = account;
  if (receiver === null || receiver.kind === 'microsoftGraph')
    return refuse('NOT_FOUND', 'The account has no IMAP or POP3 receiver whose password could change. Configure the receiver first.', ['accountId']);
  if (password.change === 'replace' && isLinked(receiver))
    refuse('CONTRADICTION', "The receiver uses the sender's password. Change that one, or configure the receiver with its own.", ['password']);
  if (password.change === 'replace' && receiver.connection.authenticationProfile !== null) refuseBesideProfile();
  const problems = new Problems();
  const question = {
    change: password,
    current: receiver.password,
    lastVersion: account.secretVersions['receiver.password'],
    endpoints: [receiverEndpoint(receiver)] as const,
    now,
    actor,
  };
  const changed = changedPassword(question, problems, ['password']);
  problems.refuseIfAny();
  return sameValue(changed, receiver.password) ? [] : [{ type: 'ReceiverPasswordChanged', data: { password: changed } }];
}

type PasswordCommand = Pick<EmailAccountCommand, 'now' | 'actor'> & { readonly password: PasswordChange };

function refuseBesideProfile(): never {
  return refuse('CONTRADICTION', 'An authentication profile takes the place of a password here. Configure the section without the profile first.', [
    'password',
  ]);
}

function senderChange(account: PresentAccount, sender: SenderSettings): readonly EmailAccountEvent[] {
  return sameValue(account.sender, sender) ? [] : [{ type: 'SenderConfigured', data: { sender } }];
}

function receiverChange(account: PresentAccount, receiver: ReceiverSettings): readonly EmailAccountEvent[] {
  return sameValue(account.receiver, receiver) ? [] : [{ type: 'ReceiverConfigured', data: { receiver } }];
}

function checkedName(accountName: string, problems: Problems): string {
  return problems.take(checkLine(accountName, { label: 'The account name', maximum: 128 }), ['accountName'], '');
}

function knownProvider(id: string, problems: Problems): Provider {
  const provider = findProvider(id);
  if (provider) return provider;
  problems.add('NOT_FOUND', 'The catalogue has no provider of this id. Take an id of the query emailProviders, or custom.', ['provider']);
  return customProvider;
}

const customProvider: Provider = findProvider('custom') ?? refuse('NOT_FOUND', 'The catalogue has no provider custom.');

function present(state: EmailAccount): PresentAccount {
  return isPresent(state) ? state : refuse('NOT_FOUND', 'There is no email account of this id.', ['accountId']);
}

function usable(state: EmailAccount): PresentAccount {
  const account = present(state);
  return account.status === 'deleted' ? refuse('ACCOUNT_DELETED', 'The account is deleted. Restore it first.', ['accountId']) : account;
}
