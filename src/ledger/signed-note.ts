import { createPrivateKey, createPublicKey, generateKeyPairSync, sign, verify, type KeyObject } from 'node:crypto';
import { sha256 } from './hashes.js';

/*
 * Signed notes, as C2SP's signed-note has them: a text, an empty line, and a line for each signature: `— <key name> <base64(key id, 4 bytes ‖ signature)>`.
 * Keys are Ed25519 (RFC 8032), type 1 there. A verifier's key is written `<name>+<key id, 8 hexadecimal digits>+<base64(type ‖ public key)>`, a signer's `PRIVATE+KEY+<name>+<id>+<base64(type ‖ seed)>`.
 */
const ed25519 = 1;
const signaturePrefix = '— ';
const seedHeader = Buffer.from('302e020100300506032b657004220420', 'hex');
const publicHeader = Buffer.from('302a300506032b6570032100', 'hex');

/** The text is no signed note, or no key. */
export class NoteMalformed extends Error {
  override readonly name = 'NoteMalformed';
}

/** What a signature is checked with. Whoever has it can check, and nothing else. */
export interface NoteVerifier {
  readonly name: string;
  /** 4 bytes, as 8 hexadecimal digits. */
  readonly keyId: string;
  readonly publicKey: KeyObject;
  /** The key as text: see above. */
  readonly text: string;
}

export interface NoteSigner extends NoteVerifier {
  /** @param text ends with a line end. */
  sign(text: string): string;
}

/** A new key pair, the secret half as text. @param name see {@link isKeyName}. */
export function newSignerKey(name: string): string {
  if (!isKeyName(name)) throw new NoteMalformed(`A key's name is not empty and has neither white space nor a plus sign: ${name}`);
  const { privateKey } = generateKeyPairSync('ed25519');
  const seed = privateKey.export({ format: 'der', type: 'pkcs8' }).subarray(-32);
  return `PRIVATE+KEY+${name}+${keyIdOf(name, publicBytes(privateKey))}+${typed(seed)}`;
}

export function isKeyName(name: string): boolean {
  return /^[^\s+]{1,200}$/u.test(name);
}

/** @throws {NoteMalformed} it is no signer's key. The message does not hold it. */
export function signerFrom(text: string): NoteSigner {
  const [, name, keyId, key] = /^PRIVATE\+KEY\+([^\s+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+=*)$/u.exec(text.trim()) ?? [];
  const bytes = Buffer.from(key ?? '', 'base64');
  if (name === undefined || bytes.length !== 33 || bytes[0] !== ed25519)
    throw new NoteMalformed('It is no signing key: PRIVATE+KEY+<name>+<key id>+<base64 of an Ed25519 seed>.');
  const privateKey = createPrivateKey({ key: Buffer.concat([seedHeader, bytes.subarray(1)]), format: 'der', type: 'pkcs8' });
  bytes.fill(0);
  const verifier = verifierOf(name, publicBytes(privateKey));
  if (verifier.keyId !== keyId) throw new NoteMalformed('It is no signing key: its id is another one than that of its name and key. It was altered.');
  return { ...verifier, sign: (note) => signedWith(note, verifier, privateKey) };
}

/** @throws {NoteMalformed} it is no verifier's key. The message does not hold it: it may be a secret one, given by mistake. */
export function verifierFrom(text: string): NoteVerifier {
  const [, name, keyId, key] = /^([^\s+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+=*)$/u.exec(text.trim()) ?? [];
  const bytes = Buffer.from(key ?? '', 'base64');
  if (name === undefined || bytes.length !== 33 || bytes[0] !== ed25519)
    throw new NoteMalformed(
      text.trim().startsWith('PRIVATE+KEY+')
        ? 'It is a signing key, which is secret. Give its public half: postledger audit key prints it.'
        : 'It is no public key: <name>+<key id>+<base64 of an Ed25519 public key>.',
    );
  const verifier = verifierOf(name, bytes.subarray(1));
  if (verifier.keyId !== keyId) throw new NoteMalformed(`The id of the public key ${name} is another one than that of its name and key. It was altered.`);
  return verifier;
}

/**
 * The note's text, which the key has signed.
 * @returns null where no signature on it is this key's.
 * @throws {NoteMalformed} it is no signed note.
 */
export function openNote(note: string, { name, keyId, publicKey }: NoteVerifier): string | null {
  const { text, signatures } = parseNote(note);
  const isSigned = signatures.some((each) => each.name === name && each.keyId === keyId && verify(null, Buffer.from(text), publicKey, each.signature));
  return isSigned ? text : null;
}

/** A note's text and who it says has signed it, unchecked. @throws {NoteMalformed} */
export function parseNote(note: string): {
  readonly text: string;
  readonly signatures: readonly { readonly name: string; readonly keyId: string; readonly signature: Buffer }[];
} {
  const end = note.lastIndexOf('\n\n');
  if (end < 0 || !note.endsWith('\n')) throw new NoteMalformed('It is no signed note: a text, an empty line, signatures.');
  const lines = note.slice(end + 2, -1).split('\n');
  const signatures = lines.map((line) => {
    const [, name, value] = /^— ([^\s+]+) ([A-Za-z0-9+/]+=*)$/u.exec(line) ?? [];
    const bytes = Buffer.from(value ?? '', 'base64');
    if (name === undefined || bytes.length < 5) throw new NoteMalformed('It is no signed note: a line after the empty one is no signature.');
    return { name, keyId: bytes.toString('hex', 0, 4), signature: bytes.subarray(4) };
  });
  return { text: note.slice(0, end + 1), signatures };
}

function signedWith(text: string, { name, keyId }: NoteVerifier, key: KeyObject): string {
  if (!text.endsWith('\n')) throw new NoteMalformed('The text of a note ends with a line end.');
  const signature = Buffer.concat([Buffer.from(keyId, 'hex'), sign(null, Buffer.from(text), key)]);
  return `${text}\n${signaturePrefix}${name} ${signature.toString('base64')}\n`;
}

function verifierOf(name: string, bytes: Buffer): NoteVerifier {
  const publicKey = createPublicKey({ key: Buffer.concat([publicHeader, bytes]), format: 'der', type: 'spki' });
  const keyId = keyIdOf(name, bytes);
  return { name, keyId, publicKey, text: `${name}+${keyId}+${typed(bytes)}` };
}

function keyIdOf(name: string, publicKey: Buffer): string {
  return sha256(Buffer.concat([Buffer.from(`${name}\n`), Buffer.from([ed25519]), publicKey])).toString('hex', 0, 4);
}

function publicBytes(privateKey: KeyObject): Buffer {
  return createPublicKey(privateKey).export({ format: 'der', type: 'spki' }).subarray(-32);
}

function typed(bytes: Buffer): string {
  return Buffer.concat([Buffer.from([ed25519]), bytes]).toString('base64');
}
