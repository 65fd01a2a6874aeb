import type { Actor } from '../domain/access/actor.js';
import type { Problem } from '../domain/decider.js';
import type { Role } from '../domain/access/role.js';

/** Who calls, from where, why: what becomes the metadata of every event that follows from the call. */
export interface Call {
  readonly actor: Actor;
  readonly role: Role;
  /** The API token that was shown with this very request; null where none was. */
  readonly tokenId: string | null;
  readonly requestId: string;
  readonly correlationId: string;
  readonly ip: string | null;
  readonly userAgent: string | null;
  readonly clientName: string | null;
}

/** What every change takes beside its own input. */
export interface ChangeOptions {
  /** At most 500 characters; for the audit trail. */
  readonly reason?: string | null | undefined;
  /** At most 200 characters. Once the change was accepted, the same key with the same input gives the first answer again; with another input it is refused. */
  readonly idempotencyKey?: string | null | undefined;
  /** The version the caller looked at; a change since then is a VERSION_CONFLICT. */
  readonly expectedVersion?: number | null | undefined;
}

/** What came of a change. `entity` is null when it was refused, or is no more. */
export interface Changed<Entity> {
  readonly entity: Entity | null;
  readonly problems: readonly Problem[];
  readonly consistencyToken: string | null;
  /** The change is stored, but this node's views did not show it within the deadline. */
  readonly pending: boolean;
}
