import { ConcurrencyConflict, StreamDeleted } from '../../event-store/event-store.js';
import type { SealedRow } from '../sealed-secret.js';
import type { Documents } from './documents.js';

/** A sealed secret as it lies in its stream. What ties it to its place is sealed in with it; these fields are only what it claims. */
export interface SealedText {
  readonly sealed: string;
  readonly version: number;
  readonly boundTo: string;
}

/** One stream a secret, each a document of its own. */
export class SealedTexts {
  constructor(private readonly documents: Documents) {}

  /** Null when it is not there: destroyed, or its put never came to its end. */
  async read(stream: string): Promise<SealedText | null> {
    const stored = await this.documents.read(stream);
    if (stored.kind !== 'present') return null;
    const { sealed, version, boundTo } = stored.data;
    // What was altered is shown as what cannot be opened.
    return { sealed: String(sealed), version: Number(version), boundTo: String(boundTo) };
  }

  /**
   * Stores the secret, or ties it anew where it was stored for another version or other endpoints.
   * @returns false when it was destroyed meanwhile: its stream takes nothing any more.
   */
  async store(stream: string, { sealed, version, boundTo }: SealedRow): Promise<boolean> {
    for (let after: bigint | 'no_stream' = 'no_stream'; ;) {
      try {
        await this.documents.write(stream, 'SecretSealed', { sealed, version, boundTo }, after);
        return true;
      } catch (error) {
        if (error instanceof StreamDeleted) return false;
        if (!(error instanceof ConcurrencyConflict)) throw error;
      }
      const stored = await this.documents.read(stream);
      if (stored.kind === 'ended') return false;
      if (stored.kind === 'missing') continue;
      if (stored.data['version'] === version && stored.data['boundTo'] === boundTo) return true;
      after = stored.revision;
    }
  }
}
