import { setTimeout as sleep } from 'node:timers/promises';
import { change, insert, query, type Database } from './database.js';
import { SecretStoreUnavailable } from './secret-store.js';

/** Slots are of whole multiples of this many bytes, so that a freed one fits the next secret, and its size does not tell the length of a password. */
const sizeStep = 64;
const lengthPrefix = 2;
const maximumLength = 0xffff;

/**
 * Where the bytes live that must be erasable for good: wrapped keys and sealed secrets. SQLite's `secure_delete` overwrites a deleted row, but when rows move
 * between pages to keep the tree balanced, copies of them can stay in unused parts of the old page, out of reach of a later delete. So rows never move here: they
 * are only appended, never deleted, and overwritten by others of the same size, which SQLite does in place. All changes belong inside a transaction.
 */
export class Slots {
  readonly #sql;
  /** Sizes that may have a free slot, to save the look where there is none. */
  readonly #sizesFree: Set<number>;

  constructor(private readonly database: Database) {
    this.#sql = {
      read: query<{ bytes: Uint8Array }>(database, 'SELECT bytes FROM slot WHERE slot_id = ?'),
      takeFree: query<{ slotId: number }>(
        database,
        'DELETE FROM free_slot WHERE size = ?1 AND slot_id = (SELECT min(slot_id) FROM free_slot WHERE size = ?1) RETURNING slot_id AS slotId',
      ),
      append: insert(database, 'INSERT INTO slot (bytes) VALUES (?)'),
      overwrite: change(database, 'UPDATE slot SET bytes = ? WHERE slot_id = ? AND length(bytes) = ?'),
      free: change(database, 'INSERT INTO free_slot (size, slot_id) VALUES (?, ?)'),
    };
    this.#sizesFree = new Set(
      query<{ size: number }>(database, 'SELECT DISTINCT size FROM free_slot')
        .all()
        .map(({ size }) => size),
    );
  }

  /** @throws {SlotDamaged} */
  read(slotId: number): Buffer {
    return slotContents(this.#bytes(slotId));
  }

  /** Keeps the bytes, at most 65,535, and answers with the slot that holds them. */
  add(bytes: Buffer): number {
    const padded = pad(bytes);
    const free = this.#takeFree(padded.length);
    if (free === undefined) return this.#sql.append(padded);
    this.#overwrite(free, padded);
    return free;
  }

  /** Puts other bytes in their place; what was there is erased. Answers with the slot, another one when the size differs. */
  replace(slotId: number, bytes: Buffer): number {
    const padded = pad(bytes);
    if (padded.length === this.#bytes(slotId).length) {
      this.#overwrite(slotId, padded);
      return slotId;
    }
    this.erase(slotId);
    return this.add(bytes);
  }

  /** Overwrites the bytes. Call {@link emptyLog} once this is committed: until then the log still holds copies. */
  erase(slotId: number): void {
    const length = this.#sql.read.get(slotId)?.bytes.length;
    if (length === undefined) return;
    this.#overwrite(slotId, Buffer.alloc(length));
    this.#sql.free(length, slotId);
    this.#sizesFree.add(length);
  }

  /**
   * Takes the write-ahead log into the database and cuts it to nothing: no file holds erased bytes afterwards. Waits for another process that reads, such as a
   * backup, at most 10 seconds.
   * @throws {SecretStoreUnavailable} the log could not be emptied; the next start will.
   */
  async emptyLog(): Promise<void> {
    for (let attempts = 200; query<{ busy: number }>(this.database, 'PRAGMA wal_checkpoint(TRUNCATE)').get()?.busy !== 0; attempts--) {
      if (attempts === 0)
        throw new SecretStoreUnavailable(
          'Erased secrets are still in secrets.db-wal, because another process reads it. End that one, then start the service again.',
        );
      await sleep(50);
    }
  }

  #bytes(slotId: number): Uint8Array {
    const row = this.#sql.read.get(slotId);
    if (row === undefined) throw new SlotDamaged(slotId);
    return row.bytes;
  }

  #overwrite(slotId: number, padded: Buffer): void {
    if (this.#sql.overwrite(padded, slotId, padded.length) !== 1) throw new SlotDamaged(slotId);
  }

  #takeFree(size: number): number | undefined {
    if (!this.#sizesFree.has(size)) return undefined;
    const free = this.#sql.takeFree.get(size);
    if (free === undefined) this.#sizesFree.delete(size);
    return free?.slotId;
  }
}

/** A slot is gone or has another size than noted: the file was altered. */
export class SlotDamaged extends Error {
  override readonly name = 'SlotDamaged';
  constructor(slotId: number) {
    super(`Slot ${slotId} of the secret store is damaged. Restore the secret store from a backup.`);
  }
}

/** Length in 2 bytes, the bytes, zeros up to the size of a slot. */
function pad(bytes: Buffer): Buffer {
  if (bytes.length > maximumLength) throw new RangeError(`A slot holds at most ${maximumLength} bytes.`);
  const padded = Buffer.alloc(Math.ceil((lengthPrefix + bytes.length) / sizeStep) * sizeStep);
  padded.writeUInt16BE(bytes.length);
  bytes.copy(padded, lengthPrefix);
  return padded;
}

/** What was put into the slot whose bytes these are. */
export function slotContents(padded: Uint8Array): Buffer {
  const bytes = Buffer.from(padded.buffer, padded.byteOffset, padded.byteLength);
  return bytes.subarray(lengthPrefix, lengthPrefix + bytes.readUInt16BE());
}
