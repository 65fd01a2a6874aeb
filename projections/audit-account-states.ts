import { isEmailAccountEvent, upcast } from '../src/domain/event-catalogue.js';
import { evolve, initialState, type EmailAccount } from '../src/domain/email-account/state.js';
import type { EntryDetail } from './audit-detail.js';
import { RecentlyUsed } from './recently-used.js';
import type { ViewDatabase } from './view-database.js';

/** Few: a log names an account several times in a row, and what is kept longer costs more than it saves. */
const mostKept = 500;

/** The accounts as the audit trail last saw them: by these it tells what an event changed. What is not in memory is folded from the trail's own entries. */
export class AuditAccountStates {
  readonly #kept = new RecentlyUsed<string, EmailAccount>(mostKept);

  constructor(readonly view: ViewDatabase) {}

  find(key: string): EmailAccount {
    return this.#kept.get(key) ?? this.#folded(key);
  }

  keep(key: string, state: EmailAccount): void {
    this.#kept.set(key, state);
  }

  forgetAll(): void {
    this.#kept.clear();
  }

  #folded(key: string): EmailAccount {
    const rows = this.view.all(
      `SELECT action, detail FROM entry JOIN entry_kind ON kind = number
       WHERE entity_key = ? AND version IS NOT NULL AND entity_type = 'EmailAccount' AND action <> 'ConnectionTested' ORDER BY ordinal`,
      key,
    );
    return rows.reduce<EmailAccount>((state, { action, detail }) => {
      const { data, schemaVersion } = JSON.parse(String(detail)) as Pick<EntryDetail, 'data' | 'schemaVersion'>;
      const event = upcast({ type: String(action), data, metadata: { schemaVersion } });
      return event && isEmailAccountEvent(event) ? evolve(state, event) : state;
    }, initialState);
  }
}
