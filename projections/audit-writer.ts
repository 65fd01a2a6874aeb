import { evolve as evolveProfile } from '../src/domain/authentication-profile/state.js';
import { actorOf, isAuthenticationProfileEvent, isEmailAccountEvent, roleOf } from '../src/domain/event-catalogue.js';
import { evolve, initialState } from '../src/domain/email-account/state.js';
import { streamPrefixes } from '../src/domain/streams.js';
import type { RecordedEvent } from '../src/event-store/event-store.js';
import { AuditAccountStates } from './audit-account-states.js';
import { storedChange, type EntryDetail } from './audit-detail.js';
import { audited, type AuditedEvent } from './audit-data.js';
import type { AuditEntries } from './audit-entries.js';
import { AuditErasure, personalIn } from './audit-erasure.js';
import { entryFacts, type ProfileTransition, type Transition } from './audit-facts.js';
import type { AuditIndex } from './audit-index.js';
import { entriesIn, ordinalAtPosition } from './audit-ordinals.js';
import { AuditProfileStates } from './audit-profile-states.js';
import type { AuditOrigin } from './audit-row.js';
import { termsOf } from './audit-terms.js';
import type { AuditVocabulary } from './audit-vocabulary.js';
import type { ProjectionWriter } from './projection.js';
import type { ViewDatabase } from './view-database.js';

export class AuditWriter implements ProjectionWriter {
  readonly #states: AuditAccountStates;
  readonly #profiles: AuditProfileStates;
  readonly #erasure: AuditErasure;
  /** What the next entry gets. Null until it is read from the tables. */
  #next: { ordinal: number; after: number | bigint } | null = null;

  constructor(
    readonly view: ViewDatabase,
    readonly vocabulary: AuditVocabulary,
    readonly entries: AuditEntries,
    readonly index: AuditIndex,
  ) {
    this.#states = new AuditAccountStates(view);
    this.#profiles = new AuditProfileStates(view);
    this.#erasure = new AuditErasure(view, this.#states, (position, change) => this.rewrite(position, change));
  }

  apply(event: RecordedEvent): void {
    const { id, position, recordedAt, metadata } = event;
    const { known, data, schemaVersion } = this.#erasure.applied(event, audited(event));
    const facts = entryFacts(event, known, this.#transition(event, known), this.#profileTransition(event, known));
    const { entityType, entityId, version, outcome, changes } = facts;
    const actor = actorOf(metadata);
    const reason = textIn(metadata, 'reason');
    const kindNumber = this.vocabulary.countKind({ action: event.type, entityType, outcome });
    const actorNumber = this.vocabulary.actorNumber(actor);
    const entityKey = entityId.toLowerCase();
    const ordinal = this.#ordinalAfter(position);
    const correlationId = textIn(metadata, '$correlationId') ?? id;
    const detail: EntryDetail = {
      streamId: event.streamId,
      entityId,
      reason,
      actorRole: roleOf(metadata),
      tokenId: textIn(metadata, 'tokenId'),
      ...revertIn(metadata),
      changes: changes.map(storedChange),
      causationId: textIn(metadata, '$causationId'),
      origin: originOf(metadata),
      schemaVersion,
      data,
      ...personalIn(event),
    };
    this.view.run(
      'INSERT INTO entry VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
      ordinal,
      position,
      id,
      recordedAt.getTime(),
      kindNumber,
      actorNumber,
      entityKey,
      version,
      correlationId,
      outcome === 'ACCEPTED' ? textIn(metadata, 'commandId') : null,
      JSON.stringify(detail),
    );
    if (version === null) this.#erasure.note(event.type, entityKey, ordinal);
    this.index.add(ordinal, () => termsOf({ action: event.type, actor, correlationId, entityId, entityType, outcome, reason, changes }));
  }

  /**
   * Puts other words and another detail in the place of an entry's: what only the old ones said is found and read no more. Who did what to which entity stays; the
   * entity's id is to be the same. What it takes grows with the words of the entry alone. Of the old bytes the file holds none once it was scrubbed.
   * @throws {RangeError} there is no entry at this position.
   */
  rewrite(position: bigint, change: (detail: EntryDetail) => EntryDetail): void {
    const ordinal = ordinalAtPosition(this.view, position);
    if (ordinal >= entriesIn(this.view) || this.entries.at(ordinal).position !== position) throw new RangeError(`There is no entry at ${position}.`);
    const before = new Set(termsOf(this.entries.at(ordinal)));
    this.entries.putDetail(ordinal, change(this.entries.detailOf(ordinal)));
    this.index.replace(ordinal, before, new Set(termsOf(this.entries.at(ordinal))));
  }

  flush(): void {
    this.vocabulary.flush();
    this.index.flush();
  }

  reset(): void {
    this.#states.forgetAll();
    this.#profiles.forgetAll();
    this.vocabulary.load();
    this.index.reset();
    this.#next = null;
  }

  /** The number of the entry of this position, which is behind all others. */
  #ordinalAfter(position: bigint): number {
    this.#next ??= this.entries.end();
    if (position <= this.#next.after) throw new Error(`The audit trail's view is past position ${position} already: build it anew.`);
    this.#next.after = position;
    return this.#next.ordinal++;
  }

  #transition({ streamId }: RecordedEvent, known: AuditedEvent['known']): Transition {
    if (known === null || !isEmailAccountEvent(known)) return { before: initialState, after: initialState };
    const key = streamId.slice(streamPrefixes.emailAccount.length);
    const before = known.type === 'AccountCreated' ? initialState : this.#states.find(key);
    const after = evolve(before, known);
    this.#states.keep(key, after);
    return { before, after };
  }

  #profileTransition({ streamId }: RecordedEvent, known: AuditedEvent['known']): ProfileTransition | null {
    if (known === null || !isAuthenticationProfileEvent(known)) return null;
    const key = streamId.slice(streamPrefixes.authenticationProfile.length);
    const before = this.#profiles.find(key);
    const after = evolveProfile(before, known);
    this.#profiles.keep(key, after);
    return { before, after };
  }
}

function originOf(metadata: RecordedEvent['metadata']): AuditOrigin | null {
  const requestId = textIn(metadata, 'requestId');
  return requestId === null
    ? null
    : { requestId, ip: textIn(metadata, 'ip'), userAgent: textIn(metadata, 'userAgent'), clientName: textIn(metadata, 'clientName') };
}

function revertIn({ revertedToVersion }: RecordedEvent['metadata']): Pick<EntryDetail, 'revertedToVersion'> {
  return typeof revertedToVersion === 'number' ? { revertedToVersion } : {};
}

function textIn(metadata: RecordedEvent['metadata'], name: string): string | null {
  const value = metadata[name];
  return typeof value === 'string' ? value : null;
}
