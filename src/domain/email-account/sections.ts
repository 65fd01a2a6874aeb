import type { Actor } from '../access/actor.js';
import type { Provider } from '../provider/catalogue.js';
import { completeReceiver } from './complete-receiver.js';
import { completeSender } from './complete-sender.js';
import { receiverEndpoint, senderEndpoint } from './endpoint.js';
import type { ReceiverForm, SenderForm } from './form.js';
import { mayUseSenderPassword } from './linked-credentials.js';
import { changedPassword } from './passwords.js';
import type { Problems } from './problems.js';
import type { MailboxReceiverSettings, ReceiverSettings, SenderSettings, SmtpSenderSettings } from './settings.js';
import { isSecretReference, passwordOf, type PresentAccount } from './state.js';

interface Moment {
  readonly now: string;
  readonly actor: Actor;
}

/** The sender that the form describes, in place of `account`'s. `receiver` is the one that will stand beside it: it may use this sender's password. */
export function configuredSender(
  account: PresentAccount,
  form: SenderForm,
  receiver: ReceiverSettings | null,
  provider: Provider,
  { now, actor }: Moment,
  problems: Problems,
): SenderSettings {
  const completed = completeSender(form, provider, problems);
  if (completed.kind === 'microsoftGraph' || form.kind === 'microsoftGraph') {
    if (isLinked(receiver)) refuseLinkedReceiver(problems, ['sender']);
    return completed.kind === 'microsoftGraph' ? completed : { ...completed, password: null };
  }
  const own = senderEndpoint(completed.connection);
  const question = {
    change: completed.connection.authenticationProfile === null ? form.password : ({ change: 'clear' } as const),
    current: account.sender?.kind === 'smtp' ? account.sender.password : null,
    lastVersion: account.secretVersions['sender.password'],
    endpoints: isLinked(receiver) ? ([own, receiverEndpoint(receiver)] as const) : ([own] as const),
    now,
    actor,
  };
  return { ...completed, password: changedPassword(question, problems, ['sender', 'smtp', 'identity', 'password']) };
}

/** The receiver that the form describes, in place of `account`'s. `sender` is the one that will stand beside it. */
export function configuredReceiver(
  account: PresentAccount,
  form: ReceiverForm,
  sender: SenderSettings | null,
  provider: Provider,
  { now, actor }: Moment,
  problems: Problems,
): ReceiverSettings {
  const completed = completeReceiver(form, provider, problems);
  if (completed.kind === 'microsoftGraph' || form.kind === 'microsoftGraph')
    return completed.kind === 'microsoftGraph' ? completed : { ...completed, password: null };
  const unlinked = { ...completed, password: null };
  if (completed.identity.useSenderCredentials) {
    checkLink(sender, unlinked, problems, ['receiver', form.kind, 'identity', 'useSenderCredentials']);
    return unlinked;
  }
  const question = {
    change: completed.connection.authenticationProfile === null ? form.password : ({ change: 'clear' } as const),
    current: account.receiver?.kind === completed.kind ? passwordOf(account.receiver) : null,
    lastVersion: account.secretVersions['receiver.password'],
    endpoints: [receiverEndpoint(unlinked)] as const,
    now,
    actor,
  };
  return { ...completed, password: changedPassword(question, problems, ['receiver', form.kind, 'identity', 'password']) };
}

/** A link to the sender's credentials needs credentials there, and a password that may go to the receiver's server. */
export function checkLink(sender: SenderSettings | null, receiver: MailboxReceiverSettings, problems: Problems, field: readonly string[]): void {
  if (sender?.kind !== 'smtp' || sender.password === null)
    problems.add('CONTRADICTION', 'The sender has no ID and password to use. Give the sender a password first, or give the receiver its own.', field);
  else if (isSecretReference(sender.password) && !mayUseSenderPassword(sender.password, sender, receiver))
    problems.add(
      'SECRET_REBIND_REQUIRED',
      "The sender's password was not entered for this receiver's server, and it does not go to a server that it was not entered for. Give the receiver its own user ID and password.",
      field,
    );
}

export function isLinked(receiver: ReceiverSettings | null): receiver is MailboxReceiverSettings {
  return receiver !== null && receiver.kind !== 'microsoftGraph' && receiver.identity.useSenderCredentials;
}

export function refuseLinkedReceiver(problems: Problems, field: readonly string[]): void {
  problems.add('IN_USE', "The receiver uses this sender's ID and password. Give the receiver its own first.", field);
}

/** The endpoints that a new password of this sender is entered for. */
export function senderPasswordEndpoints(sender: SmtpSenderSettings, receiver: ReceiverSettings | null): readonly [string, ...string[]] {
  const own = senderEndpoint(sender.connection);
  return isLinked(receiver) ? [own, receiverEndpoint(receiver)] : [own];
}
