import { parseCheckpoint, type TreeHead } from './checkpoint.js';
import type { Hash } from './hashes.js';
import { NoteMalformed, openNote, parseNote, type NoteVerifier } from './signed-note.js';
import type { GivenCheckpoint } from './verification-input.js';
import type { Finding } from './verification-report.js';

/** A checkpoint that a trusted key has signed. */
export interface TrustedCheckpoint extends GivenCheckpoint {
  readonly signedNote: string;
  /** The name of the log, which is the key's. */
  readonly origin: string;
  readonly size: number;
  readonly root: Hash;
  /** Where it says that the log was restored from a backup: how many leaves are left of what older ones say. Null: it does not. */
  readonly standing: number | null;
}

/** Sorts out what is signed by a key that is trusted; everything else is a finding. The trusted ones come by size. */
export function trustedCheckpoints(
  given: readonly GivenCheckpoint[],
  keys: readonly NoteVerifier[],
): { readonly trusted: readonly TrustedCheckpoint[]; readonly findings: readonly Finding[] } {
  // Each is in the data directory and in every copy, and a signature is dear.
  const known = new Map<string, Opened>();
  const trusted: TrustedCheckpoint[] = [];
  const findings: Finding[] = [];
  for (const told of given) {
    const { signedNote } = told;
    const opened = signedNote === null ? malformed('It is no line of a file of checkpoints.') : (known.get(signedNote) ?? open(signedNote, keys));
    if (signedNote !== null) known.set(signedNote, opened);
    if (signedNote !== null && opened.kind === 'TRUSTED') trusted.push({ ...told, signedNote, ...signedIn(opened.head) });
    else if (opened.kind !== 'TRUSTED') {
      const message = `Checkpoint ${told.line} of ${told.source}: ${opened.message}`;
      findings.push({ kind: opened.kind, leafIndex: null, endLeafIndex: null, position: null, message });
    }
  }
  trusted.sort((one, other) => one.size - other.size);
  return { trusted, findings };
}

/** Whether the one tells of a restore from a backup, after which the other no longer counts. */
export function supersedes({ source, line, standing }: TrustedCheckpoint, older: TrustedCheckpoint): boolean {
  return standing !== null && source === older.source && line > older.line && older.size > standing;
}

function signedIn({ origin, size, root, restored }: TreeHead): Pick<TrustedCheckpoint, 'origin' | 'size' | 'root' | 'standing'> {
  return { origin, size, root, standing: restored ? Number(restored.standingTreeSize) : null };
}

type Opened =
  | { readonly kind: 'TRUSTED'; readonly head: TreeHead }
  | { readonly kind: 'SIGNATURE_INVALID' | 'UNKNOWN_KEY' | 'CHECKPOINT_MALFORMED'; readonly message: string };

function open(signedNote: string, keys: readonly NoteVerifier[]): Opened {
  try {
    const { text, signatures } = parseNote(signedNote);
    const named = keys.filter((key) => signatures.some(({ name, keyId }) => key.name === name && key.keyId === keyId));
    if (named.length === 0) {
      const by = signatures.map(({ name, keyId }) => `${name}+${keyId}`).join(', ');
      return {
        kind: 'UNKNOWN_KEY',
        message: `It is signed by ${by}, a key that is not trusted here. If the signing key was changed, give both public keys, the former and the new one (--public-key, twice); if it was not, somebody else made this checkpoint.`,
      };
    }
    const signer = named.find((key) => openNote(signedNote, key) !== null);
    if (signer === undefined)
      return {
        kind: 'SIGNATURE_INVALID',
        message: 'The signature is not of the key that it names: the checkpoint was altered after it was signed, or forged. Compare with another copy.',
      };
    const head = parseCheckpoint(text);
    if (head.origin !== signer.name) return malformed(`It is of another log, ${head.origin}, than the key that signed it, ${signer.name}.`);
    return { kind: 'TRUSTED', head };
  } catch (error) {
    if (!(error instanceof NoteMalformed)) throw error;
    return malformed(error.message);
  }
}

function malformed(message: string): Opened {
  return { kind: 'CHECKPOINT_MALFORMED', message: `${message} Nothing can be told by it: compare with another copy.` };
}
