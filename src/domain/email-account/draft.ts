import type { Actor } from '../access/actor.js';
import { CommandRefused } from '../decider.js';
import { findProvider } from '../provider/catalogue.js';
import type { ReceiverForm, SenderForm } from './form.js';
import { Problems } from './problems.js';
import { configuredReceiver, configuredSender } from './sections.js';
import type { PresentAccount } from './state.js';

/** The form before it is saved. A section left out is as the saved account has it. */
export interface AccountDraft {
  readonly provider: string | null;
  readonly sender: SenderForm | null;
  readonly receiver: ReceiverForm | null;
}

const nothingSaved: PresentAccount = {
  status: 'active',
  statusUnlessDeleted: 'active',
  accountId: 'draft',
  accountName: 'Draft',
  provider: 'custom',
  sender: null,
  receiver: null,
  secretVersions: { 'sender.password': 0, 'receiver.password': 0 },
};

/**
 * The account as it would be, checked by the same rules as when it is saved. A stored password stays with a section only where its endpoint is unchanged.
 * @throws {CommandRefused} with paths below `draft`.
 */
export function draftedAccount(saved: PresentAccount | null, draft: AccountDraft, moment: { readonly now: string; readonly actor: Actor }): PresentAccount {
  const account = saved ?? nothingSaved;
  const problems = new Problems();
  const provider = findProvider(draft.provider ?? account.provider);
  if (provider === undefined)
    throw new CommandRefused([
      {
        code: 'NOT_FOUND',
        message: 'The catalogue has no provider of this id. Take an id of the query emailProviders, or custom.',
        field: ['draft', 'provider'],
      },
    ]);
  const linkable = draft.receiver ? configuredReceiver(account, draft.receiver, account.sender, provider, moment, new Problems()) : account.receiver;
  const sender = draft.sender ? configuredSender(account, draft.sender, linkable, provider, moment, problems) : account.sender;
  const receiver = draft.receiver ? configuredReceiver(account, draft.receiver, sender, provider, moment, problems) : account.receiver;
  try {
    problems.refuseIfAny();
  } catch (error) {
    if (!(error instanceof CommandRefused)) throw error;
    const [first, ...rest] = error.problems.map((problem) => ({ ...problem, field: ['draft', ...(problem.field ?? [])] }));
    throw first ? new CommandRefused([first, ...rest]) : error;
  }
  return { ...account, provider: provider.id, sender, receiver };
}
