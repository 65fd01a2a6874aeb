import type { EventStore, Position, RecordedEvent } from '../../event-store/event-store.js';
import { SecretUnreadable } from '../secret-store.js';
import { dueAt } from '../sweep-rules.js';
import { recordOf, type PresentAccount } from './account-record.js';
import type { SecretStreams } from './streams.js';

interface IndexedAccount {
  readonly rootKeyId: string;
  readonly secrets: number;
  /** Milliseconds since 1970; when a secret that nobody superseded is next to be looked at. */
  readonly lookAt: number;
  /** Milliseconds since 1970; when the longest superseded one was. */
  readonly supersededAt: number;
  readonly isEnding: boolean;
}

/**
 * Which accounts and labelled keys there are, and what walks over all of them have to know: gathered from the log with the first walk, a hundred bytes an account, and read on from there
 * with each further one. It may be behind: whoever changes anything reads the account's own record.
 */
export class IndexOfAccounts {
  readonly #accounts = new Map<string, IndexedAccount>();
  /** The root key that wraps each labelled key. */
  readonly #labels = new Map<string, string>();
  #after: Position | undefined;
  #reading: Promise<void> = Promise.resolve();

  /** @param gone is told of accounts that were shredded, here or by another node. */
  constructor(
    private readonly log: Pick<EventStore, 'readAll' | 'headPosition'>,
    private readonly streams: SecretStreams,
    private readonly gone: (accountId: string) => void,
  ) {}

  /** Reads what was written since, up to the end of the log at the time of the call. */
  catchUp(): Promise<void> {
    const reading = this.#reading.catch(() => undefined).then(() => this.#readOn());
    this.#reading = reading;
    return reading;
  }

  get accountIds(): readonly string[] {
    return [...this.#accounts.keys()];
  }

  get labels(): readonly string[] {
    return [...this.#labels.keys()];
  }

  get accounts(): number {
    return this.#accounts.size;
  }

  get secrets(): number {
    let sum = 0;
    for (const { secrets } of this.#accounts.values()) sum += secrets;
    return sum;
  }

  /** How many keys each root key wraps, by its id. */
  wrappedKeys(): ReadonlyMap<string, number> {
    const counts = new Map<string, number>();
    const used = [...this.#labels.values(), ...[...this.#accounts.values()].map(({ rootKeyId }) => rootKeyId)];
    for (const rootKeyId of used) counts.set(rootKeyId, (counts.get(rootKeyId) ?? 0) + 1);
    return new Map([...counts].sort(([one], [other]) => (one < other ? -1 : 1)));
  }

  /** Whose keys other root keys than this one wrap. */
  underOthers(rootKeyId: string): { readonly accountIds: readonly string[]; readonly labels: readonly string[] } {
    const accountIds = [...this.#accounts].filter(([, account]) => account.rootKeyId !== rootKeyId).map(([accountId]) => accountId);
    const labels = [...this.#labels].filter(([, id]) => id !== rootKeyId).map(([label]) => label);
    return { accountIds, labels };
  }

  /** The accounts that a sweep has to look at. Times in milliseconds. */
  due(now: number, grace: number): readonly string[] {
    const isDue = ({ lookAt, supersededAt, isEnding }: IndexedAccount) => isEnding || lookAt <= now || supersededAt + grace <= now;
    return [...this.#accounts].filter(([, account]) => isDue(account)).map(([accountId]) => accountId);
  }

  /** Notes that the account was looked at and nothing had to be written. */
  lookAgain(accountId: string, at: number): void {
    const account = this.#accounts.get(accountId);
    if (account) this.#accounts.set(accountId, { ...account, lookAt: at });
  }

  async #readOn(): Promise<void> {
    const { accountPrefix, labelPrefix } = this.streams;
    const head = await this.log.headPosition();
    const after = this.#after === undefined ? {} : { after: this.#after };
    for await (const event of this.log.readAll({ ...after, streamPrefixes: [accountPrefix, labelPrefix] })) {
      this.#take(event);
      this.#after = event.position;
    }
    // The next reading need not search what this one has found to hold nothing.
    if (head !== undefined && head > (this.#after ?? 0n)) this.#after = head;
  }

  #take({ streamId, data }: RecordedEvent): void {
    const { accountPrefix, labelPrefix } = this.streams;
    if (streamId.startsWith(labelPrefix)) {
      this.#labels.set(streamId.slice(labelPrefix.length), String(data['rootKeyId']));
      return;
    }
    const accountId = streamId.slice(accountPrefix.length);
    try {
      const record = recordOf(accountId, data);
      if (record.kind === 'present') {
        this.#accounts.set(accountId, indexed(record));
        return;
      }
      this.#accounts.delete(accountId);
      this.gone(accountId);
    } catch (error) {
      if (!(error instanceof SecretUnreadable)) throw error;
      // It is walked over all the same, and whoever reads it is told.
      this.#accounts.set(accountId, { rootKeyId: '', secrets: 1, lookAt: 0, supersededAt: Infinity, isEnding: false });
    }
  }
}

function indexed({ rootKeyId, secrets, ending }: PresentAccount): IndexedAccount {
  return {
    rootKeyId,
    secrets: secrets.length,
    lookAt: Math.min(Infinity, ...secrets.filter(({ supersededAt }) => supersededAt === null).map((secret) => dueAt(secret, 0))),
    supersededAt: Math.min(Infinity, ...secrets.flatMap(({ supersededAt }) => (supersededAt === null ? [] : [supersededAt]))),
    isEnding: ending.length > 0,
  };
}
