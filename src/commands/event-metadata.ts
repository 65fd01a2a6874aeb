import { createHash, hash } from 'node:crypto';
import type { EventMetadata } from '../domain/event-metadata.js';
import { eventCatalogue, type PostledgerEvent } from '../domain/event-catalogue.js';
import type { NewEvent } from '../event-store/event-store.js';
import type { Call } from './change.js';

/** The namespace of all ids that Postledger derives (RFC 9562, section 5.5). */
const namespace = Buffer.from('6f0b2f0c5a0d5d5e9d1b2a7f4c8e1b90', 'hex');

export interface CommandIdentity {
  readonly commandId: string;
  /** The mutation: `renameEmailAccount`. */
  readonly command: string;
  readonly inputHash: string;
  readonly reason: string | null;
  /** The version that a revert brings back; left out by every other command. */
  readonly revertedToVersion?: number;
}

/** The same for the same caller and key, whatever node it reaches. */
export function commandIdOf(call: Call, idempotencyKey: string): string {
  return uuidV5(`command\n${call.actor.kind}\n${call.actor.id}\n${idempotencyKey}`);
}

/** The same for the same command and part of it, so that a retry writes the same. */
export function derivedId(commandId: string, part: string): string {
  return uuidV5(`${commandId}\n${part}`);
}

/** A UUID of version 5 (RFC 9562, section 5.5): the first half of a SHA-1 over namespace and name, with version and variant in their places. */
function uuidV5(name: string): string {
  const digest = hash('sha1', Buffer.concat([namespace, Buffer.from(name)]));
  const variant = ((Number.parseInt(digest.slice(16, 17), 16) & 0b0011) | 0b1000).toString(16);
  return `${digest.slice(0, 8)}-${digest.slice(8, 12)}-5${digest.slice(13, 16)}-${variant}${digest.slice(17, 20)}-${digest.slice(20, 32)}`;
}

/** The id of the command's event number `index`, counted from 0. */
export function eventIdOf(commandId: string, index: number): string {
  return derivedId(commandId, `event ${index}`);
}

/** As {@link eventIdOf}, for this input alone: what another node writes under the same key for another input at the same moment must not pass for the same events. */
export function eventIdOfInput({ commandId, inputHash }: Pick<CommandIdentity, 'commandId' | 'inputHash'>, index: number): string {
  return eventIdOf(derivedId(commandId, `input ${inputHash}`), index);
}

/** The events as the log takes them: ids derived from the command, and who, why and from where beside the data. */
export function eventsToAppend(
  events: readonly PostledgerEvent[],
  identity: CommandIdentity,
  call: Call,
  idOf = (index: number) => eventIdOf(identity.commandId, index),
): readonly NewEvent[] {
  return events.map((event, index) => {
    const metadata: EventMetadata = {
      $correlationId: call.correlationId,
      $causationId: identity.commandId,
      actor: call.actor,
      ...credentialsOf(call),
      reason: identity.reason,
      requestId: call.requestId,
      ip: call.ip,
      userAgent: call.userAgent,
      clientName: call.clientName,
      schemaVersion: eventCatalogue[event.type].schemaVersion,
      commandId: identity.commandId,
      command: identity.command,
      ...(identity.revertedToVersion !== undefined && { revertedToVersion: identity.revertedToVersion }),
      inputHash: identity.inputHash,
    };
    return { id: idOf(index), type: event.type, data: { ...event.data }, metadata: { ...metadata } };
  });
}

/** By what right the caller acted. The service needs none, and has shown none. */
function credentialsOf({ actor, role, tokenId }: Call): Pick<EventMetadata, 'role' | 'tokenId'> {
  switch (actor.kind) {
    case 'API_TOKEN':
    case 'BOOTSTRAP':
    case 'USER':
    case 'COMMAND_LINE':
      return { role, tokenId };
    case 'SYSTEM':
    case 'ANONYMOUS':
      return { role: null, tokenId: null };
  }
}

/** SHA-256 over the input as JSON with sorted keys. Secrets must have been replaced by their keyed fingerprints before. */
export function hashOfInput(input: unknown): string {
  return createHash('sha256')
    .update(JSON.stringify(input, (_key, value: unknown) => sorted(value)))
    .digest('base64url');
}

function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1)));
}
