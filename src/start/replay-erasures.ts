import type { Views } from '../../projections/views.js';
import { eventIdOf, derivedId, eventsToAppend } from '../commands/event-metadata.js';
import { emailAccountStream } from '../domain/streams.js';
import { ConcurrencyConflict, type EventStore, type Position } from '../event-store/event-store.js';
import { profileOf } from '../secret-store/secret-slot.js';
import type { SecretStore } from '../secret-store/secret-store.js';
import { systemCall } from './bootstrap-token.js';
import { CommandFailed } from './command-failed.js';
import type { ErasureLedger } from './erasure-ledger.js';

/** Destroys the keys of all accounts that the ledger names and the secret store still has, or has never heard of: a restored backup brings keys back. */
export async function shredNoted(erasures: ErasureLedger, secrets: Pick<SecretStore, 'shred' | 'shredded'>): Promise<void> {
  if (erasures.size === 0) return;
  const shredded = await secrets.shredded();
  for (const { accountId } of erasures.noted()) if (!shredded.has(accountId)) await secrets.shred(accountId);
}

/**
 * Brings log, secret store and ledger to one knowledge of what was erased. What the ledger or the secret store knows as erased and the log does not, as after a restore from a backup, is erased in
 * the log again, by the service itself; what the ledger does not know is noted in it. The keys are destroyed already: see {@link shredNoted}. When it resolves, the views show nothing of them.
 * @returns the accounts that the log did not know as erased, and does now.
 * @throws {CommandFailed} a view stands still and shows them still.
 */
export async function replayErasures(
  { rawEvents, secrets, erasures }: { readonly rawEvents: EventStore; readonly secrets: Pick<SecretStore, 'shredded'>; readonly erasures: ErasureLedger },
  views: Pick<Views, 'erasedAccounts' | 'readYourWrites' | 'statuses'>,
): Promise<readonly string[]> {
  const inLog = new Set<string>();
  for await (const accountId of views.erasedAccounts()) inLog.add(accountId);
  const shredded = [...(await secrets.shredded())].filter((owner) => profileOf(owner) === null);
  const noted = new Map<string, Date | null>(shredded.map((accountId) => [accountId, null]));
  for (const { accountId, at } of erasures.noted()) noted.set(accountId, at);

  const erasedAgain: string[] = [];
  let position: Position | undefined;
  for (const [accountId, at] of noted) {
    const appended = inLog.has(accountId) ? null : await eraseAgain(rawEvents, accountId, at);
    if (appended === null) continue;
    erasedAgain.push(accountId);
    position = appended;
  }
  await noteErasures(rawEvents, erasures, [...inLog, ...noted.keys()]);
  if (position !== undefined) await shown(views, position);
  return erasedAgain;
}

/** Notes those that the ledger does not know: another node has erased them, or a crash came before the note. */
export async function noteErasures(rawEvents: EventStore, erasures: ErasureLedger, accountIds: Iterable<string>): Promise<void> {
  for (const accountId of accountIds) if (!erasures.has(accountId)) await erasures.note(accountId, (await erasedAt(rawEvents, accountId)) ?? new Date());
}

/** Null where the log knows of it by now, or holds nothing of the account: then there is nothing to erase in it. */
async function eraseAgain(rawEvents: EventStore, accountId: string, at: Date | null): Promise<Position | null> {
  const streamId = emailAccountStream(accountId);
  for (;;) {
    let last: bigint | null = null;
    for await (const { type, revision } of rawEvents.readStream(streamId)) {
      if (type === 'AccountErased') return null;
      last = revision;
    }
    if (last === null) return null;
    try {
      return (await rawEvents.appendToStream(streamId, erasure(accountId, at, last), last)).position;
    } catch (error) {
      // Another node was quicker, and may have written the same.
      if (!(error instanceof ConcurrencyConflict)) throw error;
    }
  }
}

function erasure(accountId: string, at: Date | null, after: bigint) {
  const when = at === null ? 'before' : `at ${at.toISOString()}`;
  // The same on every node, so that it is written once.
  const commandId = derivedId('erasures replayed', `${accountId} ${at?.toISOString() ?? ''} ${after}`);
  const reason = `Replayed: the account was erased ${when}, and a restored backup had brought it back.`;
  return eventsToAppend([{ type: 'AccountErased', data: {} }], { commandId, command: 'replayErasures', inputHash: '', reason }, systemCall(), () =>
    eventIdOf(commandId, 0),
  );
}

async function shown({ readYourWrites, statuses }: Pick<Views, 'readYourWrites' | 'statuses'>, position: Position): Promise<void> {
  while (!(await readYourWrites.reached(position))) {
    const stopped = statuses().find(({ state }) => state === 'STOPPED');
    if (stopped)
      throw new CommandFailed(
        `The view ${stopped.name} stands still, and shows accounts that were erased. Delete its file in the data directory, then start again.`,
      );
  }
}

async function erasedAt(rawEvents: EventStore, accountId: string): Promise<Date | null> {
  let at: Date | null = null;
  for await (const { type, recordedAt } of rawEvents.readStream(emailAccountStream(accountId))) if (type === 'AccountErased') at = recordedAt;
  return at;
}
