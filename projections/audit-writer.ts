import { actorOf, isEmailAccountEvent } from '../src/domain/event-catalogue.js';
import type { FieldChange } from '../src/domain/email-account/field-changes.js';
import { evolve, initialState } from '../src/domain/email-account/state.js';
import { streamPrefixes } from '../src/domain/streams.js';
import type { RecordedEvent } from '../src/event-store/event-store.js';
import { AuditAccountStates } from './audit-account-states.js';
import { audited, type AuditedEvent } from './audit-data.js';
import { entryFacts, type Transition } from './audit-facts.js';
import type { AuditOrigin } from './audit-row.js';
import type { AuditVocabulary } from './audit-vocabulary.js';
import { actorWord, auditWords, entityWord, kindWord } from './audit-words.js';
import type { ProjectionWriter } from './projection.js';
import type { ViewDatabase } from './view-database.js';

/** What an entry shows and nobody searches by. */
export interface EntryDetail {
  readonly streamId: string;
  readonly entityId: string;
  readonly reason: string | null;
  readonly changes: readonly StoredChange[];
  readonly causationId: string | null;
  readonly origin: AuditOrigin | null;
}

/** Path, before, after; of a secret the path alone. An entry of a new account has dozens. */
type StoredChange = readonly [path: string, before: unknown, after: unknown] | readonly [path: string];

export function storedChange({ path, before, after, secret }: FieldChange): StoredChange {
  return secret ? [path] : [path, before, after];
}

export function shownChange(change: StoredChange): FieldChange {
  const [path, before = null, after = null] = change;
  return { path, before, after, secret: change.length === 1 };
}

export class AuditWriter implements ProjectionWriter {
  readonly #states: AuditAccountStates;

  constructor(
    readonly view: ViewDatabase,
    readonly vocabulary: AuditVocabulary,
  ) {
    this.#states = new AuditAccountStates(view);
  }

  apply(event: RecordedEvent): void {
    const { id, position, recordedAt, metadata } = event;
    const { known, data, schemaVersion } = audited(event);
    const facts = entryFacts(event, known, this.#transition(event, known));
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
    };
    this.view.run(
      'INSERT INTO entry VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
      position,
      id,
      recordedAt.getTime(),
      kindNumber,
      actorNumber,
      entityKey,
      version,
      textIn(metadata, '$correlationId') ?? id,
      outcome === 'ACCEPTED' ? textIn(metadata, 'commandId') : null,
      JSON.stringify(detail),
      schemaVersion,
      JSON.stringify(data),
    );
    const words = `${auditWords(facts, actor, reason)} ${kindWord(kindNumber)} ${actorWord(actorNumber)} ${entityWord(entityKey)}`;
    this.view.run('INSERT INTO entry_words (rowid, words) VALUES (?, ?)', position, words);
  }

  flush(): void {
    this.vocabulary.flush();
  }

  reset(): void {
    this.#states.forgetAll();
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
