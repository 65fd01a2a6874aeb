import { join } from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { authenticationProfiles } from '../../projections/authentication-profiles.js';
import type { Page, PageRequest } from '../../projections/paging.js';
import { truststores } from '../../projections/truststores.js';
import type { Position, RecordedEvent } from '../../src/event-store/event-store.js';
import { lastPositionAt } from './last-position.js';
import { MemoryLog } from './memory-log.js';
import { throughPages } from './pages.js';
import { filled, temporaryDirectory } from './temporary-views.js';

const start = Date.parse('2026-11-24T12:00:00.000Z');
const keys = ['a', 'b', 'c', 'd'];

interface Turn {
  readonly key: string;
  readonly after: number; // milliseconds
  readonly needsConsent: boolean;
}

/** A name that comes when it is not there and goes when it is; sometimes several in one millisecond. */
const turns: fc.Arbitrary<readonly Turn[]> = fc.array(
  fc.record({ key: fc.constantFrom(...keys), after: fc.constantFrom(0, 0, 1, 5), needsConsent: fc.boolean() }),
  { maxLength: 30 },
);

const profile = (name: string, needsConsent: boolean) => ({
  name,
  grant: needsConsent ? 'AUTHORIZATION_CODE' : 'CLIENT_CREDENTIALS',
  preset: 'CUSTOM',
  tenant: null,
  tokenEndpoint: 'https://login.example.com/token',
  authorizationEndpoint: null,
  clientId: 'mail',
  scopes: [],
  clientSecret: null,
  clientSecretExpiresAt: null,
  certificate: null,
  privateKey: null,
  refreshToken: null,
});

/** The history in a log, and which names were there, and were usable, by the end of each of its milliseconds. */
function played(kind: 'truststore' | 'authenticationProfile', history: readonly Turn[]) {
  const log = new MemoryLog();
  const present = new Map<string, boolean>();
  const then = new Map<number, ReadonlyMap<string, boolean>>();
  let now = start;
  for (const { key, after, needsConsent } of history) {
    now += after;
    const isThere = present.has(key);
    const [type, data] =
      kind === 'truststore'
        ? [isThere ? 'TruststoreDeleted' : 'TruststoreCreated', { name: key, ...(!isThere && { includeSystemRoots: false }) }]
        : [isThere ? 'AuthenticationProfileDeleted' : 'AuthenticationProfileCreated', isThere ? {} : { profile: profile(key, needsConsent) }];
    const id = `00000000-0000-4000-8000-${String(log.events.length).padStart(12, '0')}`;
    log.record(`${kind}-${key}`, [{ id, type, data, metadata: { schemaVersion: 1 } }], new Date(now));
    if (isThere) present.delete(key);
    else present.set(key, kind === 'truststore' || !needsConsent);
    then.set(now, new Map(present));
  }
  return { events: log.events, then };
}

interface Reader {
  pageAt(page: PageRequest, at: Position): Page<string>;
  countAt(at: Position): number;
  usableAt(at: Position): readonly string[];
}

function readerOf(kind: 'truststore' | 'authenticationProfile', events: readonly RecordedEvent[], reopens: boolean): Reader {
  const file = join(temporaryDirectory(), 'view.db');
  if (kind === 'authenticationProfile') return filled(authenticationProfiles, events, file, { sizes: [3], reopens }).reader;
  const { reader } = filled(truststores, events, file, { sizes: [3], reopens });
  return { pageAt: (page, at) => reader.pageAt(page, at), countAt: (at) => reader.countAt(at), usableAt: (at) => reader.namesAt(at) };
}

describe.each(['truststore', 'authenticationProfile'] as const)('the list of each %s at a time', (kind) => {
  it('has what was there by the end of that millisecond, in pages of either direction: for any history', () => {
    fc.assert(
      fc.property(turns, fc.boolean(), fc.integer({ min: 1, max: 3 }), (history, reopens, size) => {
        const { events, then } = played(kind, history);
        const reader = readerOf(kind, events, reopens);
        expect(reader.countAt(lastPositionAt(events, new Date(start - 1)))).toBe(0);
        let last: ReadonlyMap<string, boolean> = new Map();
        for (let at = start; at <= start + 60; at++) {
          last = then.get(at) ?? last;
          const names = [...last.keys()].sort();
          const when = lastPositionAt(events, new Date(at));
          for (const take of ['first', 'last'] as const) expect(throughPages((page) => reader.pageAt(page, when), take, size)).toEqual(names);
          expect(reader.countAt(when)).toBe(names.length);
          expect([...reader.usableAt(when)].sort()).toEqual(names.filter((name) => last.get(name)));
        }
      }),
      { numRuns: 20 },
    );
  });
});
