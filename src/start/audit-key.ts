import { writeFileSync } from 'node:fs';
import { stdout } from 'node:process';
import type { Config } from '../config.js';
import { isKeyName, newSignerKey, signerFrom } from '../ledger/signed-note.js';
import { trustedKeys } from './audit-evidence.js';
import { CommandFailed } from './command-failed.js';

export interface AuditKeyOptions {
  /** Makes a key of this name. */
  readonly new?: string;
  /** Where its secret half goes: a new file. */
  readonly out?: string;
}

/** Prints the public keys that checkpoints are checked with, the newest last; or makes a new signing key, and prints its public half. @throws {CommandFailed} */
export async function auditKey({ dataDirectory }: Pick<Config, 'dataDirectory'>, { new: name, out }: AuditKeyOptions): Promise<void> {
  if (name === undefined) {
    const { keys } = await trustedKeys(dataDirectory, []);
    stdout.write(keys.map(({ text }) => `${text}\n`).join(''));
    return;
  }
  if (out === undefined) throw new CommandFailed('Name a new file for the signing key, by --out. It is never printed.');
  if (!isKeyName(name)) throw new CommandFailed(`A key's name has neither white space nor a plus sign, e.g. mail.example.com/audit: ${name}`);
  const secret = newSignerKey(name);
  try {
    writeFileSync(out, `${secret}\n`, { flag: 'wx', mode: 0o600, flush: true });
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST')
      throw new CommandFailed(`${out} is there already. Name another file.`, { cause: error });
    throw error;
  }
  stdout.write(`${signerFrom(secret).text}\n`);
}
