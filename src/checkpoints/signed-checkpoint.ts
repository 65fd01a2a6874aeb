import { checkpointText, parseCheckpoint, type TreeHead } from '../ledger/checkpoint.js';
import { NoteMalformed, openNote, parseNote, type NoteSigner, type NoteVerifier } from '../ledger/signed-note.js';

/** A checkpoint as it is kept and handed out. What counts is the signed note; the rest is for reading, and says the same. */
export interface SignedCheckpoint {
  /** By the clock of whoever signed it: ISO 8601. */
  readonly createdAt: string;
  /** How many leaves the tree has, in decimal. */
  readonly treeSize: string;
  /** Base64. */
  readonly rootHash: string;
  /** The position in the log of the newest leaf, in decimal. In another log of the same events positions are others. */
  readonly position: string;
  /** C2SP's tlog-checkpoint as a signed note. */
  readonly signedNote: string;
  /** Only where somebody said that the log was restored from a backup, and so ends earlier than an older checkpoint tells. */
  readonly restored?: AcceptedRestore;
}

/** What was lost with a restored log, and is no longer looked for. */
export interface AcceptedRestore {
  /** Of the newest checkpoint that the restored log still begins with; 0 where there is none. Newer ones no longer count. */
  readonly standingTreeSize: string;
  /** Of the newest checkpoint of the log that is gone. */
  readonly formerTreeSize: string;
  readonly formerRootHash: string;
}

export function signCheckpoint(
  head: Omit<TreeHead, 'origin'>,
  { position, now }: { readonly position: bigint; readonly now: Date },
  signer: NoteSigner,
): SignedCheckpoint {
  return {
    createdAt: now.toISOString(),
    treeSize: String(head.size),
    rootHash: head.root.toString('base64'),
    position: position.toString(),
    signedNote: signer.sign(checkpointText({ ...head, origin: signer.name })),
  };
}

/**
 * What a checkpoint says, as far as one of the keys has signed it.
 * @returns null where none of them has.
 * @throws {NoteMalformed} its note is none.
 */
export function trustedHead(signedNote: string, keys: readonly NoteVerifier[]): TreeHead | null {
  for (const key of keys) {
    const text = openNote(signedNote, key);
    if (text !== null) return parseCheckpoint(text);
  }
  return null;
}

/** The name of the log that a checkpoint is of, as it says itself, unchecked. */
export function originOf({ signedNote }: SignedCheckpoint): string {
  return parseCheckpoint(parseNote(signedNote).text).origin;
}

/** @throws {NoteMalformed} the text is no checkpoint as {@link checkpointLine} writes it. */
export function parseCheckpointLine(line: string): SignedCheckpoint {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    throw new NoteMalformed('A line of the checkpoints is no JSON.', { cause: error });
  }
  const texts = typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
  const text = (name: keyof SignedCheckpoint): string => {
    const found = texts[name];
    if (typeof found !== 'string') throw new NoteMalformed(`A line of the checkpoints has no ${name}.`);
    return found;
  };
  const restored = texts['restored'];
  return {
    createdAt: text('createdAt'),
    treeSize: text('treeSize'),
    rootHash: text('rootHash'),
    position: text('position'),
    signedNote: text('signedNote'),
    ...(restored !== undefined && { restored: acceptedRestore(restored) }),
  };
}

/** @throws {NoteMalformed} */
function acceptedRestore(value: unknown): AcceptedRestore {
  if (typeof value === 'object' && value !== null && 'standingTreeSize' in value && 'formerTreeSize' in value && 'formerRootHash' in value) {
    const { standingTreeSize, formerTreeSize, formerRootHash } = value;
    if (typeof standingTreeSize === 'string' && typeof formerTreeSize === 'string' && typeof formerRootHash === 'string')
      return { standingTreeSize, formerTreeSize, formerRootHash };
  }
  throw new NoteMalformed('A line of the checkpoints does not say what was lost with a restored log.');
}

/** One line of JSON, with its end. */
export function checkpointLine(checkpoint: SignedCheckpoint): string {
  return `${JSON.stringify(checkpoint)}\n`;
}
