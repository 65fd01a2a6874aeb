import { openEmbeddedEventStore } from '../src/event-store/embedded.js';
import type { EventStore } from '../src/event-store/event-store.js';
import { SealingEventStore } from '../src/personal-data/sealing-event-store.js';
import { openEmbeddedSecretStore } from '../src/secret-store/embedded.js';
import { parseRootKeys } from '../src/secret-store/root-keys.js';

/** What every measurement is made with. */
export const benchRootKeys = `bench:${Buffer.alloc(32, 7).toString('base64')}`;

export interface SealedLog {
  readonly events: EventStore;
  readonly rawEvents: EventStore;
  readonly close: () => Promise<void>;
}

/** The log of a data directory as the service has it: personal data sealed under each account's key. */
export async function openSealedLog(directory: string): Promise<SealedLog> {
  const rawEvents = await openEmbeddedEventStore(directory);
  const secrets = await openEmbeddedSecretStore({ directory, rootKeys: parseRootKeys(benchRootKeys, 'bench') });
  const events = new SealingEventStore(rawEvents, secrets);
  return {
    events,
    rawEvents,
    close: async () => {
      await secrets.close();
      await events.close();
    },
  };
}
