import { setTimeout as sleep } from 'node:timers/promises';
import type { KurrentDbLog } from '../event-store/kurrentdb.js';
import { parseConnectionString } from '../event-store/kurrentdb/connection-string.js';
import { SecretStoreUnavailable } from '../secret-store/secret-store.js';
import { CommandFailed } from './command-failed.js';
import { checkStore, type StoreCheck } from './store-check.js';
import { inOneLine, mayPass, type StoreProblem } from './store-check-finding.js';
import { checkRights } from './store-check-rights.js';

export interface StartCheckOptions {
  /** Told of each problem when it appears, and of none twice in a row. */
  readonly warn: (line: string) => void;
  /** Ends the waiting. */
  readonly signal?: AbortSignal;
  /** Between two checks; default 2,000. */
  readonly pauseMilliseconds?: number;
  /** For tests. */
  readonly check?: (connectionString: string) => Promise<StoreCheck>;
}

/**
 * Waits until the event store can be worked with: servers that are down, not ready, or without a leader may come up, and the service with them. What will not pass by itself (a certificate,
 * a login, a right) ends the start.
 * @throws {StoreRefused} @throws {ConnectionStringRefused} @throws the signal's reason.
 */
export async function storeUsable(
  connectionString: string,
  { warn, signal, pauseMilliseconds = 2_000, check = checkStore }: StartCheckOptions,
): Promise<StoreCheck> {
  let told = '';
  for (;;) {
    const found = await check(connectionString);
    const lines = found.problems.map(inOneLine);
    if (!found.usable && found.problems.some((problem) => !mayPass(problem))) throw new StoreRefused(found.problems);
    if (lines.length > 0 && lines.join('\n') !== told) lines.forEach(warn);
    if (found.usable) return found;
    told = lines.join('\n');
    await sleep(pauseMilliseconds, undefined, signal && { signal });
  }
}

/**
 * Opens a store of the cluster, waiting for it if need be as {@link storeUsable} does.
 * @throws {StoreRefused} what will not pass by itself.
 */
export async function answeringStore<Store>(open: () => Promise<Store>, connectionString: string, options: StartCheckOptions): Promise<Store> {
  const { check = checkStore } = options;
  for (;;) {
    try {
      return await open();
    } catch (error) {
      if (!(error instanceof SecretStoreUnavailable)) throw error;
      await storeUsable(connectionString, { ...options, check: async (text) => withoutHttp(await check(text)) });
    }
  }
}

/** The check asks over HTTP as well, which a proxy in front of the servers may not pass on. Whether the store answers without, the opening finds out. */
function withoutHttp(found: StoreCheck): StoreCheck {
  const problems = found.problems.filter(({ code }) => code !== 'STORE_NOT_RECOGNIZED');
  return problems.length === found.problems.length ? found : { ...found, problems, usable: problems.length === 0 };
}

/** @throws {StoreRefused} the login may not do all that the service does. */
export async function refuseMissingRights(log: KurrentDbLog, connectionString: string): Promise<void> {
  const problems = (await checkRights(log, parseConnectionString(connectionString))).filter((problem) => !mayPass(problem));
  if (problems.length > 0) throw new StoreRefused(problems);
}

/** The event store cannot be worked with until somebody mends something. A line each. */
export class StoreRefused extends CommandFailed {
  constructor(readonly problems: readonly StoreProblem[]) {
    super(problems.map(inOneLine).join('\n'));
  }
}
