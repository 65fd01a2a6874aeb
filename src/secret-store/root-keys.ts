import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { open, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { hkdf } from './hkdf.js';
import { fileExists } from './private-file.js';
import { freshRandom } from './random-pool.js';

/** A key as a root key wrapped it, and which one did. */
export interface WrappedKey {
  readonly rootKeyId: string;
  readonly bytes: Buffer;
}

/**
 * The keys above all others; they wrap account keys and never touch a secret. Asynchronous, so that a key service (KMS, Vault) can stand behind it: wrapping
 * happens once for an account, unwrapping once for an account and time in the cache.
 */
export interface RootKeys {
  /** Wraps what is new. The others only unwrap. */
  readonly activeKeyId: string;
  readonly keyIds: ReadonlySet<string>;
  /** True when the key was generated for development: say so at each start. */
  readonly development: boolean;
  /** `context` says what the key is for; unwrapping needs the same. */
  wrap(key: Buffer, context: string): Promise<WrappedKey>;
  /** @throws {UnwrapFailed} another root key of the same id, another context, or altered bytes. */
  unwrap(wrapped: WrappedKey, context: string): Promise<Buffer>;
}

export interface RootKeySettings {
  /** `POSTLEDGER_ROOT_KEYS`: `k2:<base64 of 32 bytes>,k1:<…>`, the active key first. */
  readonly keys?: string | undefined;
  /** `POSTLEDGER_ROOT_KEYS_FILE`: a file of the same text that only its owner can read. */
  readonly keysFile?: string | undefined;
  readonly dataDirectory: string;
  readonly production: boolean;
}

/** Root keys cannot be had as configured; the start must stop. The message is one line that says what to do and holds no key. */
export class RootKeyRefused extends Error {
  override readonly name: string = 'RootKeyRefused';
  readonly code: string = 'ROOT_KEY_REFUSED';
}

/** The store holds keys that only this root key unwraps, and it is not configured. */
export class RootKeyMissing extends RootKeyRefused {
  override readonly name = 'RootKeyMissing';
  override readonly code = 'ROOT_KEY_MISSING';
  constructor(readonly rootKeyId: string) {
    super(`Root key ${rootKeyId} is not configured, and stored secrets need it. Add it after the active key; it may go once postledger keys rotate has run.`);
  }
}

/** The configured key of this id is not the one the store was written with. */
export class RootKeyWrong extends RootKeyRefused {
  override readonly name = 'RootKeyWrong';
  override readonly code = 'ROOT_KEY_WRONG';
  constructor(readonly rootKeyId: string) {
    super(`Root key ${rootKeyId} is not the key that the stored secrets were written with. Put the right one back; a new key needs a new id.`);
  }
}

/** A stored key does not unwrap. */
export class UnwrapFailed extends Error {
  override readonly name = 'UnwrapFailed';
  constructor(
    readonly rootKeyId: string,
    options?: ErrorOptions,
  ) {
    super(`A key wrapped by root key ${rootKeyId} cannot be unwrapped.`, options);
  }
}

const howToMakeOne = 'one key is made by: echo "k1:$(openssl rand -base64 32)"';
const developmentKeyFile = 'root-key';
const developmentKeyId = /^development-/;

/**
 * Takes the root keys from the environment, else from the configured file, else (never in production) from `<data directory>/root-key`, which it makes on first use.
 * @throws {RootKeyRefused}
 */
export async function loadRootKeys({ keys, keysFile, dataDirectory, production }: RootKeySettings): Promise<RootKeys> {
  if (keys !== undefined && keysFile !== undefined) throw new RootKeyRefused('Set POSTLEDGER_ROOT_KEYS or POSTLEDGER_ROOT_KEYS_FILE, not both.');
  const rootKeys =
    keys !== undefined
      ? parseRootKeys(keys, 'POSTLEDGER_ROOT_KEYS')
      : keysFile !== undefined
        ? parseRootKeys(await readPrivately(keysFile), keysFile)
        : parseRootKeys(await developmentKey(dataDirectory, production), join(dataDirectory, developmentKeyFile));

  if (production && rootKeys.development)
    throw new RootKeyRefused(
      `Root key ${rootKeys.activeKeyId} was generated for development. For production put a key of your own before it, then run: postledger keys rotate (${howToMakeOne}).`,
    );
  return rootKeys;
}

/**
 * `source` names where the text came from, for messages.
 * @throws {RootKeyRefused}
 */
export function parseRootKeys(text: string, source: string): RootKeys {
  const keys = new Map<string, Buffer>();
  for (const [index, entry] of text.trim().split(',').entries()) {
    const where = `${source}: key ${index + 1}`;
    const [, id, encoded] = /^([A-Za-z0-9_-]{1,32}):(.*)$/s.exec(entry.trim()) ?? [];
    if (id === undefined || encoded === undefined)
      throw new RootKeyRefused(`${where} is not <id>:<base64>, with an id of 1 to 32 letters, digits, _ and -; ${howToMakeOne}.`);
    if (keys.has(id)) throw new RootKeyRefused(`${where} has the id ${id} again. Each id may stand for one key only.`);

    const bytes = Buffer.from(encoded, 'base64');
    if (bytes.length !== 32 || bytes.toString('base64') !== encoded)
      throw new RootKeyRefused(`${where} (${id}) is not base64 of exactly 32 bytes; ${howToMakeOne}.`);
    keys.set(id, wrappingKey(bytes));
  }
  return new LocalRootKeys(keys);
}

/** The root key is for wrapping alone: what encrypts is derived from it, so that the same key configured elsewhere by mistake gives nothing away here. */
function wrappingKey(rootKey: Buffer): Buffer {
  const derived = hkdf(rootKey, '', 'postledger root key wraps 1', 32);
  rootKey.fill(0);
  return derived;
}

/** Wrapped form: iv 12 ‖ ciphertext ‖ tag 16, AES-256-GCM with the context as associated data. */
class LocalRootKeys implements RootKeys {
  readonly activeKeyId: string;
  readonly keyIds: ReadonlySet<string>;
  readonly development: boolean;

  constructor(private readonly keys: ReadonlyMap<string, Buffer>) {
    const [first] = keys.keys();
    if (first === undefined) throw new RangeError('At least one root key is needed.');
    this.activeKeyId = first;
    this.keyIds = new Set(keys.keys());
    this.development = developmentKeyId.test(first);
  }

  async wrap(key: Buffer, context: string): Promise<WrappedKey> {
    const iv = freshRandom(12);
    const cipher = createCipheriv('aes-256-gcm', this.#key(this.activeKeyId), iv).setAAD(Buffer.from(context));
    return { rootKeyId: this.activeKeyId, bytes: Buffer.concat([iv, cipher.update(key), cipher.final(), cipher.getAuthTag()]) };
  }

  async unwrap({ rootKeyId, bytes }: WrappedKey, context: string): Promise<Buffer> {
    if (bytes.length < 28) throw new UnwrapFailed(rootKeyId);
    const decipher = createDecipheriv('aes-256-gcm', this.#key(rootKeyId), bytes.subarray(0, 12), { authTagLength: 16 })
      .setAAD(Buffer.from(context))
      .setAuthTag(bytes.subarray(-16));
    const key = decipher.update(bytes.subarray(12, -16));
    try {
      decipher.final();
      return key;
    } catch (error) {
      key.fill(0);
      throw new UnwrapFailed(rootKeyId, { cause: error });
    }
  }

  #key(id: string): Buffer {
    const key = this.keys.get(id);
    if (key === undefined) throw new UnwrapFailed(id);
    return key;
  }
}

async function developmentKey(dataDirectory: string, production: boolean): Promise<string> {
  const path = join(dataDirectory, developmentKeyFile);
  if (production) {
    const found = (await fileExists(path)) ? ` The development key ${path} is not accepted.` : '';
    throw new RootKeyRefused(`Production needs a root key: set POSTLEDGER_ROOT_KEYS or POSTLEDGER_ROOT_KEYS_FILE; ${howToMakeOne}.${found}`);
  }
  if (await fileExists(path)) return await readPrivately(path);
  if (await fileExists(join(dataDirectory, 'secrets.db')))
    throw new RootKeyRefused(
      `${dataDirectory} holds secrets, but their root key is not there: put ${path} back, or set POSTLEDGER_ROOT_KEYS. (To give the secrets up for good, remove secrets.db.)`,
    );

  const text = `development-${randomBytes(4).toString('hex')}:${randomBytes(32).toString('base64')}\n`;
  const file = await open(path, 'wx', 0o600);
  try {
    await file.chmod(0o600);
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  return text;
}

/** @throws {RootKeyRefused} the file is not there, or others than its owner may read or write it. */
async function readPrivately(path: string): Promise<string> {
  try {
    const { mode } = await stat(path);
    if ((mode & 0o077) !== 0)
      throw new RootKeyRefused(`Root key file ${path} is open to others (mode ${(mode & 0o777).toString(8).padStart(4, '0')}). Close it: chmod 600 ${path}`);
    return await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof RootKeyRefused) throw error;
    throw new RootKeyRefused(`Root key file ${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}
