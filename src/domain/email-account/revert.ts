import { refuse } from '../decider.js';
import type { EmailAccountCommand } from './commands.js';
import { receiverEndpoint, senderEndpoint } from './endpoint.js';
import type { EmailAccountEvent } from './events.js';
import { revertedPassword } from './passwords.js';
import { Problems } from './problems.js';
import { sameValue } from './same-value.js';
import { checkLink, isLinked } from './sections.js';
import type { ReceiverSettings, SenderSettings } from './settings.js';
import { isPresent, passwordOf, type PresentAccount } from './state.js';

/** The events that bring name, provider, sender and receiver back to what they were. The status stays as it is: a revert neither enables nor deletes. */
export function revert(
  account: PresentAccount,
  { toVersion, target, retainedSecrets }: EmailAccountCommand & { type: 'RevertAccount' },
): readonly EmailAccountEvent[] {
  if (target === null || !isPresent(target))
    return refuse('OUT_OF_RANGE', `The account has no version ${toVersion}. Its history says which there are.`, ['toVersion']);
  const sender = revertedSender(account, target, retainedSecrets);
  const receiver = revertedReceiver(account, target, retainedSecrets);
  const problems = new Problems();
  if (isLinked(receiver)) checkLink(sender, receiver, problems, ['toVersion']);
  problems.refuseIfAny();
  return [
    ...(target.accountName === account.accountName ? [] : [{ type: 'AccountRenamed', data: { accountName: target.accountName } } as const]),
    ...(target.provider === account.provider ? [] : [{ type: 'ProviderChanged', data: { provider: target.provider } } as const]),
    ...(sameValue(sender, account.sender)
      ? []
      : [sender ? ({ type: 'SenderConfigured', data: { sender } } as const) : ({ type: 'SenderRemoved', data: {} } as const)]),
    ...(sameValue(receiver, account.receiver)
      ? []
      : [receiver ? ({ type: 'ReceiverConfigured', data: { receiver } } as const) : ({ type: 'ReceiverRemoved', data: {} } as const)]),
  ];
}

function revertedSender(account: PresentAccount, { sender }: PresentAccount, retained: ReadonlySet<string>): SenderSettings | null {
  if (sender?.kind !== 'smtp') return sender;
  return { ...sender, password: revertedPassword(sender.password, passwordOf(account.sender), senderEndpoint(sender.connection), retained) };
}

function revertedReceiver(account: PresentAccount, { receiver }: PresentAccount, retained: ReadonlySet<string>): ReceiverSettings | null {
  if (receiver === null || receiver.kind === 'microsoftGraph') return receiver;
  return { ...receiver, password: revertedPassword(receiver.password, passwordOf(account.receiver), receiverEndpoint(receiver), retained) };
}
