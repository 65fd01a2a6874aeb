import { stdout } from 'node:process';
import { openViews, type LedgerView } from '../../projections/views.js';
import { CheckpointFile } from '../checkpoints/checkpoint-file.js';
import { saidBy, signCheckpoint, trustedHead, type SignedCheckpoint } from '../checkpoints/signed-checkpoint.js';
import { loadSigningKey, publicKeysIn } from '../checkpoints/signing-key.js';
import { standingHeads } from '../checkpoints/standing-heads.js';
import { outsidePath, type Config } from '../config.js';
import type { AcceptedRestore, TreeHead } from '../ledger/checkpoint.js';
import type { NoteVerifier } from '../ledger/signed-note.js';
import { contradictionNow, ownCheckpoints } from './checkpointing.js';
import { CommandFailed } from './command-failed.js';
import { callOfOperator } from './command-line-token.js';
import type { Stores } from './open-stores.js';
import { recordOperation } from './operation-records.js';

/** How long the hashes may take to cover the record, in milliseconds. */
const patience = 30_000;

export interface AcceptRestoreOptions {
  readonly reason: string;
  /** How many events the log still begins with, as signed: asked for where it is not plain that its end is gone. */
  readonly standing?: number;
}

/**
 * Records that the log was restored from a backup, or that the signing key was changed, and signs a checkpoint that says so: what was signed of a lost end no longer counts, and new ones are
 * signed again. Auditors who kept one of these still see that it is gone, and find who said why in the audit trail.
 * @throws {CommandFailed} nothing is lost, or it may be another thing than a restore that was done to the log.
 */
export async function acceptRestore(
  { events, rawEvents }: Pick<Stores, 'events' | 'rawEvents'>,
  config: Config,
  { reason, standing }: AcceptRestoreOptions,
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
    if (!ledger.isCurrent)
      throw new CommandFailed('The hashes of the log stand still, so nothing can be told of it. postledger projections rebuild audit-ledger says why.');
    const problem = await contradictionNow(rawEvents, ledger);
    if (problem !== null) throw new CommandFailed(`${problem} That is no restore.`);
    const signer = await loadSigningKey({ dataDirectory, file: config.auditSigningKeyFile ?? null });
    const files = [ownCheckpoints(dataDirectory), ...outsidePath(config).map((path) => new CheckpointFile(path))];
    const kept = await Promise.all(files.map(async (file) => ({ path: file.path, checkpoints: await file.allIfReadable() })));
    for (const { path, checkpoints } of kept) if (checkpoints === null) stdout.write(`${path} may not be read: the log is judged without it.\n`);
    const lost = lostIn(
      kept.map(({ checkpoints }) => checkpoints ?? []),
      { ledger, signer, keys: await publicKeysIn(dataDirectory) },
    );
    if (lost.isDoubtful && standing !== Number(lost.restored.standingTreeSize))
      throw new CommandFailed(
        `The log is not shorter than what was signed: it has grown since it was restored, or something in it was changed. It begins with what was signed of its first ${lost.restored.standingTreeSize} events` +
          `${lost.standingSince === null ? '' : `, on ${lost.standingSince}`}. Only if it was restored from a backup of then: run this again with --standing ${lost.restored.standingTreeSize}.`,
      );

    const { position } = await recordOperation(events, callOfOperator(), 'audit accept-restore', { type: 'LogRestoreAccepted', data: lost.restored }, reason);
    if (!(await ledger.reached(position, patience))) throw new CommandFailed('It is recorded, but the hashes of the log do not follow it. Run this again.');
    const { size } = ledger;
    const head = { size, root: ledger.root(size), restored: lost.restored };
    const signed = signCheckpoint(head, { position: ledger.leaf(size - 1).position, now: new Date() }, signer);
    for (const file of files) await file.append(signed);
    const { standingTreeSize, formerTreeSize } = lost.restored;
    stdout.write(
      standingTreeSize === formerTreeSize
        ? 'Nothing of the log is lost: its checkpoints were signed by another key.\n'
        : `The log begins with what was signed of its first ${standingTreeSize} events; what else was signed, of up to ${formerTreeSize} events, no longer counts.\n`,
    );
    stdout.write(`It is recorded, and signed: checkpoints go on from ${size} events.\n`);
  } finally {
    await views.stop();
  }
}

interface Lost {
  readonly restored: AcceptedRestore;
  /** Whether the log may have been changed rather than restored. */
  readonly isDoubtful: boolean;
  /** When the newest checkpoint was signed that the log still begins with. */
  readonly standingSince: string | null;
}

interface Judged {
  readonly ledger: Pick<LedgerView, 'size' | 'root'>;
  readonly signer: NoteVerifier;
  /** Keys that have signed before. */
  readonly keys: readonly NoteVerifier[];
}

/** @throws {CommandFailed} nothing is. */
function lostIn(kept: readonly (readonly SignedCheckpoint[])[], { ledger, signer, keys }: Judged): Lost {
  const heads = kept.flatMap((checkpoints) => standingHeads(checkpoints, [signer, ...keys]).heads).sort((one, other) => one.size - other.size);
  // The newest of each file has to be ours; where it is not, the key was changed, or somebody else wrote there.
  const foreign = kept.flatMap((checkpoints) => checkpoints.slice(-1)).filter(({ signedNote }) => trustedHead(signedNote, [signer]) === null);
  const stands = ({ size, root }: TreeHead) => size <= ledger.size && ledger.root(size).equals(root);
  const former =
    heads.findLast((head) => !stands(head)) ??
    foreign
      .map(saidBy)
      .sort((one, other) => one.size - other.size)
      .at(-1);
  if (former === undefined) throw new CommandFailed('The log begins with all that was signed of it: nothing is lost, and there is nothing to accept.');
  const standing = heads.findLast(stands);
  return {
    restored: {
      standingTreeSize: String(standing?.size ?? 0),
      formerTreeSize: String(former.size),
      formerRootHash: former.root.toString('base64'),
    },
    isDoubtful: !stands(former) && former.size <= ledger.size,
    standingSince: standing?.createdAt ?? null,
  };
}
