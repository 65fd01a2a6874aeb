import { randomUUID } from 'node:crypto';
import type { EventStore, JsonObject, Position } from '../../event-store/event-store.js';
import type { SecretStreams } from './streams.js';

/** What may still be in the servers' files, though nobody can read it through them. */
export type Erasure = { readonly at: Date; readonly position: Position } & (
  | { readonly kind: 'account'; readonly accountId: string }
  | { readonly kind: 'secrets'; readonly accountId: string; readonly secretIds: readonly string[] }
  /** Keys as the old root keys wrapped them: whoever has the files and an old root key has the keys. */
  | { readonly kind: 'rewrappedKeys'; readonly keys: number }
);

/** Erasures in the order of the log, and up to where the files of all servers are known to be free of them. */
export class ErasureLedger {
  readonly #erasures: Erasure[] = [];
  readonly #shredded = new Set<string>();
  #next = 0n;
  #scavengedUpTo: Position = -1n;
  #reading: Promise<void> = Promise.resolve();

  constructor(
    private readonly log: Pick<EventStore, 'appendToStream' | 'readStream'>,
    private readonly streams: SecretStreams,
  ) {}

  accountShredded(accountId: string): Promise<void> {
    return this.#append('AccountShredded', { accountId });
  }

  secretsDestroyed(accountId: string, secretIds: readonly string[]): Promise<void> {
    return this.#append('SecretsDestroyed', { accountId, secretIds });
  }

  keysRewrapped(keys: number): Promise<void> {
    return this.#append('KeysRewrapped', { keys });
  }

  /** Notes that every server has scavenged what was erased before this position. */
  scavenged(upTo: Position): Promise<void> {
    return this.#append('ErasuresScavenged', { upTo: upTo.toString() });
  }

  /** What no server is known to have scavenged, oldest first. An account that was erased again after a crash comes once. */
  async pending(): Promise<readonly Erasure[]> {
    await this.#read();
    return this.#erasures.filter(({ position }) => position >= this.#scavengedUpTo);
  }

  async shreddedAccounts(): Promise<number> {
    return (await this.shreddedIds()).size;
  }

  async shreddedIds(): Promise<ReadonlySet<string>> {
    await this.#read();
    return this.#shredded;
  }

  async #append(type: string, data: JsonObject): Promise<void> {
    await this.log.appendToStream(this.streams.erasures, [{ id: randomUUID(), type, data, metadata: {} }], 'any');
  }

  /** Reads on where the last reading ended, one reading after the other. */
  #read(): Promise<void> {
    const reading = this.#reading.catch(() => undefined).then(() => this.#readOn());
    this.#reading = reading;
    return reading;
  }

  async #readOn(): Promise<void> {
    for await (const { type, data, position, recordedAt: at, revision } of this.log.readStream(this.streams.erasures, { from: this.#next })) {
      this.#next = revision + 1n;
      const { accountId, secretIds, keys, upTo } = data as { accountId: string; secretIds: readonly string[]; keys: number; upTo: string };
      switch (type) {
        case 'AccountShredded':
          if (!this.#shredded.has(accountId)) this.#erasures.push({ kind: 'account', accountId, at, position });
          this.#shredded.add(accountId);
          break;
        case 'SecretsDestroyed':
          this.#erasures.push({ kind: 'secrets', accountId, secretIds, at, position });
          break;
        case 'KeysRewrapped':
          this.#erasures.push({ kind: 'rewrappedKeys', keys, at, position });
          break;
        case 'ErasuresScavenged':
          if (BigInt(upTo) > this.#scavengedUpTo) this.#scavengedUpTo = BigInt(upTo);
          this.#forgetScavenged();
          break;
        default:
      }
    }
  }

  #forgetScavenged(): void {
    const pending = this.#erasures.filter(({ position }) => position >= this.#scavengedUpTo);
    this.#erasures.splice(0, this.#erasures.length, ...pending);
  }
}
