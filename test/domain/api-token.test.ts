import { describe, expect, it } from 'vitest';
import { apiTokenDecider, type ApiTokenCommand } from '../../src/domain/api-token/decide.js';
import type { ApiTokenEvent } from '../../src/domain/api-token/events.js';
import { specification } from '../given-when-then.js';

const given = specification(apiTokenDecider);
const now = '2026-11-24T12:00:00.000Z';
const issue = (change: Partial<ApiTokenCommand & { type: 'IssueApiToken' }> = {}): ApiTokenCommand => ({
  type: 'IssueApiToken',
  id: 'tok1',
  name: 'Nightly import',
  role: 'OPERATOR',
  verifier: 'dmVyaWZpZXI',
  expiresAt: null,
  bootstrap: false,
  now,
  ...change,
});
const issued = (change: Partial<(ApiTokenEvent & { type: 'ApiTokenIssued' })['data']> = {}): ApiTokenEvent => ({
  type: 'ApiTokenIssued',
  data: { id: 'tok1', name: 'Nightly import', role: 'OPERATOR', verifier: 'dmVyaWZpZXI', expiresAt: null, bootstrap: false, ...change },
});
const revoked: ApiTokenEvent = { type: 'ApiTokenRevoked', data: {} };
const used: ApiTokenEvent = { type: 'ApiTokenUsed', data: { ip: '192.0.2.1' } };
const state = (...events: ApiTokenEvent[]) => events.reduce(apiTokenDecider.evolve, apiTokenDecider.initialState);

describe('an API token', () => {
  it('is issued with a role, for good or until a time to come', () => {
    given().when(issue()).then(issued());
    const tomorrow = '2026-11-25T12:00:00.000Z';
    given()
      .when(issue({ expiresAt: tomorrow }))
      .then(issued({ expiresAt: tomorrow }));
  });
  it.each([now, '2026-11-24T11:59:59.999Z'])('is not issued to end at %s, which is not to come', (expiresAt) =>
    given().when(issue({ expiresAt })).thenRefused('OUT_OF_RANGE', 'expiresAt'),
  );
  it.each([
    ['', 'REQUIRED'],
    ['   ', 'REQUIRED'],
    ['n'.repeat(129), 'TOO_LONG'],
    ['Import\u202E', 'FORBIDDEN_CHARACTER'],
    ['Import\nRole: ADMIN', 'FORBIDDEN_CHARACTER'],
  ] as const)('is not named %j', (name, code) => given().when(issue({ name })).thenRefused(code, 'name'));
  it('has an id of its own, for ever', () => {
    given(issued()).when(issue()).thenRefused('ALREADY_EXISTS');
    given(issued(), revoked).when(issue()).thenRefused('ALREADY_EXISTS');
  });

  it('is revoked once; again changes nothing', () => {
    given(issued()).when({ type: 'RevokeApiToken' }).then(revoked);
    given(issued(), revoked).when({ type: 'RevokeApiToken' }).thenNothing();
  });
  it('that is not there cannot be revoked', () => given().when({ type: 'RevokeApiToken' }).thenRefused('NOT_FOUND', 'id'));

  it('has its use noted, with the address that it came from', () => given(issued()).when({ type: 'NoteUse', ip: '192.0.2.1' }).then(used));
  it('has no use noted before it is there and after it was revoked', () => {
    given().when({ type: 'NoteUse', ip: null }).thenNothing();
    given(issued(), revoked).when({ type: 'NoteUse', ip: null }).thenNothing();
  });

  it('is told to have expired once, when its time is up', () => {
    const ending = issued({ expiresAt: '2026-11-25T12:00:00.000Z' });
    const expired: ApiTokenEvent = { type: 'ApiTokenExpired', data: { expiresAt: '2026-11-25T12:00:00.000Z' } };
    given(ending).when({ type: 'NoteExpiry', now: '2026-11-25T11:59:59.999Z' }).thenNothing();
    given(ending).when({ type: 'NoteExpiry', now: '2026-11-25T12:00:00.000Z' }).then(expired);
    given(ending, used).when({ type: 'NoteExpiry', now: '2027-01-01T00:00:00.000Z' }).then(expired);
    given(ending, expired).when({ type: 'NoteExpiry', now: '2027-01-01T00:00:00.000Z' }).thenNothing();
    given(ending, expired).when({ type: 'NoteUse', ip: null }).thenNothing();
    given(ending, expired).when({ type: 'RevokeApiToken' }).then(revoked);
  });
  it('is not told to have expired that has no end, is revoked or is not there', () => {
    const late = { type: 'NoteExpiry', now: '2099-01-01T00:00:00.000Z' } as const;
    given(issued()).when(late).thenNothing();
    given(issued({ expiresAt: '2026-11-25T12:00:00.000Z' }), revoked)
      .when(late)
      .thenNothing();
    given().when(late).thenNothing();
  });

  it('stays revoked, whatever the log says of it later', () => {
    expect(state(issued(), revoked, used)).toEqual({ status: 'revoked', id: 'tok1', name: 'Nightly import', role: 'OPERATOR', expiresAt: null });
    expect(state(revoked)).toEqual({ status: 'absent' });
  });
  it('keeps no trace of what it reads', () => expect(JSON.stringify(state(issued()))).not.toContain('dmVyaWZpZXI'));
});
