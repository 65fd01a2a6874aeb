import type { Actor } from '../src/domain/access/actor.js';
import type { Role } from '../src/domain/access/role.js';
import { actorOf, isApiTokenEvent, upcast } from '../src/domain/event-catalogue.js';
import { streamPrefixes } from '../src/domain/streams.js';
import type { RecordedEvent } from '../src/event-store/event-store.js';
import { cutPage, encodeCursor, pageClause, type Keyset, type Page, type PageRequest } from './paging.js';
import type { Projection, ProjectionWriter } from './projection.js';
import type { ViewDatabase } from './view-database.js';

/** A token as everybody who may see tokens sees it. */
export interface IssuedToken {
  readonly id: string;
  readonly name: string;
  readonly role: Role;
  readonly createdAt: string; // ISO 8601
  readonly createdBy: Actor;
  readonly expiresAt: string | null;
  readonly lastUsedAt: string | null;
  readonly revokedAt: string | null;
}

/** What it takes to recognise a token. */
export interface StoredToken extends IssuedToken {
  readonly verifier: string;
  readonly bootstrap: boolean;
}

/** All API tokens ever issued. There are few, and every request asks for one: they are kept in memory as well. */
export const apiTokens: Projection<TokenReader> = {
  name: 'api-tokens',
  version: 1,
  streamPrefixes: [streamPrefixes.apiToken],
  tables:
    'CREATE TABLE token (number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, token TEXT NOT NULL) STRICT -- numbered by the position of its first event; JSON',
  indexes: [],
  open: (view) => {
    const tokens = new Map<string, StoredToken>();
    return { writer: new TokenWriter(view, tokens), reader: new TokenReader(view, tokens) };
  },
};

class TokenWriter implements ProjectionWriter {
  constructor(
    readonly view: ViewDatabase,
    readonly tokens: Map<string, StoredToken>,
  ) {
    this.#load();
  }

  apply(event: RecordedEvent): void {
    const known = upcast(event);
    if (!known || !isApiTokenEvent(known)) return;
    const at = event.recordedAt.toISOString();
    const id = event.streamId.slice(streamPrefixes.apiToken.length);
    const token = this.tokens.get(id);
    switch (known.type) {
      case 'ApiTokenIssued': {
        const issued = { ...known.data, createdAt: at, createdBy: actorOf(event.metadata), lastUsedAt: null, revokedAt: null };
        this.tokens.set(id, issued);
        this.view.run('INSERT INTO token VALUES (?, ?, ?)', event.position, id, JSON.stringify(issued));
        return;
      }
      case 'ApiTokenRevoked':
        return this.#change(token && { ...token, revokedAt: token.revokedAt ?? at });
      case 'ApiTokenExpired':
        return;
      case 'ApiTokenUsed':
        return this.#change(token && { ...token, lastUsedAt: at });
    }
  }

  flush(): void {
    // Written as they were applied.
  }

  reset(): void {
    this.tokens.clear();
    this.#load();
  }

  #change(token: StoredToken | undefined): void {
    if (!token) return;
    this.tokens.set(token.id, token);
    this.view.run('UPDATE token SET token = ? WHERE id = ?', JSON.stringify(token), token.id);
  }

  #load(): void {
    for (const { id, token } of this.view.all('SELECT id, token FROM token')) this.tokens.set(String(id), JSON.parse(String(token)) as StoredToken);
  }
}

const oldestFirst: Keyset = { name: 'API_TOKENS', columns: ['number'], direction: 'ASC' };

export class TokenReader {
  constructor(
    readonly view: ViewDatabase,
    readonly tokens: ReadonlyMap<string, StoredToken>,
  ) {}

  find(id: string): IssuedToken | null {
    const token = this.stored(id);
    if (token === null) return null;
    const { verifier: _verifier, bootstrap: _bootstrap, ...issued } = token;
    return issued;
  }

  stored(id: string): StoredToken | null {
    return this.tokens.get(id) ?? null;
  }

  page(page: PageRequest): Page<IssuedToken> {
    const { conditions, values, tail } = pageClause(oldestFirst, page);
    const where = conditions.length > 0 ? `WHERE ${conditions.join(' AND ')}` : '';
    const rows = this.view.all(`SELECT number, id FROM token ${where} ${tail}`, ...values);
    const cut = cutPage(rows, page, ({ number }) => encodeCursor(oldestFirst, [number ?? 0]));
    return { ...cut, entries: cut.entries.flatMap(({ row, cursor }) => this.#entry(String(row['id']), cursor)) };
  }

  count(): number {
    return this.tokens.size;
  }

  #entry(id: string, cursor: string) {
    const row = this.find(id);
    return row ? [{ row, cursor }] : [];
  }
}
