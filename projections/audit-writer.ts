import { evolve as evolveProfile } from '../src/domain/authentication-profile/state.js';
import { actorOf, isAuthenticationProfileEvent, isEmailAccountEvent } from '../src/domain/event-catalogue.js';
import { evolve, initialState } from '../src/domain/email-account/state.js';
import { streamPrefixes } from '../src/domain/streams.js';
import type { RecordedEvent } from '../src/event-store/event-store.js';
import { AuditAccountStates } from './audit-account-states.js';
import { storedChange, type EntryDetail } from './audit-detail.js';
import { audited, type AuditedEvent } from './audit-data.js';
import { entryFacts, type ProfileTransition, type Transition } from './audit-facts.js';
import { AuditProfileStates } from './audit-profile-states.js';
import type { AuditOrigin } from './audit-row.js';
import type { AuditVocabulary } from './audit-vocabulary.js';
import { actorWord, auditWords, entityWord, kindWord } from './audit-words.js';
import type { ProjectionWriter } from './projection.js';
import type { ViewDatabase } from './view-database.js';

export class AuditWriter implements ProjectionWriter {
  readonly #states: AuditAccountStates;
  readonly #profiles: AuditProfileStates;

  constructor(
    readonly view: ViewDatabase,
    readonly vocabulary: AuditVocabulary,
  ) {
    this.#states = new AuditAccountStates(view);
    this.#profiles = new AuditProfileStates(view);
  }

  apply(event: RecordedEvent): void {
    const { id, position, recordedAt, metadata } = event;
    const { known, data, schemaVersion } = audited(event);
    const facts = entryFacts(event, known, this.#transition(event, known), this.#profileTransition(event, known));
    const { entityType, entityId, version, outcome, changes } = facts;
    const actor = actorOf(metadata);
    const reason = textIn(metadata, 'reason');
    const kindNumber = this.vocabulary.countKind({ action: event.type, entityType, outcome });
    const actorNumber = this.vocabulary.actorNumber(actor);
    const entityKey = entityId.toLowerCase();
    const detail: EntryDetail = {
      streamId: event.streamId,
      entityId,
      reason,
      changes: changes.map(storedChange),
      causationId: textIn(metadata, '$causationId'),
      origin: originOf(metadata),
      schemaVersion,
      data,
    };
    this.view.run(
      'INSERT INTO entry VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)',
      position,
      id,
      recordedAt.getTime(),
      kindNumber,
      actorNumber,
      entityKey,
      version,
      textIn(metadata, '$correlationId') ?? id,
      outcome === 'ACCEPTED' ? textIn(metadata, 'commandId') : null,
    );
    this.view.run('INSERT INTO entry_detail VALUES (?, ?)', position, JSON.stringify(detail));
    const words = `${auditWords(facts, actor, reason)} ${kindWord(kindNumber)} ${actorWord(actorNumber)} ${entityWord(entityKey)}`;
    this.view.run('INSERT INTO entry_words (rowid, words) VALUES (?, ?)', position, words);
  }

  flush(): void {
    this.vocabulary.flush();
  }

  reset(): void {
    this.#states.forgetAll();
    this.#profiles.forgetAll();
    this.vocabulary.load();
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

function textIn(metadata: RecordedEvent['metadata'], name: string): string | null {
  const value = metadata[name];
  return typeof value === 'string' ? value : null;
}
