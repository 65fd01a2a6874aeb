import { isEmailAccountEvent, upcast } from '../src/domain/event-catalogue.js';
import { evolve, initialState, type EmailAccount } from '../src/domain/email-account/state.js';
import { erasablePaths } from '../src/domain/personal-data/erasable-paths.js';
import { putBack, takeOut } from '../src/domain/personal-data/leaves.js';
import { erasedText, sealedPersonalData, shownOfCommitment } from '../src/domain/personal-data/sealed-personal-data.js';
import { streamPrefixes } from '../src/domain/streams.js';
import type { RecordedEvent } from '../src/event-store/event-store.js';
import type { AuditAccountStates } from './audit-account-states.js';
import type { AuditedEvent } from './audit-data.js';
import { storedChange, type EntryDetail } from './audit-detail.js';
import { accountChanges } from './audit-facts.js';
import type { ViewDatabase } from './view-database.js';

/** The entries beside an account's own that hold personal data of it. There are few: they are found by this table alone. */
export const erasureTables = `
    CREATE TABLE entry_about (entity_key TEXT NOT NULL, ordinal INTEGER NOT NULL, PRIMARY KEY (entity_key, ordinal)) STRICT, WITHOUT ROWID;`;

export type Rewrite = (position: bigint, change: (detail: EntryDetail) => EntryDetail) => void;

/** What the metadata says of the personal data of an event, for its entry. */
export function personalIn({ metadata }: RecordedEvent): Pick<EntryDetail, 'personal'> {
  const commitments = Object.entries(sealedPersonalData(metadata)?.commitments ?? {});
  if (commitments.length === 0) return {};
  return {
    personal: commitments.map(([path, commitment]) => [path, commitment.slice(0, shownOfCommitment)] as const).sort(([one], [other]) => (one < other ? -1 : 1)),
  };
}

/**
 * Takes the personal data of erased accounts out of their entries. What stands in its place is the same that is read from the log once the account's key is gone: a trail that is built anew says
 * the same as one that followed along.
 */
export class AuditErasure {
  constructor(
    private readonly view: ViewDatabase,
    private readonly states: AuditAccountStates,
    private readonly rewrite: Rewrite,
  ) {}

  /** To be called with each event before its entry is made. An erasure rewrites all that is there of the account; what comes after it is told without personal data. */
  applied(event: RecordedEvent, audited: AuditedEvent): AuditedEvent {
    const { known, data } = audited;
    if (known === null) return audited;
    if (known.type === 'AccountErased') {
      const key = event.streamId.slice(streamPrefixes.emailAccount.length);
      this.states.keep(key, this.#erase(key));
      this.view.scrub();
      return audited;
    }
    if (isEmailAccountEvent(known) || erasablePaths(known.type).length === 0) return audited;
    if (this.states.find(String(data['entityId']).toLowerCase()).status !== 'erased') return audited;
    const erased = erasedData(known.type, { data, ...personalIn(event) }, new Labels());
    return { ...audited, known: { type: known.type, data: erased } as typeof known, data: erased };
  }

  /** Notes an entry that is no version of anything, so that it is found when the account that it is about is erased. */
  note(type: string, entityKey: string, ordinal: number): void {
    if (erasablePaths(type).length > 0) this.view.run('INSERT INTO entry_about VALUES (?, ?)', entityKey, ordinal);
  }

  /** @returns the account as its entries now tell of it, before it was erased. */
  #erase(key: string): EmailAccount {
    const labels = new Labels();
    let state = initialState;
    for (const { position, action, detail } of this.#entriesOf(key)) {
      const data = erasedData(action, detail, labels);
      const event = upcast({ type: action, data, metadata: { schemaVersion: detail.schemaVersion } });
      if (event === null || !isEmailAccountEvent(event)) continue;
      const before = state;
      state = evolve(state, event);
      this.#rewriteIfChanged(position, detail, { ...detail, changes: accountChanges(before, state).map(storedChange), data });
    }
    for (const { position, action, detail } of this.#entriesAbout(key))
      this.#rewriteIfChanged(position, detail, { ...detail, data: erasedData(action, detail, labels) });
    return state;
  }

  #rewriteIfChanged(position: bigint, before: EntryDetail, after: EntryDetail): void {
    if (JSON.stringify(before) !== JSON.stringify(after)) this.rewrite(position, () => after);
  }

  #entriesOf(key: string): readonly Entry[] {
    return this.view
      .all(
        `SELECT position, action, detail FROM entry JOIN entry_kind ON kind = number
         WHERE entity_key = ? AND version IS NOT NULL AND entity_type = 'EmailAccount' ORDER BY ordinal`,
        key,
      )
      .map(entryOf);
  }

  #entriesAbout(key: string): readonly Entry[] {
    return this.view
      .all(
        'SELECT position, action, detail FROM entry_about JOIN entry USING (ordinal) JOIN entry_kind ON kind = number WHERE entry_about.entity_key = ? ORDER BY ordinal',
        key,
      )
      .map(entryOf);
  }
}

interface Entry {
  readonly position: bigint;
  readonly action: string;
  readonly detail: EntryDetail;
}

function entryOf({ position, action, detail }: Readonly<Record<string, unknown>>): Entry {
  return { position: BigInt(Number(position)), action: String(action), detail: JSON.parse(String(detail)) as EntryDetail };
}

function erasedData(type: string, { data, personal = [] }: Pick<EntryDetail, 'data' | 'personal'>, labels: Labels): EntryDetail['data'] {
  const { rest, leaves } = takeOut(data, erasablePaths(type));
  if (leaves.length === 0) return data;
  const commitments = new Map(personal);
  return putBack(
    rest,
    leaves.map(({ path, value }) => ({ path, value: erasedText(commitments.get(path) ?? labels.of(value)) })),
  );
}

/** Texts from before personal data was sealed have no commitment: they are counted, so that it can still be told which were the same. */
class Labels {
  readonly #known = new Map<string, string>();

  of(text: string): string | null {
    // It was written without its personal data.
    if (text === erasedText(null)) return null;
    const known = this.#known.get(text) ?? String(this.#known.size + 1);
    this.#known.set(text, known);
    return known;
  }
}
