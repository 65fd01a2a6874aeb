import { cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { openEmbeddedSecretStore, type EmbeddedSecretStoreOptions } from '../../src/secret-store/embedded.js';
import { parseRootKeys, type RootKeys } from '../../src/secret-store/root-keys.js';
import type { SecretStore } from '../../src/secret-store/secret-store.js';

/** A directory that goes with the test. */
export async function temporaryDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'postledger-secrets-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

/** Root keys of these ids, the first active; the key of an id is always the same. */
export function rootKeys(...ids: string[]): RootKeys {
  return parseRootKeys(ids.map((id) => `${id}:${Buffer.alloc(32, id).toString('base64')}`).join(','), 'test');
}

/** A store that is closed with the test. */
export async function openStore(options: Partial<EmbeddedSecretStoreOptions> & { readonly directory: string }): Promise<SecretStore> {
  const store = await openEmbeddedSecretStore({ rootKeys: rootKeys('k1'), ...options });
  onTestFinished(() => store.close());
  return store;
}

/** The directory as a power cut would leave it now: what is written, without a close. */
export async function crashImage(directory: string): Promise<string> {
  const image = await temporaryDirectory();
  await cp(directory, image, { recursive: true });
  return image;
}

/** Every file of the directory, one after the other. */
export async function allBytes(directory: string): Promise<Buffer> {
  const files = (await readdir(directory, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
  return Buffer.concat(await Promise.all(files.map((file) => readFile(join(file.parentPath, file.name)))));
}
