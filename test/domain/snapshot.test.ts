import { describe, expect, it } from 'vitest';
import type { ConnectionTestResult } from '../../src/domain/email-account/connection-test.js';
import type { EmailAccountEvent } from '../../src/domain/email-account/events.js';
import { evolveSnapshot, isStale, type EmailAccountSnapshot } from '../../src/domain/email-account/snapshot.js';
import { asked, created, editor, given, imapReceiver, receiverConfigured, secret, senderConfigured, smtpEndpoint, smtpSender } from './accounts.js';

const test: ConnectionTestResult = { testId: 'test', outcome: 'PASSED', stages: [], startedAt: '2026-11-24T12:00:00.000Z', durationMilliseconds: 1 };
const tested = (testedVersion: number): EmailAccountEvent => ({ type: 'ConnectionTested', data: { test, testedVersion } });
const renamed: EmailAccountEvent = { type: 'AccountRenamed', data: { accountName: 'Sales EMEA' } };

/** The account after events at 12:00, 12:01, 12:02 …, each by somebody of its own. */
function after(...events: readonly EmailAccountEvent[]): EmailAccountSnapshot | null {
  return events.reduce<EmailAccountSnapshot | null>(
    (snapshot, event, index) =>
      evolveSnapshot(snapshot, {
        ...event,
        revision: BigInt(index),
        recordedAt: new Date(Date.UTC(2026, 10, 24, 12, index)),
        actor: { ...editor, id: `actor-${index + 1}` },
      }),
    null,
  );
}
const stale = (...events: readonly EmailAccountEvent[]) => {
  const snapshot = after(...events);
  if (!snapshot) throw new Error('There is no account.');
  return isStale(snapshot);
};

describe('an account, as its history tells it', () => {
  it('has a version that counts its events: three after a create with both sections', () =>
    expect(after(created, senderConfigured(smtpSender()), receiverConfigured(imapReceiver()))?.version).toBe(3));
  it('was created by one and last changed by another', () =>
    expect(after(created, renamed)).toMatchObject({
      createdAt: '2026-11-24T12:00:00.000Z',
      createdBy: { id: 'actor-1' },
      updatedAt: '2026-11-24T12:01:00.000Z',
      updatedBy: { id: 'actor-2' },
    }));
  it('is not changed by a connection test, which raises its version alone', () =>
    expect(after(created, renamed, tested(2))).toMatchObject({ version: 3, updatedAt: '2026-11-24T12:01:00.000Z', updatedBy: { id: 'actor-2' } }));
  it('knows its last connection test: of which version, recorded as which, by whom', () =>
    expect(after(created, tested(1), renamed, tested(3))?.connectionTest).toEqual({
      ...test,
      testedVersion: 3,
      recordedAtVersion: 4,
      startedBy: { ...editor, id: 'actor-4' },
    }));
  it('is there while it is deleted, and gone when it is erased', () => {
    expect(after(created, { type: 'AccountDeleted', data: {} })).toMatchObject({ account: { status: 'deleted' }, version: 2 });
    expect(after(created, { type: 'AccountErased', data: {} })).toBeNull();
    expect(after(created, { type: 'AccountErased', data: {} }, renamed)).toBeNull();
  });
  it('is nothing before it was created', () => expect(after(renamed, tested(1))).toBeNull());
});

describe('a connection test', () => {
  const sender = senderConfigured(smtpSender());
  it('says nothing of an account that was never tested', () => expect(stale(created, sender)).toBe(false));
  it.each([
    ['sender', senderConfigured(smtpSender({ port: 25 }))],
    ['receiver', receiverConfigured(imapReceiver())],
    ['password of the sender', { type: 'SenderPasswordChanged', data: { password: secret('s1', 1, smtpEndpoint) } }],
    ['password of the receiver', { type: 'ReceiverPasswordChanged', data: { password: null } }],
    ['sender, which is gone', { type: 'SenderRemoved', data: {} }],
    ['receiver, which is gone', { type: 'ReceiverRemoved', data: {} }],
  ] as const satisfies readonly (readonly [string, EmailAccountEvent])[])('goes stale with another %s', (_what, change) => {
    expect(stale(created, sender, tested(2))).toBe(false);
    expect(stale(created, sender, tested(2), change)).toBe(true);
    expect(stale(created, sender, tested(2), change, tested(4))).toBe(false);
  });
  it.each([
    ['name', renamed],
    ['provider', { type: 'ProviderChanged', data: { provider: 'google' } }],
    ['status', { type: 'AccountDisabled', data: {} }],
  ] as const satisfies readonly (readonly [string, EmailAccountEvent])[])('stays fresh with another %s, which no connection depends on', (_what, change) =>
    expect(stale(created, sender, tested(2), change)).toBe(false),
  );
  it('is stale from the first where the settings changed while it ran', () =>
    expect(stale(created, sender, senderConfigured(smtpSender({ port: 25 })), tested(2))).toBe(true));

  it('of an account is recorded, also of one that was deleted meanwhile; of none it is not', () => {
    const record = asked({ type: 'RecordConnectionTest', test, testedVersion: 1 });
    given(created).when(record).then(tested(1));
    given(created, { type: 'AccountDeleted', data: {} }).when(record).then(tested(1));
    given(created, { type: 'AccountErased', data: {} }).when(record).thenNothing();
  });
});
