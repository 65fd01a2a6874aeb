import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { stderr } from 'node:process';
import { publicKeysIn } from '../checkpoints/signing-key.js';
import { outsidePath, type Config } from '../config.js';
import { NoteMalformed, verifierFrom, type NoteVerifier } from '../ledger/signed-note.js';
import type { GivenCheckpoint } from '../ledger/verification-input.js';
import { ownCheckpoints } from './checkpointing.js';
import { CommandFailed } from './command-failed.js';

type Settings = Pick<Config, 'dataDirectory' | 'auditCheckpointFile'>;

/** The public keys that checkpoints are checked with. */
export interface TrustedKeys {
  readonly keys: readonly NoteVerifier[];
  /** Whether somebody gave them. Those of the data directory prove nothing against whoever can write there. */
  readonly areGiven: boolean;
}

/** @param given files, or keys as text; none: those of the data directory. @throws {CommandFailed} one is no key, or there is none. */
export async function trustedKeys(dataDirectory: string, given: readonly string[]): Promise<TrustedKeys> {
  try {
    if (given.length > 0) return { keys: given.flatMap(keysIn), areGiven: true };
    const keys = await publicKeysIn(dataDirectory);
    if (keys.length > 0) return { keys, areGiven: false };
  } catch (error) {
    if (error instanceof NoteMalformed) throw new CommandFailed(error.message, { cause: error });
    throw error;
  }
  throw new CommandFailed(`There is no public key in ${dataDirectory}: the service has never signed there. Give the key by --public-key.`);
}

/** A file has a key a line. */
function keysIn(given: string): readonly NoteVerifier[] {
  if (!existsSync(given)) {
    if (!given.includes('+'))
      throw new CommandFailed(`There is no file ${given}. Name one that holds the public key, or give the key itself, by --public-key.`);
    return [verifierFrom(given)];
  }
  const lines = readFileSync(given, 'utf8').split('\n');
  return lines.filter((line) => line.trim() !== '').map(verifierFrom);
}

/** The checkpoints beside the log, those in the file that the service adds them to, and those in copies that somebody kept. @throws {CommandFailed} there is no such copy. */
export function givenCheckpoints(settings: Settings, copies: readonly string[]): readonly GivenCheckpoint[] {
  const missing = copies.find((path) => !existsSync(path));
  if (missing !== undefined) throw new CommandFailed(`There is no file ${missing}. Name the copies of the checkpoints by --checkpoints.`);
  const own = ownCheckpoints(settings.dataDirectory).path;
  const outside = new Set([...outsidePath(settings), ...copies].map((path) => resolve(path)));
  return [own, ...outside].filter((path) => existsSync(path) && isReadable(path)).flatMap(checkpointsIn);
}

/** A place that may only be added to is a good one, and no reason to judge by nothing else. */
function isReadable(path: string): boolean {
  try {
    accessSync(path, constants.R_OK);
    return true;
  } catch {
    stderr.write(`${path} may not be read: nothing is judged by it. Give a copy that may be, by --checkpoints.\n`);
    return false;
  }
}

/** A file as the service writes it, a line of JSON each; or the text of one signed note. */
function checkpointsIn(path: string): readonly GivenCheckpoint[] {
  const text = readFileSync(path, 'utf8');
  if (text !== '' && !/^\s*\{/.test(text)) return [{ source: path, line: 1, signedNote: text, createdAt: null }];
  return text.split('\n').flatMap((line, index) => {
    // What a crash left half has no closing brace.
    if (!line.endsWith('}')) return [];
    return [{ source: path, line: index + 1, ...toldBy(line) }];
  });
}

/** The note in a line as the service writes it, the newest of several; or the text itself. */
export function noteIn(text: string): string {
  const newest = text.split('\n').findLast((line) => line.endsWith('}'));
  return (newest === undefined ? null : toldBy(newest).signedNote) ?? text;
}

/** What is beside the note is for reading, and is not taken for anything else. */
function toldBy(line: string): Pick<GivenCheckpoint, 'signedNote' | 'createdAt'> {
  const told = parsed(line);
  const text = (name: string) => (typeof told[name] === 'string' ? told[name] : null);
  return { signedNote: text('signedNote'), createdAt: text('createdAt') };
}

function parsed(line: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
  } catch (error) {
    // A line that is no JSON has no note, and is told as such.
    if (error instanceof SyntaxError) return {};
    throw error;
  }
}
