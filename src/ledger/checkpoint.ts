import { hashLength, type Hash } from './hashes.js';
import { NoteMalformed } from './signed-note.js';

/** The log as it is at one moment: so many leaves, with this root. The text of it is C2SP's tlog-checkpoint. */
export interface TreeHead {
  /** Names the log. */
  readonly origin: string;
  readonly size: number;
  readonly root: Hash;
  /** Only where somebody said that the log was restored, and so is another one than an older checkpoint tells. A line of its own, which the signature covers. */
  readonly restored?: AcceptedRestore;
}

/** What is no longer looked for. Sizes in decimal, the hash in base64. */
export interface AcceptedRestore {
  /** Of the newest checkpoint that the log still begins with; 0 where there is none. Larger ones no longer count. */
  readonly standingTreeSize: string;
  /** Of the largest checkpoint of the log that is gone. */
  readonly formerTreeSize: string;
  readonly formerRootHash: string;
}

const restoredLine = /^restored (0|[1-9]\d{0,14}) (0|[1-9]\d{0,14}) ([A-Za-z0-9+/]{43}=)$/;

export function checkpointText({ origin, size, root, restored }: TreeHead): string {
  const extension = restored ? `restored ${restored.standingTreeSize} ${restored.formerTreeSize} ${restored.formerRootHash}\n` : '';
  return `${origin}\n${size}\n${root.toString('base64')}\n${extension}`;
}

/** @throws {NoteMalformed} the text is no checkpoint. */
export function parseCheckpoint(text: string): TreeHead {
  const [origin = '', size = '', root = '', ...extensions] = text.split('\n');
  const hash = Buffer.from(root, 'base64');
  if (origin === '' || !/^(?:0|[1-9]\d{0,14})$/.test(size) || hash.length !== hashLength || hash.toString('base64') !== root)
    throw new NoteMalformed('It is no checkpoint: a line each with the origin, the size of the tree in decimal, and its root in base64.');
  const [, standingTreeSize, formerTreeSize, formerRootHash] = extensions.map((line) => restoredLine.exec(line)).find((match) => match !== null) ?? [];
  const isRestored = standingTreeSize !== undefined && formerTreeSize !== undefined && formerRootHash !== undefined;
  return { origin, size: Number(size), root: hash, ...(isRestored && { restored: { standingTreeSize, formerTreeSize, formerRootHash } }) };
}
