import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AuditReader } from '../../projections/audit-reader.js';
import type { AuditFilter } from '../../projections/audit-row.js';
import { auditTrail } from '../../projections/audit-trail.js';
import { InvalidCursor, type PageRequest } from '../../projections/paging.js';
import { erasureChanges, fieldChanges, type FieldChange } from '../../src/domain/email-account/field-changes.js';
import { snapshotOf } from '../../src/commands/account-history.js';
import { clearPassword, entered, mailboxForm, smtpForm } from '../domain/accounts.js';
import { actors, creation, fingerprintOf, History, histories, issue, tested } from './histories.js';
import { filled, temporaryDirectory } from './temporary-views.js';

const all: PageRequest = { take: 'first', size: 100, after: null, before: null };

function readerOf(history: History, options: Parameters<typeof filled>[3] = {}): AuditReader {
  return filled(auditTrail, history.log.events, join(temporaryDirectory(), 'audit.db'), options).reader;
}
const entriesOf = (reader: AuditReader, filter: AuditFilter = {}) => reader.page(filter, all).entries.map(({ row }) => row);

/** The change as it is told of an account that was erased: every text that says who it was for is gone, and nothing else. */
function erased(change: FieldChange): FieldChange {
  if (!/^accountName$|\.identity\.|^receiver\.mailbox$/.test(change.path)) return change;
  const withoutText = (value: unknown) => (typeof value === 'string' ? '[erased]' : value);
  return { ...change, before: withoutText(change.before), after: withoutText(change.after) };
}

/** Without what tells one erased text from another. */
function labelled(change: FieldChange): FieldChange {
  const withoutLabel = (value: unknown) => (typeof value === 'string' ? value.replace(/^\[erased [\w-]{1,8}\]$/, '[erased]') : value);
  return { ...change, before: withoutLabel(change.before), after: withoutLabel(change.after) };
}

