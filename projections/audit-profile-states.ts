import { evolve, initialState, type AuthenticationProfile } from '../src/domain/authentication-profile/state.js';
import { isAuthenticationProfileEvent, upcast } from '../src/domain/event-catalogue.js';
import type { EntryDetail } from './audit-detail.js';
import { RecentlyUsed } from './recently-used.js';
import type { ViewDatabase } from './view-database.js';

const mostKept = 100;

/** The authentication profiles as the audit trail last saw them, as `AuditAccountStates` has the accounts. */
export class AuditProfileStates {
  readonly #kept = new RecentlyUsed<string, AuthenticationProfile>(mostKept);

  constructor(readonly view: ViewDatabase) {}

  find(key: string): AuthenticationProfile {
    return this.#kept.get(key) ?? this.#folded(key);
  }

  keep(key: string, state: AuthenticationProfile): void {
    this.#kept.set(key, state);
  }

  forgetAll(): void {
    this.#kept.clear();
  }

  #folded(key: string): AuthenticationProfile {
    const rows = this.view.all(
      `SELECT action, detail FROM entry JOIN entry_kind ON kind = number
       WHERE entity_key = ? AND version IS NOT NULL AND entity_type = 'AuthenticationProfile' ORDER BY ordinal`,
      key,
    );
    return rows.reduce<AuthenticationProfile>((state, { action, detail }) => {
      const { data, schemaVersion } = JSON.parse(String(detail)) as Pick<EntryDetail, 'data' | 'schemaVersion'>;
      const event = upcast({ type: String(action), data, metadata: { schemaVersion } });
      return event && isAuthenticationProfileEvent(event) ? evolve(state, event) : state;
    }, initialState);
  }
}
