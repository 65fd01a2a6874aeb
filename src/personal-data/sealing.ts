import { erasablePaths } from '../domain/personal-data/erasable-paths.js';
import { putBack, takeOut, type Leaf, type TakenOut } from '../domain/personal-data/leaves.js';
import { erasedText, personalDataMember, type SealedPersonalData } from '../domain/personal-data/sealed-personal-data.js';
import type { NewEvent, RecordedEvent, StreamId } from '../event-store/event-store.js';
import type { PersonalDataKey } from '../secret-store/personal-data-key.js';
import { SealBroken } from '../secret-store/seal-broken.js';

/** An event on its way into the log, its personal data beside it. */
export interface Divided extends TakenOut {
  readonly event: NewEvent;
}

/**
 * Takes the personal data out of an event that is to be written.
 * @throws {TypeError} its metadata has a member of the name that sealed personal data is kept under.
 */
export function divide(event: NewEvent): Divided {
  if (Object.hasOwn(event.metadata, personalDataMember))
    throw new TypeError(`${personalDataMember} belongs to what seals personal data and cannot stand in the metadata of event ${event.id}.`);
  const paths = erasablePaths(event.type);
  return { event, ...(paths.length === 0 ? { rest: event.data, leaves: [] } : takeOut(event.data, paths)) };
}

/** The event as the log takes it: its personal data sealed. */
export function sealed({ event, rest, leaves }: Divided, streamId: StreamId, subject: StreamId, key: PersonalDataKey): NewEvent {
  if (leaves.length === 0) return event;
  const commitments = leaves.map(({ path, value }) => [path, key.commitment(value)] as const);
  const place = { eventId: event.id.toLowerCase(), streamId, commitments };
  const personal: SealedPersonalData = {
    subject,
    keyId: key.id,
    sealed: key.seal(
      place,
      leaves.map(({ value }) => value),
    ),
    commitments: Object.fromEntries(commitments),
  };
  return { ...event, data: rest, metadata: { ...event.metadata, [personalDataMember]: personal } };
}

/** The event without its personal data, for what has to be on record of an account that was erased meanwhile. */
export function withoutPersonalData({ event, rest, leaves }: Divided): NewEvent {
  return leaves.length === 0
    ? event
    : {
        ...event,
        data: putBack(
          rest,
          erasedLeaves(leaves, () => null),
        ),
      };
}

/**
 * The event as it was before it was sealed.
 * @throws {SealBroken} it does not open with this key.
 */
export function opened(event: RecordedEvent, { keyId, sealed, commitments }: SealedPersonalData, key: PersonalDataKey): RecordedEvent {
  if (keyId !== key.id) throw new SealBroken(`It was sealed under the key ${keyId}, and the account has the key ${key.id}.`);
  const inOrder = ordered(commitments);
  const texts = key.open({ eventId: event.id, streamId: event.streamId, commitments: inOrder }, sealed);
  if (texts.length !== inOrder.length) throw new SealBroken('It holds another number of texts than its commitments say.');
  return {
    ...event,
    data: putBack(
      event.data,
      inOrder.map(([path], index) => ({ path, value: texts[index] ?? '' })),
    ),
  };
}

/** The event when the key of its account is gone: what can be told of a text is whether it was the same as another. */
export function erased(event: RecordedEvent, { commitments }: SealedPersonalData): RecordedEvent {
  const leaves = ordered(commitments).map(([path, commitment]) => ({ path, value: erasedText(commitment) }));
  return { ...event, data: putBack(event.data, leaves) };
}

function erasedLeaves(leaves: readonly Leaf[], commitmentOf: (leaf: Leaf) => string | null): readonly Leaf[] {
  return leaves.map((leaf) => ({ path: leaf.path, value: erasedText(commitmentOf(leaf)) }));
}

/** They are written in order, but a store may give the members of an object in another one. */
function ordered(commitments: SealedPersonalData['commitments']): readonly (readonly [path: string, commitment: string])[] {
  const entries = Object.entries(commitments);
  const isInOrder = entries.every(([path], index) => index === 0 || (entries[index - 1]?.[0] ?? '') < path);
  return isInOrder ? entries : entries.sort(([one], [other]) => (one < other ? -1 : 1));
}