describe('the audit trail', () => {
  it('tells of every version of an account what is different from the one before, however it was filled', () => {
    fc.assert(
      fc.property(histories(40), fc.integer({ min: 1, max: 9 }), fc.boolean(), (history, size, reopens) => {
        const reader = readerOf(history, { sizes: [size], reopens });
        for (const row of entriesOf(reader, { entityType: ['EmailAccount'], outcome: ['ACCEPTED'] }).filter(({ version }) => version !== null)) {
          const stream = history.log.events.filter(({ streamId }) => streamId === `emailAccount-${row.entityId.toLowerCase()}`);
          const [before, after] = [snapshotOf(stream.slice(0, (row.version ?? 0) - 1)), snapshotOf(stream.slice(0, row.version ?? 0))];
          const changes = after ? fieldChanges(before?.account ?? null, after.account) : before && erasureChanges(before.account);
          const isErased = stream.at(-1)?.type === 'AccountErased';
          expect(isErased ? row.changes.map(labelled) : row.changes).toEqual(isErased ? changes?.map(erased) : changes);
        }
      }),
      { numRuns: 15 },
    );
  });

  it('says who did what to which entity, why, from where and with which outcome', () => {
    const history = new History();
    history.account('Sales', creation('Sales'), { by: 1 });
    history.account('SALES', creation('SALES'));
    history.do({ by: 2, after: 0, event: { type: 'AuthenticationFailed', data: { cause: 'EXPIRED', count: 3 } } });
    history.do({ by: 0, after: 0, token: 't1', command: issue('t1') });
    history.recordForeign('truststore-own-ca', 'TruststoreSealed', { name: 'Own-CA' });
    const rows = entriesOf(readerOf(history));
    expect(rows).toMatchObject([
      { action: 'AccountCreated', outcome: 'ACCEPTED', entityType: 'EmailAccount', entityId: 'Sales', version: 1, actor: actors[1], reason: null },
      { action: 'CommandRefused', outcome: 'REFUSED', entityType: 'EmailAccount', entityId: 'SALES', version: null, actor: actors[0], changes: [] },
      { action: 'AuthenticationFailed', outcome: 'DENIED', entityType: 'Service', entityId: 'postledger', version: null, reason: 'Because of 3' },
      { action: 'ApiTokenIssued', outcome: 'ACCEPTED', entityType: 'ApiToken', entityId: 't1', version: 1 },
      { action: 'TruststoreSealed', outcome: 'ACCEPTED', entityType: 'Truststore', entityId: 'own-ca', version: 1, data: { name: 'Own-CA' }, origin: null },
    ]);
    expect(rows[0]).toMatchObject({
      correlationId: 'correlation-1',
      causationId: 'command-1',
      origin: { requestId: 'request-1', ip: '127.0.0.1', userAgent: null },
    });
    expect(rows[3]?.changes.map(({ path, after }) => [path, after])).toEqual([
      ['name', 'Token t1'],
      ['role', 'VIEWER'],
    ]);
  });

  it('tells of a test that it was made, whatever came of it', () => {
    const history = new History();
    history.account('Sales', creation('Sales'));
    history.account('Sales', tested('FAILED'));
    history.do({
      by: 0,
      after: 0,
      event: { type: 'DraftConnectionTested', data: { command: 'testConnection', entityType: 'EmailAccount', entityId: '', targets: [], outcome: 'FAILED' } },
    });
    expect(entriesOf(readerOf(history)).map(({ outcome, changes, version }) => [outcome, changes.length, version])).toEqual([
      ['ACCEPTED', 4, 1],
      ['ACCEPTED', 0, 2],
      ['ACCEPTED', 0, null],
    ]);
  });

  it('finds an entry by its id and the stream of a command, and what made the versions of an account between two', () => {
    const history = new History();
    history.account('Sales', creation('Sales', { sender: smtpForm() }));
    history.do({ by: 0, after: 0, token: 'sales', command: issue('sales') });
    history.do({ by: 0, after: 0, token: 'sales', command: { type: 'NoteUse', ip: null } });
    for (let version = 3; version <= 150; version++) history.account('Sales', { type: 'RenameAccount', accountName: `Name ${version}` });
    history.account('Sales', creation('Sales'));
    const reader = readerOf(history);
    const [, second] = history.log.events;
    expect([reader.find(second?.id ?? '')?.position, reader.find('none')]).toEqual([2n, null]);
    expect([reader.streamOfCommand('command-1'), reader.streamOfCommand('command-2'), reader.streamOfCommand('none')]).toEqual([
      'emailAccount-sales',
      'apiToken-sales',
      null,
    ]);
    expect(reader.between('SALES', 1, 4).map(({ version, action }) => [version, action])).toEqual([
      [2, 'SenderConfigured'],
      [3, 'AccountRenamed'],
      [4, 'AccountRenamed'],
    ]);
    expect(reader.between('Sales', 1, 150).map(({ version }) => version)).toEqual(Array.from({ length: 100 }, (_, index) => 51 + index));
    expect(reader.between('Sales', 4, 4)).toEqual([]);
  });

  it('is followed in bounded batches, to the end and then from it', () => {
    const history = new History();
    for (let number = 0; number < 130; number++) history.account(`a${number}`, creation(`a${number}`));
    history.do({ by: 0, after: 0, token: 't1', command: issue('t1') });
    const build = filled(auditTrail, history.log.events, join(temporaryDirectory(), 'audit.db'));
    const { reader } = build;
    const first = reader.tail({ entityType: ['EmailAccount'] }, 0n);
    expect([first.rows.length, first.reached]).toEqual([100, 100n]);
    const second = reader.tail({ entityType: ['EmailAccount'] }, 100n);
    expect([second.rows.length, second.reached]).toEqual([30, 131n]);
    expect(reader.tail({ entityType: ['EmailAccount'] }, 131n)).toEqual({ rows: [], reached: null });
    history.account('later', creation('later'));
    build.apply(history.log.events.slice(131), 132n);
    expect(reader.tail({ entityType: ['EmailAccount'] }, 131n)).toMatchObject({ rows: [{ entityId: 'later' }], reached: 132n });
    expect(reader.tail({ actor: ['nobody'] }, 0n)).toEqual({ rows: [], reached: 132n });
  });

  it('takes positions for cursors, and nothing else', () => {
    const history = new History();
    for (const id of ['a', 'b', 'c']) history.account(id, creation(id));
    const reader = readerOf(history);
    expect(reader.page({}, { ...all, after: '1', before: '3' }).entries.map(({ row, cursor }) => [row.entityId, cursor])).toEqual([['b', '2']]);
    for (const after of ['', 'x', '-1', '1.5', '9'.repeat(30)]) expect(() => reader.page({}, { ...all, after })).toThrow(InvalidCursor);
  });

  it('holds nothing of a secret: in no row, and in no byte of its file', () => {
    const history = new History();
    const sender = smtpForm({}, { password: entered('canary-secret-1') });
    history.account('Sales', creation('Sales', { sender, receiver: mailboxForm('imap', {}, { password: entered('canary-secret-2') }) }));
    history.account('Sales', { type: 'ChangeSenderPassword', password: entered('canary-secret-3') });
    history.account('Sales', { type: 'ChangeReceiverPassword', password: clearPassword });
    history.do({ by: 0, after: 0, token: 't1', command: issue('t1') });
    history.recordForeign('emailAccount-sales', 'SenderReplaced', {
      list: [{ password: { secretId: 'canary-secret-4', fingerprint: 'canary-print', boundTo: ['canary'], version: 7 } }],
    });
    const directory = temporaryDirectory();
    const build = filled(auditTrail, history.log.events, join(directory, 'audit.db'));
    build.commit();
    const { reader } = build;
    const rows = entriesOf(reader);
    expect(rows.find(({ action }) => action === 'SenderPasswordChanged')).toMatchObject({
      changes: [{ path: 'sender.identity.password', before: null, after: null, secret: true }],
      data: { password: { version: 2, setBy: actors[0] } },
    });
    expect(rows.at(-1)).toMatchObject({ action: 'SenderReplaced', data: { list: [{ password: { version: 7 } }] } });
    const bytes = ['audit.db', 'audit.db-wal'].map((name) => readFileSync(join(directory, name)).toString('latin1')).join('');
    expect(bytes).toContain('smtp.example.com');
    for (const trace of ['canary', fingerprintOf('canary-secret-1'), 'secretId', 'fingerprint', 'boundTo', 'verifier', '?tls='])
      expect([trace, bytes.includes(trace)]).toEqual([trace, false]);
  });
});
