import { setTimeout as sleep } from 'node:timers/promises';
import { CommandFailed } from './command-failed.js';
import { checkStore, type StoreCheck } from './store-check.js';
import { inOneLine, mayPass, type StoreProblem } from './store-check-finding.js';

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

/** The event store cannot be worked with until somebody mends something. A line each. */
export class StoreRefused extends CommandFailed {
  constructor(readonly problems: readonly StoreProblem[]) {
    super(problems.map(inOneLine).join('\n'));
  }
}
