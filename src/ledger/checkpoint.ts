import { hashLength, type Hash } from './hashes.js';
import { NoteMalformed } from './signed-note.js';

/** The log as it is at one moment: so many leaves, with this root. The text of it is C2SP's tlog-checkpoint. */
export interface TreeHead {
  /** Names the log. */
  readonly origin: string;
  readonly size: number;
  readonly root: Hash;
}

export function checkpointText({ origin, size, root }: TreeHead): string {
  return `${origin}\n${size}\n${root.toString('base64')}\n`;
}

/** @throws {NoteMalformed} the text is no checkpoint. */
export function parseCheckpoint(text: string): TreeHead {
  const [origin = '', size = '', root = ''] = text.split('\n');
  const hash = Buffer.from(root, 'base64');
  if (origin === '' || !/^(?:0|[1-9]\d{0,14})$/.test(size) || hash.length !== hashLength || hash.toString('base64') !== root)
    throw new NoteMalformed('It is no checkpoint: a line each with the origin, the size of the tree in decimal, and its root in base64.');
  return { origin, size: Number(size), root: hash };
}
