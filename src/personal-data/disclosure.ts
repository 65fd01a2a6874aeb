import { erasablePaths } from '../domain/personal-data/erasable-paths.js';
import { takeOut } from '../domain/personal-data/leaves.js';
import { sealedPersonalData } from '../domain/personal-data/sealed-personal-data.js';
import type { RecordedEvent } from '../event-store/event-store.js';
import { AccountShredded, type SecretStore } from '../secret-store/secret-store.js';
import { accountOf } from './subject.js';

/** One text of an event's personal data, and what shows a stranger that it is the one that was committed to: SHA-256 of salt and text is the commitment at its path. */
export interface Disclosure {
  /** JSON Pointer (RFC 6901) into the event's data, as the commitments name it. */
  readonly path: string;
  readonly value: string;
  /** 16 bytes. */
  readonly salt: Buffer;
}

/**
 * What an event says of an account, text by text. Empty for an event without personal data, and once the account was erased: nobody can show any more what it was.
 * @param raw the event as it lies in the store. @param opened the same event with its personal data.
 * @throws {SecretUnreadable} @throws {SecretStoreUnavailable}
 */
export async function disclosuresOf(
  raw: RecordedEvent,
  opened: RecordedEvent,
  secrets: Pick<SecretStore, 'usePersonalDataKey'>,
): Promise<readonly Disclosure[]> {
  const personal = sealedPersonalData(raw.metadata);
  if (personal === null) return [];
  const { leaves } = takeOut(opened.data, erasablePaths(raw.type));
  try {
    const disclosed = await secrets.usePersonalDataKey(accountOf(personal.subject), { create: false }, (key) =>
      leaves.filter(({ path, value }) => key.commitment(value) === personal.commitments[path]).map((leaf) => ({ ...leaf, salt: key.salt(leaf.value) })),
    );
    return disclosed ?? [];
  } catch (error) {
    if (error instanceof AccountShredded) return [];
    throw error;
  }
}
