import { stdout } from 'node:process';
import { openViews } from '../../projections/views.js';
import { CheckpointFile } from '../checkpoints/checkpoint-file.js';
import { signCheckpoint } from '../checkpoints/signed-checkpoint.js';
import { loadSigningKey, publicKeysIn } from '../checkpoints/signing-key.js';
import { standingHeads } from '../checkpoints/standing-heads.js';
import { outsidePath, type Config } from '../config.js';
import type { TreeHead } from '../ledger/checkpoint.js';
import { ownCheckpoints } from './checkpointing.js';
import { CommandFailed } from './command-failed.js';
import { callOfOperator } from './command-line-token.js';
import type { Stores } from './open-stores.js';
import { recordOperation } from './operation-records.js';

/** How long the hashes may take to cover the record, in milliseconds. */
const patience = 30_000;

/**
 * Records that the log was restored from a backup, and signs a checkpoint that says so: those of its lost end no longer count, and new ones are signed again. Auditors who kept one of these
 * still see that it is gone, and find who said why in the audit trail.
 * @throws {CommandFailed} nothing is lost.
 */
export async function acceptRestore(
  { events, rawEvents }: Pick<Stores, 'events' | 'rawEvents'>,
  config: Config,
  { reason }: { readonly reason: string },
): Promise<void> {
  if (reason.trim() === '') throw new CommandFailed('Say why, for the audit trail: --reason "Restored the backup of …".');
  const { dataDirectory } = config;
  const views = await openViews(events, {
    rawEvents,
    directory: dataDirectory,
    readYourWritesMilliseconds: 0,
    listener: { stopped: () => undefined, storeLost: () => undefined },
  });
  try {
    await views.settled();
    const { ledger } = views;
    const files = [ownCheckpoints(dataDirectory), ...outsidePath(config).map((path) => new CheckpointFile(path))];
    const keys = await publicKeysIn(dataDirectory);
    const kept = await Promise.all(files.map(async (file) => standingHeads(await file.all(), keys).heads));
    const heads = kept.flat().sort((one, other) => one.size - other.size);
    const stands = ({ size, root }: TreeHead) => size <= ledger.size && ledger.root(size).equals(root);
    const former = heads.findLast((head) => !stands(head));
    if (former === undefined) throw new CommandFailed('The log begins with all that was signed of it: nothing is lost, and there is nothing to accept.');

    const lost = {
      standingTreeSize: String(heads.findLast(stands)?.size ?? 0),
      formerTreeSize: String(former.size),
      formerRootHash: former.root.toString('base64'),
    };
    const { position } = await recordOperation(events, callOfOperator(), 'audit accept-restore', { type: 'LogRestoreAccepted', data: lost }, reason);
    if (!(await ledger.reached(position, patience))) throw new CommandFailed('It is recorded, but the hashes of the log do not follow it. Run this again.');
    const signer = await loadSigningKey({ dataDirectory, file: config.auditSigningKeyFile ?? null });
    const size = ledger.size;
    const signed = signCheckpoint({ size, root: ledger.root(size) }, { position: ledger.leaf(size - 1).position, now: new Date() }, signer);
    for (const file of files) await file.append({ ...signed, restored: lost });
    stdout.write(
      `The log begins with what was signed of its first ${lost.standingTreeSize} events. What was signed later, up to ${lost.formerTreeSize} events, no longer counts.\n` +
        `It is recorded, and signed: checkpoints go on from ${size} events.\n`,
    );
  } finally {
    await views.stop();
  }
}
