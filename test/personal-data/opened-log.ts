import { randomUUID } from 'node:crypto';
import { onTestFinished } from 'vitest';
import { openEmbeddedEventStore } from '../../src/event-store/embedded.js';
import type { EventStore, NewEvent } from '../../src/event-store/event-store.js';
import { openKurrentDbEventStore, type KurrentDbLog } from '../../src/event-store/kurrentdb.js';
import { SealingEventStore } from '../../src/personal-data/sealing-event-store.js';
import { openEmbeddedSecretStore } from '../../src/secret-store/embedded.js';
import { openKurrentDbSecretStore } from '../../src/secret-store/kurrentdb.js';
import type { SecretStore } from '../../src/secret-store/secret-store.js';
import { startKurrentDbDouble } from '../event-store/kurrentdb-double/kurrentdb-double.js';
import { rootKeys, temporaryDirectory } from '../secret-store/temporary-store.js';

/** A log whose personal data is sealed, and what lies below it. */
export interface OpenedLog {
  readonly events: SealingEventStore;
  readonly raw: EventStore;
  readonly secrets: SecretStore;
  /** The log as another node, or the next start, opens it. */
  readonly reopened: () => SealingEventStore;
}

export const engines = ['embedded', 'KurrentDB, over the double'] as const;

/** An empty one that goes with the test. */
export async function openLog(engine: (typeof engines)[number]): Promise<OpenedLog> {
  const { raw, secrets } = engine === 'embedded' ? await embedded() : await overDouble();
  return { raw, secrets, events: new SealingEventStore(raw, secrets), reopened: () => new SealingEventStore(raw, secrets) };
}

async function embedded(): Promise<Pick<OpenedLog, 'raw' | 'secrets'>> {
  const directory = await temporaryDirectory();
  const raw = await openEmbeddedEventStore(directory);
  onTestFinished(() => raw.close());
  const secrets = await openEmbeddedSecretStore({ directory, rootKeys: rootKeys('k1') });
  onTestFinished(() => secrets.close());
  return { raw, secrets };
}

async function overDouble(): Promise<Pick<OpenedLog, 'secrets'> & { readonly raw: KurrentDbLog }> {
  const double = await startKurrentDbDouble();
  onTestFinished(() => double.stop());
  const raw = await openKurrentDbEventStore({ connectionString: double.connectionString() });
  onTestFinished(() => raw.close());
  const secrets = await openKurrentDbSecretStore({ log: raw, rootKeys: rootKeys('k1') });
  onTestFinished(() => secrets.close());
  return { raw, secrets };
}

/** Two nodes over one cluster, each with keys of its own in memory. */
export async function openNodes(): Promise<readonly [OpenedLog, OpenedLog]> {
  const { raw, secrets } = await overDouble();
  const second = await openKurrentDbSecretStore({ log: raw, rootKeys: rootKeys('k1') });
  onTestFinished(() => second.close());
  const node = (own: SecretStore): OpenedLog => ({
    raw,
    secrets: own,
    events: new SealingEventStore(raw, own),
    reopened: () => new SealingEventStore(raw, own),
  });
  return [node(secrets), node(second)];
}

export function created(accountName = 'Erin Kanarie', accountId = 'sales'): NewEvent {
  return eventOf('AccountCreated', { accountId, accountName, provider: 'custom' });
}

export function renamed(accountName: string): NewEvent {
  return eventOf('AccountRenamed', { accountName });
}

export function eventOf(type: string, data: NewEvent['data']): NewEvent {
  return { id: randomUUID(), type, data, metadata: { schemaVersion: 1, commandId: randomUUID() } };
}
