import type { Actor } from './access/actor.js';
import type { Role } from './access/role.js';

/**
 * What stands beside the data of every event: who, why, from where, because of what. The key `$recordedAt` is the event stores' own: one that sets its times itself keeps there when
 * an event was recorded in the log that it was migrated from.
 */
export interface EventMetadata {
  readonly $correlationId: string;
  readonly $causationId: string;
  readonly actor: Actor;
  /** The role that they had then; null for the service itself and for whoever is not known. */
  readonly role: Role | null;
  /** The API token that was shown with the request; null where none was: a browser that comes back from a provider shows none. */
  readonly tokenId: string | null;
  readonly reason: string | null;
  readonly requestId: string;
  readonly ip: string | null;
  readonly userAgent: string | null;
  readonly clientName: string | null;
  readonly schemaVersion: number;
  /** Names the command: derived from actor and idempotency key, or random. The events' ids derive from it. */
  readonly commandId: string;
  /** The mutation that asked for it. */
  readonly command: string;
  /** With the events of a revert alone: the version that it brought back. */
  readonly revertedToVersion?: number;
  /** Hash of the command's input, secrets as keyed fingerprints: tells a retry from a reuse of the key. */
  readonly inputHash: string;
}
