import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { stderr, stdout } from 'node:process';
import { setTimeout as after } from 'node:timers/promises';
import { LedgerFile } from '../../projections/audit-ledger-file.js';
import type { LedgerReader } from '../../projections/audit-ledger-reader.js';
import type { Config } from '../config.js';
import { parseCheckpoint } from '../ledger/checkpoint.js';
import { leafHash } from '../ledger/hashes.js';
import { leafInput } from '../ledger/leaf.js';
import { NoteMalformed, parseNote, type NoteVerifier } from '../ledger/signed-note.js';
import { supersedes, trustedCheckpoints, type TrustedCheckpoint } from '../ledger/trusted-checkpoints.js';
import { givenCheckpoints, noteIn, trustedKeys } from './audit-evidence.js';
import { openAuditLog, type AuditLog } from './audit-log.js';
import { recordReading } from './audit-record.js';
import { CommandFailed } from './command-failed.js';

/** So many lines of a file are searched for the newest checkpoint. */
const mostSearched = 2_000;
/** How long the hashes are waited for, and how often they are looked at, in milliseconds. */
const patience = 2_000;
const betweenLooks = 20;

export interface AuditProveOptions {
  /** A size of the tree, or a file with an older checkpoint: that the log still begins with it is proved as well. */
  readonly since?: string;
  /** A new file. Left out: standard output. */
  readonly out?: string;
}

/** What `scripts/verify-proof.mjs` checks. What stands behind its commitments it cannot tell: that takes the keys, which the running service has (`auditProof`). */
export interface ProofFile {
  readonly entryId: string;
  readonly leafIndex: string;
  readonly leafHash: string;
  readonly leafInput: string;
  readonly inclusionPath: readonly string[];
  /** `createdAt` is under no signature; null where the checkpoint was kept without it. */
  readonly checkpoint: {
    readonly origin: string;
    readonly treeSize: string;
    readonly rootHash: string;
    readonly signedNote: string;
    readonly createdAt: string | null;
  };
  readonly consistency?: { readonly fromTreeSize: string; readonly fromRootHash: string; readonly path: readonly string[] };
}

/** Writes the proof that an entry is in the log that the newest checkpoint was signed of. Works on a stopped service and beside a running one. @throws {CommandFailed} with what to do. */
export async function proveAuditEntry(config: Config, entryId: string, { since, out }: AuditProveOptions): Promise<void> {
  if (out !== undefined && existsSync(out)) throw new CommandFailed(`${out} is there already. Name another file.`);
  const { keys } = await trustedKeys(config.dataDirectory, []);
  const ledger = LedgerFile.open(config.dataDirectory);
  if (ledger === null)
    throw new CommandFailed(
      `There are no hashes of the log in ${config.dataDirectory} yet. Start the service, or run postledger projections rebuild audit-ledger.`,
    );
  try {
    const log = await openAuditLog(config);
    try {
      const checkpoint = await newestCheckpoint(config, keys, ledger.reader);
      const proof = await prove(entryId, { log, ledger: ledger.reader, checkpoint, since });
      const text = `${JSON.stringify(proof, null, 2)}\n`;
      await recordReading(log, 'audit prove', { entryId: proof.entryId });
      if (out === undefined) stdout.write(text);
      else writeFileSync(out, text, { flag: 'wx' });
      stderr.write(`Leaf ${proof.leafIndex} of ${checkpoint.size}. To check it: node scripts/verify-proof.mjs <public key> ${out ?? '<this file>'}\n`);
    } finally {
      await log.close();
    }
  } finally {
    ledger.close();
  }
}

interface Sources {
  readonly log: AuditLog;
  readonly ledger: LedgerReader;
  readonly checkpoint: TrustedCheckpoint;
  readonly since: string | undefined;
}

