import { createCipheriv, createDecipheriv, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { SecretSlot } from './secret-slot.js';
import { hkdf } from './hkdf.js';
import { lengthPrefixed } from './length-prefixed.js';
import { PersonalDataKey } from './personal-data-key.js';
import { freshRandom } from './random-pool.js';
import { SealBroken } from './seal-broken.js';
import { SecretValue } from './secret-value.js';

export { SealBroken } from './seal-broken.js';

/*
 * A sealed secret in text: pl1.<account key id>.<base64url(salt 16 ‖ commitment 32 ‖ iv 12 ‖ ciphertext ‖ tag 16)>
 *
 * HKDF-SHA-256 (RFC 5869) makes from the account key and a fresh salt 32 bytes of AES-256-GCM key (NIST SP 800-38D) and 32 bytes of key commitment. GCM alone does
 * not tie a ciphertext to one key, and a store of many keys needs that. Where the secret belongs is the associated data, so that a row put elsewhere fails to open.
 */
const format = 'pl1';
const saltLength = 16;
const commitmentLength = 32;
const ivLength = 12;
const tagLength = 16;
const headLength = saltLength + commitmentLength + ivLength;

/** Where a secret belongs. It opens at no other place. */
export interface SecretPlace {
  readonly accountId: string;
  readonly secretId: string;
  readonly slot: SecretSlot;
  readonly version: number;
  readonly boundTo: readonly string[];
}

/** One account's key, in the clear. Lives in memory alone; {@link erase} it when done. */
export class AccountKey {
  readonly #bytes: Buffer;
  /** Made when it is asked for: whoever reads the log needs none. */
  #fingerprintKey: Buffer | null = null;
  #personal: PersonalDataKey | null = null;

  /** Takes `bytes` (32 of them) over: they are overwritten by `erase`. */
  constructor(
    readonly id: string,
    bytes: Buffer,
  ) {
    if (bytes.length !== 32) throw new RangeError('An account key is 32 bytes long.');
    this.#bytes = bytes;
  }

  static random(): AccountKey {
    const bytes = randomBytes(32 + 9);
    return new AccountKey(bytes.toString('base64url', 32), bytes.subarray(0, 32));
  }

  /** A copy of the key, to be wrapped. */
  bytes(): Buffer {
    return Buffer.from(this.#bytes);
  }

  /** What personal data is sealed under. It is erased with this key. */
  personalDataKey(): PersonalDataKey {
    return (this.#personal ??= new PersonalDataKey(this.id, this.#bytes));
  }

  fingerprint(slot: SecretSlot, value: SecretValue): string {
    this.#fingerprintKey ??= hkdf(this.#bytes, '', 'fingerprint', 32);
    const bytes = value.revealBytes();
    const fingerprint = createHmac('sha256', this.#fingerprintKey).update(lengthPrefixed(slot)).update(bytes).digest('base64url');
    bytes.fill(0);
    return fingerprint;
  }

  seal(place: SecretPlace, value: SecretValue): string {
    const random = freshRandom(saltLength + ivLength);
    const salt = random.subarray(0, saltLength);
    const iv = random.subarray(saltLength);
    const { key, commitment } = this.#derive(salt);
    const bytes = value.revealBytes();
    const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(associatedData(place));
    const sealed = Buffer.concat([salt, commitment, iv, cipher.update(bytes), cipher.final(), cipher.getAuthTag()]);
    bytes.fill(0);
    key.fill(0);
    return `${format}.${this.id}.${sealed.toString('base64url')}`;
  }

  /** @throws {SealBroken} */
  open(place: SecretPlace, sealed: string): SecretValue {
    const bytes = this.#parse(sealed);
    const { key, commitment } = this.#derive(bytes.subarray(0, saltLength));
    if (!timingSafeEqual(commitment, bytes.subarray(saltLength, saltLength + commitmentLength))) throw new SealBroken('It was sealed with another key.');

    const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(saltLength + commitmentLength, headLength), { authTagLength: tagLength })
      .setAAD(associatedData(place))
      .setAuthTag(bytes.subarray(-tagLength));
    const clear = decipher.update(bytes.subarray(headLength, -tagLength));
    try {
      decipher.final();
      return new SecretValue(clear);
    } catch (error) {
      throw new SealBroken('It was altered, or belongs elsewhere.', { cause: error });
    } finally {
      clear.fill(0);
      key.fill(0);
    }
  }

  erase(): void {
    this.#bytes.fill(0);
    this.#fingerprintKey?.fill(0);
    this.#personal?.erase();
  }

  #parse(sealed: string): Buffer {
    const [prefix, keyId, body, ...rest] = sealed.split('.');
    if (prefix !== format || body === undefined || rest.length > 0) throw new SealBroken('It is not in a known format.');
    if (keyId !== this.id) throw new SealBroken('It was sealed with another key.');

    const bytes = Buffer.from(body, 'base64url');
    // Base64 readers skip what they do not know and ignore spare bits; a text that is not exactly what we would write was altered.
    if (bytes.toString('base64url') !== body) throw new SealBroken('It is not canonical base64url.');
    if (bytes.length < headLength + tagLength) throw new SealBroken('It is too short.');
    return bytes;
  }

  #derive(salt: Buffer): { key: Buffer; commitment: Buffer } {
    const derived = hkdf(this.#bytes, salt, 'postledger secret 1', 64);
    return { key: derived.subarray(0, 32), commitment: derived.subarray(32) };
  }
}

function associatedData({ accountId, secretId, slot, version, boundTo }: SecretPlace): Buffer {
  return lengthPrefixed(format, accountId.toLowerCase(), secretId, slot, String(version), String(boundTo.length), ...boundTo);
}
