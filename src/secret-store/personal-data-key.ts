import { createCipheriv, createDecipheriv, hash } from 'node:crypto';
import { hkdfExpand } from './hkdf.js';
import { HmacSha256 } from './hmac-sha256.js';
import { freshRandom } from './random-pool.js';
import { SealBroken } from './seal-broken.js';

const format = 'pp1';
const keyLength = 32;
const ivLength = 12;
const tagLength = 16;
const saltLength = 16;

/** Where sealed personal data belongs, and what it is committed to. It opens at no other place. */
export interface PersonalPlace {
  readonly eventId: string;
  readonly streamId: string;
  /** The paths of the texts, in order, and the commitment of each. */
  readonly commitments: readonly (readonly [path: string, commitment: string])[];
}

/**
 * What an account's personal data in events is sealed under: made from the account's key, and gone with it. HKDF-Expand with SHA-256 (RFC 5869) makes 32 bytes for sealing (AES-256-GCM,
 * NIST SP 800-38D), and 32 bytes each for the salts of commitments and for prints of input once something is written. It lives in memory alone, and never gives its bytes away.
 */
export class PersonalDataKey {
  /** The account's own buffer, which is overwritten when that key is erased, and this one with it. */
  readonly #accountKey: Buffer;
  readonly #sealing: Buffer;
  #salts: HmacSha256 | null = null;
  #prints: HmacSha256 | null = null;
  #isErased = false;

  /** @param id that of the account's key. */
  constructor(
    readonly id: string,
    accountKey: Buffer,
  ) {
    this.#accountKey = accountKey;
    this.#sealing = hkdfExpand(accountKey, 'postledger personal data 1: sealing', keyLength);
  }

  /** Whether the key has left memory. Whoever holds on to this object asks the store for another one then. */
  get isErased(): boolean {
    return this.#isErased;
  }

  /** The texts, in the order of the place's paths, as base64url of initialisation vector, ciphertext and tag. */
  seal(place: PersonalPlace, texts: readonly string[]): string {
    this.#refuseIfErased();
    const iv = freshRandom(ivLength);
    const cipher = createCipheriv('aes-256-gcm', this.#sealing, iv).setAAD(this.#associatedData(place));
    return Buffer.concat([iv, cipher.update(JSON.stringify(texts), 'utf8'), cipher.final(), cipher.getAuthTag()]).toString('base64url');
  }

  /** @throws {SealBroken} it was altered, belongs elsewhere, or was sealed under another key. */
  open(place: PersonalPlace, sealed: string): readonly string[] {
    this.#refuseIfErased();
    const bytes = Buffer.from(sealed, 'base64url');
    if (bytes.length < ivLength + tagLength || bytes.toString('base64url') !== sealed) throw new SealBroken('It is not in a known format.');
    const decipher = createDecipheriv('aes-256-gcm', this.#sealing, bytes.subarray(0, ivLength), { authTagLength: tagLength })
      .setAAD(this.#associatedData(place))
      .setAuthTag(bytes.subarray(-tagLength));
    const text = decipher.update(bytes.subarray(ivLength, -tagLength), undefined, 'utf8');
    try {
      return JSON.parse(text + decipher.final('utf8')) as readonly string[];
    } catch (error) {
      throw new SealBroken('It was altered, or belongs elsewhere.', { cause: error });
    }
  }

  /** SHA-256 over salt and text, base64url: equal for equal texts of one account. It says nothing of the text to whoever has not got the salt. */
  commitment(text: string): string {
    return hash('sha256', Buffer.concat([this.salt(text), Buffer.from(text, 'utf8')]), 'base64url');
  }

  /** The 16 bytes that a commitment was made with. With them whoever is shown the text can check it. */
  salt(text: string): Buffer {
    this.#refuseIfErased();
    this.#salts ??= this.#derived('postledger personal data 1: salts');
    return this.#salts.digest(text).subarray(0, saltLength);
  }

  /** A keyed hash of what a command was given, base64url: tells a retry from another command, and nothing to whoever guesses once the key is gone. */
  print(input: string): string {
    this.#refuseIfErased();
    this.#prints ??= this.#derived('postledger personal data 1: prints');
    return this.#prints.digest(input).toString('base64url');
  }

  erase(): void {
    this.#isErased = true;
    this.#sealing.fill(0);
    this.#salts?.erase();
    this.#prints?.erase();
  }

  #refuseIfErased(): void {
    if (this.#isErased) throw new TypeError('The key was used after it was erased.');
  }

  #derived(label: string): HmacSha256 {
    const bytes = hkdfExpand(this.#accountKey, label, keyLength);
    const keyed = new HmacSha256(bytes);
    bytes.fill(0);
    return keyed;
  }

  #associatedData({ eventId, streamId, commitments }: PersonalPlace): Buffer {
    // JSON of nothing but texts: no two lists give the same.
    return Buffer.from(JSON.stringify([format, this.id, eventId, streamId, commitments]));
  }
}
