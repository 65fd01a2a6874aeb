import { eventCatalogue, isKnownEventType, upcast, type PostledgerEvent } from '../src/domain/event-catalogue.js';
import type { RecordedEvent } from '../src/event-store/event-store.js';

/** The event as the audit trail may hold it, in today's shape; its type's shape is `schemaVersion`. */
export interface AuditedEvent {
  /** Null for a type that this version does not know. */
  readonly known: PostledgerEvent | null;
  readonly data: Readonly<Record<string, unknown>>;
  readonly schemaVersion: number;
}

/** Leaves out what nobody who reads the trail needs: of a password stay its version, the one that had its value before, when and by whom it was set; of a token's verifier nothing. */
export function audited(event: RecordedEvent): AuditedEvent {
  const known = upcast(event);
  if (known === null) {
    const written = event.metadata['schemaVersion'];
    return { known, data: withoutReferences(event.data) as AuditedEvent['data'], schemaVersion: typeof written === 'number' ? written : 1 };
  }
  const { schemaVersion, secretReferences } = eventCatalogue[known.type];
  if (known.type === 'ApiTokenIssued') {
    const { verifier: _verifier, ...data } = known.data;
    return { known, data, schemaVersion };
  }
  if (secretReferences.length === 0) return { known, data: { ...known.data }, schemaVersion };
  const data = secretReferences.reduce<Json>((copy, path) => referenceAt(copy, path.split('.'), withoutReferences), { ...known.data });
  return { known: { type: known.type, data } as PostledgerEvent, data, schemaVersion };
}

type Json = Readonly<Record<string, unknown>>;

/** As it is shown: which version had a password's value is told by `changes` alone, where it is told. */
export function shownData(action: string, data: Json): Json {
  const { secretReferences } = isKnownEventType(action) ? eventCatalogue[action] : { secretReferences: [] };
  return secretReferences.reduce<Json>((copy, path) => referenceAt(copy, path.split('.'), withoutMark), data);
}

function withoutMark(reference: object): unknown {
  const { sameValueAs: _sameValueAs, ...shown } = reference as Json;
  return shown;
}

function referenceAt(data: Json, [step = '', ...rest]: readonly string[], replaced: (reference: object) => unknown): Json {
  const value = data[step];
  if (typeof value !== 'object' || value === null) return data;
  return { ...data, [step]: rest.length === 0 ? replaced(value) : referenceAt(value as Json, rest, replaced) };
}

/** A reference to a secret is told by its `secretId`, wherever it stands. */
function withoutReferences(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(withoutReferences);
  if ('secretId' in value) {
    const { version, sameValueAs, setAt, setBy } = value as Json;
    return { version, ...(sameValueAs !== undefined && { sameValueAs }), setAt, setBy };
  }
  return Object.fromEntries(Object.entries(value).map(([name, each]: [string, unknown]) => [name, withoutReferences(each)]));
}
