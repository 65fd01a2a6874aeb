import { onTestFinished } from 'vitest';
import type { EventStore } from '../../../src/event-store/event-store.js';
import { openKurrentDbEventStore, type KurrentDbOptions } from '../../../src/event-store/kurrentdb.js';
import { startKurrentDbDouble, type DoubleOptions, type KurrentDbDouble } from '../kurrentdb-double/kurrentdb-double.js';

export interface Opened {
  readonly double: KurrentDbDouble;
  readonly store: EventStore;
  readonly warnings: readonly string[];
}

/** An impatient store over a double; both go away with the test. */
export async function openOverDouble(options: DoubleOptions & Partial<KurrentDbOptions> = {}): Promise<Opened> {
  const double = await startKurrentDbDouble(options);
  const warnings: string[] = [];
  const store = await openKurrentDbEventStore({
    connectionString: double.connectionString(),
    operationMilliseconds: 5_000,
    attemptMilliseconds: 200,
    warn: (message) => warnings.push(message),
    ...options,
  });
  onTestFinished(async () => {
    await store.close();
    await double.stop();
  });
  return { double, store, warnings };
}
