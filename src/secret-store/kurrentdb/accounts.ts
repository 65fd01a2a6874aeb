import { ConcurrencyConflict, StreamDeleted } from '../../event-store/event-store.js';
import { AccountShredded } from '../secret-store.js';
import { recordOf, shredded, withoutEnded, written, type AccountRecord, type EndingSecret, type PresentAccount } from './account-record.js';
import type { Documents } from './documents.js';
import type { ErasureLedger } from './erasure-ledger.js';
import type { SecretStreams } from './streams.js';

export type StoredAccount =
  | { readonly kind: 'missing' }
  | { readonly kind: 'present'; readonly record: PresentAccount; readonly revision: bigint }
  /** `revision` is null when its stream has ended as well, and nothing is left to do. */
  | { readonly kind: 'shredded'; readonly ending: readonly EndingSecret[]; readonly revision: bigint | null };

/** The accounts' records. Exact revisions decide between nodes: who comes second reads again. */
export class Accounts {
  constructor(
    private readonly documents: Documents,
    private readonly ledger: ErasureLedger,
    private readonly streams: SecretStreams,
  ) {}

  /** As the leader knows it: an erase by another node is seen at once. */
  async load(accountId: string): Promise<StoredAccount> {
    const stored = await this.documents.read(this.streams.account(accountId));
    if (stored.kind === 'missing') return stored;
    if (stored.kind === 'ended') return { kind: 'shredded', ending: [], revision: null };
    const record = recordOf(accountId, stored.data);
    const { revision } = stored;
    return record.kind === 'present' ? { kind: 'present', record, revision } : { kind: 'shredded', ending: record.ending, revision };
  }

  /** False when somebody else wrote first. */
  async write(accountId: string, record: AccountRecord, after: bigint | 'no_stream'): Promise<boolean> {
    const { type, data } = written(record);
    try {
      await this.documents.write(this.streams.account(accountId), type, data, after);
      return true;
    } catch (error) {
      if (error instanceof ConcurrencyConflict || error instanceof StreamDeleted) return false;
      throw error;
    }
  }

  /** Changes what there is; null changes nothing. Answers the record as it then is, null when there is none. */
  async change(accountId: string, next: (record: PresentAccount) => PresentAccount | null): Promise<PresentAccount | null> {
    for (;;) {
      const stored = await this.load(accountId);
      if (stored.kind !== 'present') return null;
      const changed = next(stored.record);
      if (changed === null) return stored.record;
      if (await this.write(accountId, changed, stored.revision)) return changed;
    }
  }

  /** The account's key and secrets go for good. The record comes first: from then on no node opens or stores anything, and whoever finds it unfinished finishes it. */
  async shred(accountId: string): Promise<void> {
    for (;;) {
      const stored = await this.load(accountId);
      switch (stored.kind) {
        case 'missing':
          if (!(await this.write(accountId, { kind: 'shredded', ending: [] }, 'no_stream'))) continue;
          break;
        case 'present':
          if (!(await this.write(accountId, shredded(stored.record), stored.revision))) continue;
          break;
        case 'shredded':
          if (stored.revision === null) return;
          await this.#end(stored.ending);
          // Before the last stream ends: were it noted afterwards, a crash in between would leave it out.
          await this.ledger.accountShredded(accountId);
          await this.documents.end(this.streams.account(accountId));
          return;
      }
    }
  }

  /** Ends the streams of what was destroyed, and notes it. */
  async finishEnding(accountId: string, { ending }: PresentAccount): Promise<void> {
    if (ending.length === 0) return;
    await this.#end(ending);
    await this.ledger.secretsDestroyed(
      accountId,
      ending.map(({ secretId }) => secretId),
    );
    await this.change(accountId, (record) => (record.ending.length === 0 ? null : withoutEnded(record, ending)));
  }

  async #end(ending: readonly EndingSecret[]): Promise<void> {
    for (const { stream } of ending) await this.documents.end(stream);
  }
}

/** The account's record; null when it has none. @throws {AccountShredded} */
export function presentRecord(accountId: string, stored: StoredAccount): PresentAccount | null {
  if (stored.kind === 'shredded') throw new AccountShredded(accountId);
  return stored.kind === 'present' ? stored.record : null;
}
