import { randomBytes } from 'node:crypto';
import { link, open, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { syncDirectoryOf } from './checkpoint-file.js';
import { newSignerKey, NoteMalformed, signerFrom, verifierFrom, type NoteSigner, type NoteVerifier } from '../ledger/signed-note.js';

/** The key that checkpoints are signed with cannot be used. The message says what to do. */
export class SigningKeyRefused extends Error {
  override readonly name = 'SigningKeyRefused';
  readonly code = 'SIGNING_KEY_REFUSED';
}

export interface SigningKeyPlace {
  readonly dataDirectory: string;
  /** A key that somebody made and put there: it is not made when it is missing. Null: `<data>/audit-signing-key`, made at the first start. */
  readonly file: string | null;
}

const keyFile = 'audit-signing-key';
const publicKeyFile = 'audit-public-key';

/**
 * The key that checkpoints are signed with. It is no key that passwords lie under: who has one has not the other. Its public half is added to `<data>/audit-public-key`.
 * @throws {SigningKeyRefused} it is missing where it was named, others may read it, or it is none.
 */
export async function loadSigningKey({ dataDirectory, file }: SigningKeyPlace): Promise<NoteSigner> {
  const path = file ?? join(dataDirectory, keyFile);
  if (file === null) await createOnce(path, () => `${newSignerKey(`postledger-${randomBytes(6).toString('hex')}`)}\n`);
  const signer = await readKey(path);
  await publish(dataDirectory, signer);
  return signer;
}

/** The keys whose checkpoints this data directory has: newest last. None before the first start. */
export async function publicKeysIn(dataDirectory: string): Promise<readonly NoteVerifier[]> {
  const path = join(dataDirectory, publicKeyFile);
  try {
    return (await readLines(path)).map(verifierFrom);
  } catch (error) {
    if (error instanceof NoteMalformed)
      throw new NoteMalformed(`${path}: ${error.message} Take the line out, or put a copy that is whole in its place.`, { cause: error });
    throw error;
  }
}

async function readKey(path: string): Promise<NoteSigner> {
  try {
    const { mode } = await stat(path);
    if ((mode & 0o077) !== 0)
      throw new SigningKeyRefused(
        `Others than its owner may read the signing key ${path}. Set its mode to 0600, and make a new key if somebody may have read it.`,
      );
    return signerFrom(await readFile(path, 'utf8'));
  } catch (error) {
    if (error instanceof SigningKeyRefused) throw error;
    if (error instanceof NoteMalformed)
      throw new SigningKeyRefused(`${path} holds no signing key. ${error.message} postledger audit key --new <name> makes one.`, { cause: error });
    throw new SigningKeyRefused(`The signing key ${path} cannot be read: ${error instanceof Error ? error.message : String(error)}.`, { cause: error });
  }
}

async function publish(dataDirectory: string, { text }: NoteVerifier): Promise<void> {
  const path = join(dataDirectory, publicKeyFile);
  const kept = await readLines(path);
  if (kept.includes(text)) return;
  // A line that a crash left half is ended first.
  const file = await open(path, 'a', 0o644);
  try {
    await file.appendFile(kept.length === 0 ? `${text}\n` : `\n${text}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Whole or not at all, and never over one that is there: two starts at once end with one key, and a crash leaves no half of one. */
async function createOnce(path: string, content: () => string): Promise<void> {
  if (await isThere(path)) return;
  const unfinished = `${path}.${randomBytes(6).toString('hex')}`;
  const file = await open(unfinished, 'wx', 0o600);
  try {
    await file.writeFile(content());
    await file.sync();
    await link(unfinished, path);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  } finally {
    await file.close();
    await rm(unfinished);
  }
  await syncDirectoryOf(path);
}

async function isThere(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false;
    throw error;
  }
}

async function readLines(path: string): Promise<readonly string[]> {
  try {
    return (await readFile(path, 'utf8')).split('\n').filter((line) => line !== '');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}
