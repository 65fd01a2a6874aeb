import { foldProfile, noProfile, type FoldedProfile, type ProfileSnapshot } from '../src/domain/authentication-profile/snapshot.js';
import { reauthorization } from '../src/domain/authentication-profile/state.js';
import { actorOf, isAuthenticationProfileEvent, upcast } from '../src/domain/event-catalogue.js';
import { streamPrefixes } from '../src/domain/streams.js';
import type { Position, RecordedEvent } from '../src/event-store/event-store.js';
import { cutPage, encodeCursor, pageClause, type Keyset, type Page, type PageRequest } from './paging.js';
import { Periods, periodTable } from './periods.js';
import type { Projection, ProjectionWriter } from './projection.js';
import type { ViewDatabase } from './view-database.js';

/** What a stream came to, and how many events it took. */
export interface ViewedProfile extends FoldedProfile {
  readonly events: number;
}

/** The tables of when which name had a profile, and when it gave access as far as was known. */
const presence = 'profile_presence';
const usability = 'profile_usability';

/**
 * The authentication profiles. There are few, and every account that names one asks for it: they are kept in memory as well.
 * Of the past the view knows which there were and gave access when; what else there was to them, their own histories tell.
 */
export const authenticationProfiles: Projection<ProfileReader> = {
  name: 'authentication-profiles',
  version: 3,
  streamPrefixes: [streamPrefixes.authenticationProfile],
  tables: `
    CREATE TABLE profile (
      key TEXT PRIMARY KEY, -- the name in lower case
      is_present INTEGER NOT NULL, folded TEXT NOT NULL -- JSON; of a name without a profile as well, whose versions go on counting
    ) STRICT;
    ${periodTable(presence)}
    ${periodTable(usability)}
    CREATE TABLE profile_milestone ( -- what a stream had come to after some of its events, so that to fold it up to a moment takes few more
      number INTEGER PRIMARY KEY, key TEXT NOT NULL, folded TEXT NOT NULL -- the event's position; the name in lower case; JSON
    ) STRICT;
    CREATE INDEX profile_milestone_by_key ON profile_milestone (key, number);`,
  indexes: [],
  open: (view) => {
    const profiles = new Map<string, ViewedProfile>();
    return { writer: new ProfileWriter(view, profiles), reader: new ProfileReader(view, profiles) };
  },
};

/** A provider may replace a refresh token every hour. */
const rotationsBetweenMilestones = 256;

class ProfileWriter implements ProjectionWriter {
  readonly #presence: Periods;
  readonly #usability: Periods;

  constructor(
    readonly view: ViewDatabase,
    readonly profiles: Map<string, ViewedProfile>,
  ) {
    this.#presence = new Periods(view, presence);
    this.#usability = new Periods(view, usability);
    this.#load();
  }

  apply(event: RecordedEvent): void {
    const known = upcast(event);
    if (!known || !isAuthenticationProfileEvent(known)) return;
    const key = event.streamId.slice(streamPrefixes.authenticationProfile.length);
    const { revision, recordedAt, metadata } = event;
    const before = this.profiles.get(key) ?? noProfile;
    const folded = foldProfile(before, { ...known, revision, recordedAt, actor: actorOf(metadata) });
    if (isThere(before) !== isThere(folded)) this.#presence.change(key, isThere(folded), event);
    if (givesAccess(before) !== givesAccess(folded)) this.#usability.change(key, givesAccess(folded), event);
    const viewed = { ...folded, events: Number(revision) + 1 };
    this.profiles.set(key, viewed);
    const text = JSON.stringify(viewed);
    this.view.run('INSERT OR REPLACE INTO profile VALUES (?, ?, ?)', key, viewed.snapshot === null ? 0 : 1, text);
    if (known.type !== 'RefreshTokenRotated' || viewed.events % rotationsBetweenMilestones === 0)
      this.view.run('INSERT INTO profile_milestone VALUES (?, ?, ?)', event.position, key, text);
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
  readonly #presence: Periods;
  readonly #usability: Periods;

  constructor(
    readonly view: ViewDatabase,
    readonly profiles: ReadonlyMap<string, ViewedProfile>,
  ) {
    this.#presence = new Periods(view, presence);
    this.#usability = new Periods(view, usability);
  }

  find(name: string): ProfileSnapshot | null {
    return this.profiles.get(name.toLowerCase())?.snapshot ?? null;
  }

  /** With what is known of a name that no profile has any more; null for one that none ever had. */
  folded(name: string): ViewedProfile | null {
    return this.profiles.get(name.toLowerCase()) ?? null;
  }

  /** The last that is kept of what the name had come to by the event at the position: what came later, a few hundred events at most, has to be folded in. Null for nothing. */
  milestone(name: string, position: Position): ViewedProfile | null {
    // The database would cut the text at the NUL and find another profile.
    if (name.includes('\0')) return null;
    const sql = 'SELECT folded FROM profile_milestone WHERE key = ? AND number <= ? ORDER BY number DESC LIMIT 1';
    const row = this.view.get(sql, name.toLowerCase(), position);
    return row ? (JSON.parse(String(row['folded'])) as ViewedProfile) : null;
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
    return [...this.profiles].filter(([, profile]) => givesAccess(profile)).map(([name]) => name);
  }

  /** The names, in lower case, of the profiles that there were right after this event. @throws {InvalidCursor} */
  pageAt(page: PageRequest, at: Position): Page<string> {
    return this.#presence.pageAt(byName, page, at);
  }

  countAt(at: Position): number {
    return this.#presence.countAt(at);
  }

  /** As {@link usable}, right after this event. */
  usableAt(at: Position): readonly string[] {
    return this.#usability.keysAt(at);
  }

  #entry(key: string, cursor: string) {
    const row = this.find(key);
    return row ? [{ row, cursor }] : [];
  }
}

function isThere({ snapshot }: FoldedProfile): boolean {
  return snapshot !== null;
}

function givesAccess({ snapshot }: FoldedProfile): boolean {
  return snapshot !== null && reauthorization(snapshot.profile) === null;
}
