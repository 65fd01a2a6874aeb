import * as fc from 'fast-check';
import type { RecordedEvent } from '../../../src/event-store/event-store.js';
import { recorded, type Row } from '../../../src/event-store/row.js';
import { checkpointText, type AcceptedRestore } from '../../../src/ledger/checkpoint.js';
import { chainHash, chainStart, type Hash } from '../../../src/ledger/hashes.js';
import { loggedEvent, noLeaf, unreadableEvent, type LoggedEvent } from '../../../src/ledger/logged-event.js';
import { MerkleEdge } from '../../../src/ledger/merkle-tree.js';
import { newSignerKey, signerFrom, type NoteSigner } from '../../../src/ledger/signed-note.js';
import type { GivenCheckpoint, LedgerRecord, RecordedLeaf } from '../../../src/ledger/verification-input.js';
import { auditedStreamPrefixes } from '../../../src/domain/streams.js';
import { histories } from '../../projections/histories.js';

/** The log as it lies in the store, and everything that vouches for it. */
export interface SignedLog {
  readonly rows: readonly Row[];
  readonly record: RecordOfLog;
  /** Beside the log: whoever can change the log can change these. */
  readonly inside: readonly GivenCheckpoint[];
  /** Where nobody can. The newest checkpoint has not come there yet. */
  readonly outside: readonly GivenCheckpoint[];
  readonly signer: NoteSigner;
}

/** The service's own record. */
export interface RecordOfLog {
  readonly leaves: readonly RecordedLeaf[];
  readonly subtrees: ReadonlyMap<string, Hash>;
}

/** A small tree keeps every third level; the service every eighth. */
const keepsLevel = (level: number) => level % 3 === 0;

export const isAudited = (streamId: string): boolean => auditedStreamPrefixes.some((prefix) => streamId.startsWith(prefix));

const known = new WeakMap<Row, LoggedEvent>();

/** A row as a verification sees it. */
export function loggedRow(row: Row): LoggedEvent {
  const before = known.get(row);
  if (before) return before;
  const logged = readRow(row);
  known.set(row, logged);
  return logged;
}

function readRow(row: Row): LoggedEvent {
  try {
    return loggedEvent(recorded(row), isAudited);
  } catch (error) {
    return unreadableEvent(BigInt(row[0]), error);
  }
}

/** What the service would record of a log. */
export function recordOf(rows: readonly Row[]): RecordOfLog {
  const edge = new MerkleEdge();
  const subtrees = new Map<string, Hash>();
  const leaves: RecordedLeaf[] = [];
  let chain = chainStart;
  for (const logged of rows.map(loggedRow)) {
    if (logged.kind === 'other') continue;
    const hash = logged.kind === 'leaf' ? logged.hash : noLeaf(logged.position);
    chain = chainHash(chain, hash);
    leaves.push({ number: edge.size, position: logged.position, hash, chain });
    for (const subtree of edge.append(hash))
      if (subtree.level > 0 && keepsLevel(subtree.level)) subtrees.set(`${subtree.level} ${subtree.index}`, subtree.hash);
  }
  return { leaves, subtrees };
}

export function asRecord({ leaves, subtrees }: RecordOfLog): LedgerRecord {
  return { leaves: [leaves], keepsLevel, subtree: (level, index) => subtrees.get(`${level} ${index}`) ?? null };
}

/** A checkpoint of the log's first leaves at each of these sizes, as far as it has them. */
export function signed(
  rows: readonly Row[],
  sizes: readonly number[],
  signer: NoteSigner,
  source: string,
  restored?: AcceptedRestore,
): readonly GivenCheckpoint[] {
  const edge = new MerkleEdge();
  const checkpoints: GivenCheckpoint[] = [];
  for (const { hash } of recordOf(rows).leaves) {
    edge.append(hash);
    if (!sizes.includes(edge.size)) continue;
    const signedNote = signer.sign(checkpointText({ origin: signer.name, size: edge.size, root: edge.root(), ...(restored && { restored }) }));
    checkpoints.push({
      source,
      line: checkpoints.length + 1,
      signedNote,
      createdAt: '2026-11-30T12:00:00.000Z',
    });
  }
  return checkpoints;
}

export function sizeOf({ signedNote }: GivenCheckpoint): number {
  return Number(signedNote?.split('\n')[1]);
}

const signers = new Map<string, NoteSigner>();

/** A key of the test's own by name, the same each time: to make one is dear. */
export function signerNamed(name: string): NoteSigner {
  const signer = signers.get(name) ?? signerFrom(newSignerKey(name));
  signers.set(name, signer);
  return signer;
}

export function rowOf({ position, streamId, revision, id, type, recordedAt, data, metadata }: RecordedEvent): Row {
  return [Number(position), streamId, Number(revision), id, type, recordedAt.getTime(), JSON.stringify(data), JSON.stringify(metadata)];
}

/** Accounts, tokens and refusals, by the rules of the domain, signed every so many events. */
export function signedLog(seed: number, { steps = 120, every = 20 }: { readonly steps?: number; readonly every?: number } = {}): SignedLog {
  const [history] = fc.sample(histories(steps), { seed, numRuns: 1 });
  const rows = (history?.log.events ?? []).map(rowOf);
  return signedLogOf(rows, signerNamed('postledger-test'), every);
}

/** Signed every so many events; the newest checkpoint is not outside yet. */
export function signedLogOf(rows: readonly Row[], signer: NoteSigner, every: number): SignedLog {
  const sizes = rows.map((_, index) => index + 1).filter((size) => size % every === 0);
  const inside = signed(rows, sizes, signer, 'inside');
  return { rows, record: recordOf(rows), inside, outside: signed(rows, sizes.slice(0, -1), signer, 'outside'), signer };
}
