import { createHash, type Hash } from 'node:crypto';
import type { ExportFormat } from '../../projections/audit-export/format.js';

const lineFeed = 0x0a;
const quotationMark = 0x22;

/**
 * Follows the bytes of an export, however they are cut, and knows what of them is whole. The running hash is SHA-256 over the one before (at first 32 zero bytes) and the entry's
 * record without its end of line: it says where two exports begin to differ, and of a part whether it is the beginning of the whole.
 */
export class ExportRecords {
  readonly #fileHash: Hash = createHash('sha256');
  #runningHash: Buffer = Buffer.alloc(32);
  #rest: Buffer = Buffer.alloc(0);
  /** Up to where the rest was searched for its end, and whether that is between quotation marks. */
  #searched = 0;
  #isQuoted = false;
  wholeBytes = 0;
  entries = 0;
  first: bigint | null = null;
  last: bigint | null = null;

  constructor(readonly format: ExportFormat) {}

  add(chunk: Buffer): void {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    let begin = 0;
    let at = this.#searched;
    while (at < bytes.length) {
      const found = bytes.indexOf(lineFeed, at);
      const end = found < 0 ? bytes.length : found;
      this.#passQuotationMarks(bytes.subarray(at, end));
      at = found < 0 ? end : end + 1;
      if (found < 0 || this.#isQuoted) continue;
      this.#take(bytes.subarray(begin, at));
      begin = at;
    }
    this.#rest = Buffer.from(bytes.subarray(begin));
    this.#searched = this.#rest.length;
  }

  /** Whether the last record is there to its end. */
  get isWhole(): boolean {
    return this.#rest.length === 0;
  }

  /** For a file that was cut after its last whole record. */
  forgetRest(): void {
    this.#rest = Buffer.alloc(0);
    this.#searched = 0;
    this.#isQuoted = false;
  }

  /** SHA-256 of all whole records, header included, in hexadecimal digits. */
  fileHash(): string {
    return this.#fileHash.copy().digest('hex');
  }

  runningHash(): string {
    return this.#runningHash.toString('hex');
  }

  #passQuotationMarks(bytes: Buffer): void {
    if (!this.format.quotes) return;
    for (let at = bytes.indexOf(quotationMark); at >= 0; at = bytes.indexOf(quotationMark, at + 1)) this.#isQuoted = !this.#isQuoted;
  }

  #take(record: Buffer): void {
    this.#fileHash.update(record);
    this.wholeBytes += record.length;
    // Positions stand near the beginning, in all formats.
    const position = this.format.positionOf(record.toString('utf8', 0, 300));
    if (position === null) return;
    const withoutEnd = record.at(-2) === 0x0d && this.format.quotes ? record.subarray(0, -2) : record.subarray(0, -1);
    this.#runningHash = createHash('sha256').update(this.#runningHash).update(withoutEnd).digest();
    this.entries++;
    this.first ??= position;
    this.last = position;
  }
}
