import { isLoopback, type Config } from '../config.js';
import { openEmbeddedEventStore } from '../event-store/embedded.js';
import type { EventStore } from '../event-store/event-store.js';
import { openEmbeddedSecretStore } from '../secret-store/embedded.js';
import { loadRootKeys } from '../secret-store/root-keys.js';
import type { SecretStore } from '../secret-store/secret-store.js';

export interface Stores {
  readonly events: EventStore;
  readonly secrets: SecretStore;
  /** Whether the stored passwords lie under a key that was generated for development. */
  readonly developmentRootKey: boolean;
  /** Finishes what was accepted, and releases both. */
  close(): Promise<void>;
}

/**
 * Opens the log, which takes the data directory for this process, then the secrets.
 * @throws {StoreLocked} @throws {RootKeyRefused} @throws {SecretStoreUnavailable} with what to do; nothing is left open.
 */
export async function openStores({ dataDirectory, rootKeys, production, http }: Config): Promise<Stores> {
  const events = await openEmbeddedEventStore(dataDirectory);
  try {
    // Who lets other machines in is not developing: a key that lies beside what it encrypts protects from nobody who gets at the disk.
    const keys = await loadRootKeys({ ...rootKeys, dataDirectory, production: production || !isLoopback(http.host) });
    const secrets = await openEmbeddedSecretStore({ directory: dataDirectory, rootKeys: keys });
    return {
      events,
      secrets,
      developmentRootKey: keys.development,
      async close() {
        await secrets.close();
        await events.close();
      },
    };
  } catch (error) {
    await events.close();
    throw error;
  }
}
