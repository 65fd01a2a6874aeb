import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { Actor } from '../domain/access/actor.js';
import type { Role } from '../domain/access/role.js';

/** What the key is derived for that consent states are sealed with. */
export const consentKeyLabel = 'consent-states';

/** What has to be known when somebody comes back from a provider: who began, for which profile, and the secret half of PKCE (RFC 7636). */
export interface BegunConsent {
  /** Makes it count once. */
  readonly id: string;
  readonly actor: Actor;
  readonly role: Role;
  readonly profile: string;
  readonly codeVerifier: string;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
}

const ivLength = 12;
const tagLength = 16;
const associatedData = Buffer.from('postledger consent 1');
const longest = 4_096;

/** The parameter `state` (RFC 6749, section 4.1.1): nobody can read it, make one or change one, and any node that has the key can open it. Nothing is kept of it anywhere. */
export class ConsentStates {
  /** @param key 32 bytes. */
  constructor(private readonly key: Buffer) {}

  seal(begun: BegunConsent): string {
    const iv = randomBytes(ivLength);
    const cipher = createCipheriv('aes-256-gcm', this.key, iv).setAAD(associatedData);
    return Buffer.concat([iv, cipher.update(JSON.stringify(begun)), cipher.final(), cipher.getAuthTag()]).toString('base64url');
  }

  /** Null for what {@link seal} never made. Whether it has expired is for the caller to look at. */
  open(state: string): BegunConsent | null {
    const bytes = Buffer.from(state.slice(0, longest), 'base64url');
    if (state.length > longest || bytes.length <= ivLength + tagLength || bytes.toString('base64url') !== state) return null;
    const decipher = createDecipheriv('aes-256-gcm', this.key, bytes.subarray(0, ivLength), { authTagLength: tagLength })
      .setAAD(associatedData)
      .setAuthTag(bytes.subarray(-tagLength));
    try {
      const text = Buffer.concat([decipher.update(bytes.subarray(ivLength, -tagLength)), decipher.final()]).toString();
      // Sealed by this service: it is what it was.
      return JSON.parse(text) as BegunConsent;
    } catch (error) {
      if (error instanceof Error) return null;
      throw error;
    }
  }
}
