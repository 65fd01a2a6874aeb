import type { Json } from './leaves.js';

/** Where the metadata of an event keeps the personal data that was taken out of its data. */
export const personalDataMember = '$personal';

/** Personal data of an account as the log holds it: readable as long as the account's key is there. */
export interface SealedPersonalData {
  /** The stream of the account whose key it is sealed under. */
  readonly subject: string;
  readonly keyId: string;
  /** AES-256-GCM, base64url: initialisation vector, ciphertext, tag. */
  readonly sealed: string;
  /** By the path (RFC 6901) of each text: what stands for it once nobody can read it any more. Equal for equal texts of one account. Base64url of 32 bytes. */
  readonly commitments: Readonly<Record<string, string>>;
}

/**
 * What the metadata says; null for an event that has no personal data, or was written before it was sealed.
 * @throws {TypeError} it is none that this service wrote.
 */
export function sealedPersonalData(metadata: Json): SealedPersonalData | null {
  const found = metadata[personalDataMember];
  if (found === undefined) return null;
  const { subject, keyId, sealed, commitments } = (typeof found === 'object' && found !== null ? found : {}) as Partial<SealedPersonalData>;
  const isWhole = [subject, keyId, sealed].every((text) => typeof text === 'string') && typeof commitments === 'object' && commitments !== null;
  if (!isWhole || !Object.values(commitments).every((commitment) => typeof commitment === 'string'))
    throw new TypeError('The personal data of the event is not in a known form.');
  return found as SealedPersonalData;
}

/** So many characters of a commitment are shown: 48 bits tell the texts of one account apart. */
export const shownOfCommitment = 8;

/** What is read in place of a text that was erased: that one stood there, and whether it was the same as another of the account. */
export function erasedText(commitment: string | null): string {
  return commitment === null ? '[erased]' : `[erased ${commitment.slice(0, shownOfCommitment)}]`;
}
