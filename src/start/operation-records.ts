import { hostname } from 'node:os';
import { setTimeout as after } from 'node:timers/promises';
import type { Call } from '../commands/change.js';
import { SecurityLog, type Operation } from '../commands/security-log.js';
import type { RunningProgram } from '../domain/security-log/events.js';
import type { Appended, EventStore } from '../event-store/event-store.js';
import { systemCall } from './bootstrap-token.js';
import { version } from './version.js';

/** How long a stop waits for its record, in milliseconds. */
const patience = 3_000;

/**
 * Records that this node started.
 * @returns what records that it stops. It waits for the store no longer than a few seconds, and tells `onFault` when there will be no record: a service that has lost its store can be stopped.
 */
export async function recordStart(
  securityLog: SecurityLog,
  engine: RunningProgram['engine'],
  onFault: (error: unknown) => void,
): Promise<{ stop(): Promise<void> }> {
  const program = { programVersion: version, engine, node: hostname() };
  await securityLog.operated(systemCall(), 'serve', { type: 'ServiceStarted', data: program });
  return {
    async stop() {
      const waiting = new AbortController();
      const tooLate = after(patience, undefined, { signal: waiting.signal }).then(() => {
        throw new Error(`The store did not take the record of the stop within ${patience} ms.`);
      });
      const recorded = securityLog.operated(systemCall(), 'serve', { type: 'ServiceStopped', data: program });
      try {
        await Promise.race([recorded, tooLate]);
      } catch (error) {
        onFault(error);
      } finally {
        waiting.abort();
        await Promise.allSettled([tooLate]);
      }
    },
  };
}

/** Records that views were built anew, if any were. */
export async function recordRebuild(events: EventStore, call: Call, views: readonly { readonly name: string; readonly events: number }[]): Promise<void> {
  if (views.length > 0) await recordOperation(events, call, 'projections rebuild', { type: 'ViewsRebuilt', data: { views } });
}

/** Records what somebody did to the service by a command; what is done is not told as done before that. @throws {StoreUnavailable} */
export function recordOperation(events: EventStore, call: Call, command: string, operation: Operation, reason: string | null = null): Promise<Appended> {
  return new SecurityLog(events, () => new Date()).operated(call, command, operation, reason);
}
