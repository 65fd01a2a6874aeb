import { checkpointText, parseCheckpoint, type AcceptedRestore, type TreeHead } from '../ledger/checkpoint.js';
import { NoteMalformed, openNote, parseNote, type NoteSigner, type NoteVerifier } from '../ledger/signed-note.js';

/** A checkpoint as it is kept and handed out. What counts is the signed note; the rest is for reading, and says the same. */
export interface SignedCheckpoint {
  /** By the clock of whoever signed it: ISO 8601. No signature covers it. */
  readonly createdAt: string;
  /** How many leaves the tree has, in decimal. */
  readonly treeSize: string;
  /** Base64. */
  readonly rootHash: string;
  /** The position in the log of the newest leaf, in decimal. In another log of the same events positions are others. No signature covers it. */
  readonly position: string;
  /** C2SP's tlog-checkpoint as a signed note. */
  readonly signedNote: string;
  readonly restored?: AcceptedRestore;
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
    ...(head.restored && { restored: head.restored }),
  };
}

/**
 * What a checkpoint says, as far as one of the keys has signed it for the log of its own name.
 * @returns null where none of them has.
 * @throws {NoteMalformed} its note is none.
 */
export function trustedHead(signedNote: string, keys: readonly NoteVerifier[]): TreeHead | null {
  for (const key of keys) {
    const text = openNote(signedNote, key);
    if (text === null) continue;
    const head = parseCheckpoint(text);
    if (head.origin === key.name) return head;
  }
  return null;
}

/** What a checkpoint says, whoever signed it. */
export function saidBy({ signedNote }: SignedCheckpoint): TreeHead {
  return parseCheckpoint(parseNote(signedNote).text);
}

/** The name of the log that a checkpoint is of, as it says itself. */
export function originOf(checkpoint: SignedCheckpoint): string {
  return saidBy(checkpoint).origin;
}

/** @throws {NoteMalformed} the text is no checkpoint as {@link checkpointLine} writes it, or says something else beside its note than the note does. */
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
  const signedNote = text('signedNote');
  const { size, root, restored } = parseCheckpoint(parseNote(signedNote).text);
  const said = { treeSize: String(size), rootHash: root.toString('base64'), ...(restored && { restored }) };
  const told = { treeSize: text('treeSize'), rootHash: text('rootHash'), ...(texts['restored'] !== undefined && { restored: texts['restored'] }) };
  if (JSON.stringify(said) !== JSON.stringify(told))
    throw new NoteMalformed('A line of the checkpoints says something else than the note in it: it was altered.');
  return { createdAt: text('createdAt'), position: text('position'), signedNote, ...said };
}

/** One line of JSON, with its end. */
export function checkpointLine(checkpoint: SignedCheckpoint): string {
  return `${JSON.stringify(checkpoint)}\n`;
}