async function prove(entryId: string, { log, ledger, checkpoint, since }: Sources): Promise<ProofFile> {
  const event = await log.find(entryId.toLowerCase());
  if (event === null) throw new CommandFailed(`The log has no entry ${entryId}. Its id is the member id of an audit entry.`);
  const { size, root, origin, signedNote, createdAt } = checkpoint;
  const index = ledger.indexOf(event.position);
  if (index === null && event.position > ledger.leaf(ledger.size - 1).position)
    throw new CommandFailed('The hashes of the log are not as far as the entry. Start the service, and try again.');
  if (index === null)
    throw new CommandFailed('The log has the entry, and its hashes have none there: it was put in afterwards. postledger audit verify says more.');
  if (index >= size)
    throw new CommandFailed(
      `No checkpoint covers the entry yet: the newest is of ${size} leaves, and it is leaf ${index}. The running service signs one within a minute.`,
    );
  const input = leafInput(event);
  const { hash } = ledger.leaf(index);
  if (!leafHash(input).equals(hash)) throw new CommandFailed(`The entry is not what was recorded of it: it was changed. postledger audit verify says more.`);
  return {
    entryId: event.id,
    leafIndex: String(index),
    leafHash: hash.toString('base64'),
    leafInput: input,
    inclusionPath: ledger.inclusionPath(index, size).map((each) => each.toString('base64')),
    checkpoint: { origin, treeSize: String(size), rootHash: root.toString('base64'), signedNote, createdAt },
    ...(since !== undefined && { consistency: consistencyWith(sizeNamed(since), size, ledger) }),
  };
}

function consistencyWith(from: number, size: number, ledger: LedgerReader): NonNullable<ProofFile['consistency']> {
  if (from < 1 || from > size)
    throw new CommandFailed(`The newest checkpoint is of ${size} leaves: it proves nothing since ${from}. Name an earlier one by --since.`);
  return {
    fromTreeSize: String(from),
    fromRootHash: ledger.root(from).toString('base64'),
    path: ledger.consistencyPath(from, size).map((each) => each.toString('base64')),
  };
}

/** The largest one, wherever it lies, which the hashes begin with. @throws {CommandFailed} there is none, or they do not. */
async function newestCheckpoint(config: Config, keys: readonly NoteVerifier[], ledger: LedgerReader): Promise<TrustedCheckpoint> {
  const given = givenCheckpoints(config, []);
  const sources = [...new Set(given.map(({ source }) => source))];
  const newest = sources.flatMap((each) => given.filter(({ source }) => source === each).slice(-mostSearched));
  const { trusted } = trustedCheckpoints(newest, keys);
  const checkpoint = trusted.findLast((each) => !trusted.some((other) => supersedes(other, each)));
  if (!checkpoint) throw new CommandFailed('There is no checkpoint yet. The running service signs the first within a minute of the first event.');
  const { size, root } = checkpoint;
  if (!(await holds(ledger, size)))
    throw new CommandFailed(`The hashes in ${config.dataDirectory} are not as far as the newest checkpoint. Start the service, and try again.`);
  if (!ledger.root(size).equals(root)) throw new CommandFailed('The log is not what the newest checkpoint says. postledger audit verify says more.');
  return checkpoint;
}

/** A running service writes its hashes to the disk a moment after it has them. */
async function holds(ledger: LedgerReader, size: number): Promise<boolean> {
  for (const deadline = performance.now() + patience; ledger.size < size; await after(betweenLooks)) if (performance.now() > deadline) return false;
  return true;
}

/** A size in decimal, or a file: a signed note, or a line of checkpoints as the service writes them. @throws {CommandFailed} it is none of these. */
function sizeNamed(since: string): number {
  if (/^\d{1,15}$/.test(since)) return Number(since);
  if (!existsSync(since)) throw new CommandFailed(`--since takes a size of the tree, or a file with a checkpoint: ${since} is neither.`);
  const note = noteIn(readFileSync(since, 'utf8'));
  try {
    return parseCheckpoint(parseNote(note).text).size;
  } catch (error) {
    if (!(error instanceof NoteMalformed)) throw error;
    throw new CommandFailed(`${since} holds no checkpoint. ${error.message}`, { cause: error });
  }
}
