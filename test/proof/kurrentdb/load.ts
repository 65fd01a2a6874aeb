/** An acknowledged change: the n-th of its writer's account. */
export interface Acknowledged {
  readonly accountId: string;
  readonly change: number;
  readonly version: number;
  /** Milliseconds on the monotonic clock. */
  readonly at: number;
}

interface Answer {
  readonly data?: Readonly<Record<string, { readonly account: { readonly version: number } | null } | null>> | null;
  readonly errors?: readonly { readonly extensions: { readonly code: string } }[];
}

/** Longer than any operation may take: a client that waits longer is stuck. */
const stuckAfter = 40_000; // milliseconds

/** Writers at one node of Postledger. Each changes an account of its own as fast as it can, and repeats a change under its idempotency key until it is acknowledged. */
export class Load {
  readonly acknowledged: Acknowledged[] = [];
  /** How often requests ended with each code, or without an answer. */
  readonly refused = new Map<string, number>();
  /** Requests that had no answer within {@link stuckAfter}. */
  stuck = 0;
  /** Milliseconds. */
  longestRequest = 0;
  readonly #over = new AbortController();
  #running: Promise<unknown> = Promise.resolve();

  constructor(
    readonly url: string,
    readonly token: string,
    /** Whose account each is. */
    readonly accountIds: readonly string[],
  ) {}

  start(): void {
    this.#running = Promise.all(this.accountIds.map((accountId) => this.#write(accountId)));
  }

  /** Resolves when every change that was begun is acknowledged. */
  async stop(): Promise<void> {
    this.#over.abort();
    await this.#running;
  }

  /** When the first change was acknowledged after this time. */
  firstAfter(time: number): number | undefined {
    return this.acknowledged.find(({ at }) => at > time)?.at;
  }

  /** Whether each writer has been acknowledged since. */
  allSince(time: number): boolean {
    const since = new Set(this.acknowledged.filter(({ at }) => at > time).map(({ accountId }) => accountId));
    return this.accountIds.every((accountId) => since.has(accountId));
  }

  async #write(accountId: string): Promise<void> {
    await this.#untilAcknowledged('createEmailAccount', accountId, 0);
    for (let change = 1; !this.#over.signal.aborted; change++) await this.#untilAcknowledged('renameEmailAccount', accountId, change);
  }

  async #untilAcknowledged(mutation: string, accountId: string, change: number): Promise<void> {
    const type = `${mutation.slice(0, 1).toUpperCase()}${mutation.slice(1)}Input`;
    const query = `mutation ($input: ${type}!) { ${mutation}(input: $input) { account { version } errors { code } } }`;
    const input = { accountId, accountName: `Change ${change}`, idempotencyKey: `${accountId} ${change}` };
    for (;;) {
      const version = await this.#send(mutation, JSON.stringify({ query, variables: { input } }));
      if (version === null) continue;
      this.acknowledged.push({ accountId, change, version, at: performance.now() });
      return;
    }
  }

  async #send(mutation: string, body: string): Promise<number | null> {
    const begun = performance.now();
    try {
      const headers = { 'content-type': 'application/json', authorization: `Bearer ${this.token}` };
      const response = await fetch(this.url, { method: 'POST', headers, body, signal: AbortSignal.timeout(stuckAfter) });
      const { data, errors = [] } = (await response.json()) as Answer;
      for (const { extensions } of errors) this.#count(extensions.code);
      return data?.[mutation]?.account?.version ?? null;
    } catch (error) {
      if (error instanceof Error && error.name === 'TimeoutError') this.stuck++;
      this.#count(error instanceof Error ? error.name : String(error));
      return null;
    } finally {
      this.longestRequest = Math.max(this.longestRequest, performance.now() - begun);
    }
  }

  #count(what: string): void {
    this.refused.set(what, (this.refused.get(what) ?? 0) + 1);
  }
}
