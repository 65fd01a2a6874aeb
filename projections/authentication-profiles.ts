import { foldProfile, noProfile, type FoldedProfile, type ProfileSnapshot } from '../src/domain/authentication-profile/snapshot.js';
import { reauthorization } from '../src/domain/authentication-profile/state.js';
import { actorOf, isAuthenticationProfileEvent, upcast } from '../src/domain/event-catalogue.js';
import { streamPrefixes } from '../src/domain/streams.js';
import type { RecordedEvent } from '../src/event-store/event-store.js';
import { cutPage, encodeCursor, pageClause, type Keyset, type Page, type PageRequest } from './paging.js';
import type { Projection, ProjectionWriter } from './projection.js';
import type { ViewDatabase } from './view-database.js';

/** What a stream came to, and how many events it took. */
export interface ViewedProfile extends FoldedProfile {
  readonly events: number;
}

/** The authentication profiles. There are few, and every account that names one asks for it: they are kept in memory as well. */
export const authenticationProfiles: Projection<ProfileReader> = {
  name: 'authentication-profiles',
  version: 1,
  streamPrefixes: [streamPrefixes.authenticationProfile],
  tables: `
    CREATE TABLE profile (
      key TEXT PRIMARY KEY, -- the name in lower case
      is_present INTEGER NOT NULL, folded TEXT NOT NULL -- JSON; of a name without a profile as well, whose versions go on counting
    ) STRICT`,
  indexes: [],
  open: (view) => {
    const profiles = new Map<string, ViewedProfile>();
    return { writer: new ProfileWriter(view, profiles), reader: new ProfileReader(view, profiles) };
  },
};

class ProfileWriter implements ProjectionWriter {
  constructor(
    readonly view: ViewDatabase,
    readonly profiles: Map<string, ViewedProfile>,
  ) {
    this.#load();
  }

  apply(event: RecordedEvent): void {
    const known = upcast(event);
    if (!known || !isAuthenticationProfileEvent(known)) return;
    const key = event.streamId.slice(streamPrefixes.authenticationProfile.length);
    const { revision, recordedAt, metadata } = event;
    const folded = foldProfile(this.profiles.get(key) ?? noProfile, { ...known, revision, recordedAt, actor: actorOf(metadata) });
    const viewed = { ...folded, events: Number(revision) + 1 };
    this.profiles.set(key, viewed);
    this.view.run('INSERT OR REPLACE INTO profile VALUES (?, ?, ?)', key, viewed.snapshot === null ? 0 : 1, JSON.stringify(viewed));
  }

  flush(): void {
    // Written as they were applied.
  }

  reset(): void {
    this.profiles.clear();
    this.#load();
  }

  #load(): void {
    for (const { key, folded } of this.view.all('SELECT key, folded FROM profile')) this.profiles.set(String(key), JSON.parse(String(folded)) as ViewedProfile);
  }
}

const byName: Keyset = { name: 'AUTHENTICATION_PROFILES', columns: ['key'], direction: 'ASC' };

export class ProfileReader {
  constructor(
    readonly view: ViewDatabase,
    readonly profiles: ReadonlyMap<string, ViewedProfile>,
  ) {}

  find(name: string): ProfileSnapshot | null {
    return this.profiles.get(name.toLowerCase())?.snapshot ?? null;
  }

  /** With what is known of a name that no profile has any more; null for one that none ever had. */
  folded(name: string): ViewedProfile | null {
    return this.profiles.get(name.toLowerCase()) ?? null;
  }

  page(page: PageRequest): Page<ProfileSnapshot> {
    const { conditions, values, tail } = pageClause(byName, page);
    const rows = this.view.all(`SELECT key FROM profile WHERE ${['is_present = 1', ...conditions].join(' AND ')} ${tail}`, ...values);
    const cut = cutPage(rows, page, ({ key }) => encodeCursor(byName, [key ?? '']));
    return { ...cut, entries: cut.entries.flatMap(({ row, cursor }) => this.#entry(String(row['key']), cursor)) };
  }

  count(): number {
    return Number(this.view.get('SELECT count(*) AS profiles FROM profile WHERE is_present = 1')?.['profiles'] ?? 0);
  }

  isThere(name: string): boolean {
    return this.find(name) !== null;
  }

  needsReauthorization(name: string): boolean {
    const snapshot = this.find(name);
    return snapshot !== null && reauthorization(snapshot.profile) !== null;
  }

  /** The names, in lower case, of profiles that give access as far as is known. */
  usable(): readonly string[] {
    return [...this.profiles].filter(([, { snapshot }]) => snapshot !== null && reauthorization(snapshot.profile) === null).map(([name]) => name);
  }

  #entry(key: string, cursor: string) {
    const row = this.find(key);
    return row ? [{ row, cursor }] : [];
  }
}
