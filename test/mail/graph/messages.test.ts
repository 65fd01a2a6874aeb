import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { batch } from '../../../src/mail/graph/batch.js';
import type { GraphClient } from '../../../src/mail/graph/graph-client.js';
import { deleteMessage, findMessage, isGone, markRead, messageContent, moveMessage } from '../../../src/mail/graph/messages.js';
import { notificationsIn, validationAnswer } from '../../../src/mail/graph/notifications.js';
import { permissionsTo } from '../../../src/mail/graph/permissions.js';
import { createSubscription, endSubscription, renewSubscription } from '../../../src/mail/graph/subscriptions.js';
import { SecretValue } from '../../../src/secret-store/secret-value.js';
import type { DoubleMailbox } from './double-mailbox.js';
import { allOf, clientOf, never, sales } from './graph-accounts.js';
import { GraphDouble } from './graph-double.js';

let double: GraphDouble;
let mailbox: DoubleMailbox;
let graph: GraphClient;
beforeEach(async () => {
  double = await GraphDouble.start();
  mailbox = double.mailbox(sales);
  graph = clientOf(double);
});
afterEach(() => double.stop());

describe('a message in a mailbox', () => {
  it('is read as it came, byte for byte', async () => {
    const content = Buffer.from(Array.from({ length: 500_000 }, (_, index) => index % 256));
    const id = mailbox.deliver('<a@lab.test>', content);
    expect(Buffer.concat(await allOf(messageContent(graph, id, never))).equals(content)).toBe(true);
  });

  it('is read no further than somebody wants, and gives its place back', async () => {
    const id = mailbox.deliver('<a@lab.test>', Buffer.alloc(20_000_000));
    for (let time = 0; time < 6; time++) for await (const piece of messageContent(graph, id, never)) if (piece.length > 0) break;
    expect(await markRead(graph, id, true, never)).toBe('DONE');
  });

  it('that is longer than it may be, or is cut off, fails', async () => {
    const id = mailbox.deliver('<a@lab.test>', Buffer.alloc(100_000));
    await expect(allOf(messageContent(graph, id, never, 99_999))).rejects.toMatchObject({ code: 'PROTOCOL_ERROR' });
    double.faults.push({ on: /value/, cutAfter: 1_000 });
    await expect(allOf(messageContent(graph, id, never))).rejects.toMatchObject({ code: 'CONNECTION_CLOSED' });
  });

  it('that somebody takes long to read is no silent server, and one that says nothing more is', async () => {
    const patient = clientOf(double, graph.accessTokens, { silenceMilliseconds: 40 });
    const id = mailbox.deliver('<a@lab.test>', Buffer.alloc(3_000_000));
    let bytes = 0;
    for await (const piece of messageContent(patient, id, never)) {
      if (bytes === 0) await delay(80);
      bytes += piece.length;
    }
    expect(bytes).toBe(3_000_000);
    double.faults.push({ on: /value/, silentAfter: 1_000 });
    await expect(allOf(messageContent(patient, id, never))).rejects.toMatchObject({ code: 'TIMEOUT' });
  });

  it('is marked, moved and removed', async () => {
    const id = mailbox.deliver('<a@lab.test>');
    expect(await markRead(graph, id, true, never)).toBe('DONE');
    expect(mailbox.messages.get(id)?.isRead).toBe(true);
    expect(await moveMessage(graph, id, 'archive', never)).toBe('DONE');
    expect(mailbox.messages.get(id)?.folder).toBe('archive');
    expect(await deleteMessage(graph, id, never)).toBe('DONE');
    expect(mailbox.messages.size).toBe(0);
  });

  it('that somebody else has taken is gone, which is no failure', async () => {
    expect(await markRead(graph, 'nobody', true, never)).toBe('GONE');
    expect(await moveMessage(graph, 'nobody', 'archive', never)).toBe('GONE');
    expect(await deleteMessage(graph, 'nobody', never)).toBe('GONE');
    const error: unknown = await allOf(messageContent(graph, 'nobody', never)).catch((reason: unknown) => reason);
    expect(isGone(error)).toBe(true);
  });

  it('is found by its Message-ID, whatever characters it has', async () => {
    mailbox.deliver('<other@lab.test>');
    const id = mailbox.deliver("<o'hara&x=1@lab.test>");
    expect(await findMessage(graph, 'inbox', "<o'hara&x=1@lab.test>", never)).toMatchObject({ id });
    expect(await findMessage(graph, 'inbox', '<nobody@lab.test>', never)).toBeNull();
  });
});

describe('a subscription', () => {
  const clientState = new SecretValue('state-1');
  const request = {
    folder: 'inbox',
    notificationUrl: 'https://mail.contoso.test/graph',
    lifecycleUrl: 'https://mail.contoso.test/graph/lifecycle',
    clientState,
    expiresAt: new Date('2026-12-01T00:00:00Z'),
  };

  it('is created, renewed and ended', async () => {
    const { id, expiresAt } = await createSubscription(graph, request, never);
    expect(expiresAt).toBe('2026-12-01T00:00:00.000Z');
    expect(double.subscriptions.get(id)).toMatchObject({
      clientState: 'state-1',
      resource: `/users/${encodeURIComponent(sales)}/mailFolders('inbox')/messages`,
    });
    expect(await renewSubscription(graph, id, new Date('2026-12-08T00:00:00Z'), never)).toMatchObject({ id, expiresAt: '2026-12-08T00:00:00.000Z' });
    await endSubscription(graph, id, never);
    expect(double.subscriptions.size).toBe(0);
  });

  it('that is there no more is told when it is renewed, and ended without complaint', async () => {
    expect(await renewSubscription(graph, 'nobody', new Date(0), never)).toBeNull();
    await endSubscription(graph, 'nobody', never);
  });

  it('is not made with a client state that cannot come back', async () => {
    await expect(createSubscription(graph, { ...request, clientState: new SecretValue('x'.repeat(129)) }, never)).rejects.toThrow(RangeError);
    await expect(createSubscription(graph, { ...request, clientState: new SecretValue('') }, never)).rejects.toThrow(RangeError);
    expect(double.seen).toEqual([]);
  });

  it('begins with a call that is answered with its own token', () => {
    expect(validationAnswer(new URL('https://mail.contoso.test/graph?validationToken=Validation%3A%20a%2Bb%26c'))).toBe('Validation: a+b&c');
    expect(validationAnswer(new URL('https://mail.contoso.test/graph'))).toBeNull();
    expect(validationAnswer(new URL(`https://mail.contoso.test/graph?validationToken=${'x'.repeat(3_000)}`))).toBeNull();
  });

  it('is believed only by who knows the client state', () => {
    const call = { subscriptionId: 's', clientState: 'state-1', changeType: 'created', resourceData: { id: 'm' } };
    expect(notificationsIn({ value: [call, { ...call, clientState: 'state-2' }, { ...call, clientState: undefined }] }, clientState)).toEqual({
      notifications: [{ subscriptionId: 's', about: 'change', messageId: 'm' }],
      refused: 2,
    });
  });

  it.each(['reauthorizationRequired', 'subscriptionRemoved', 'missed'])('tells of itself: %s', (lifecycleEvent) => {
    const { notifications } = notificationsIn({ value: [{ subscriptionId: 's', clientState: 'state-1', lifecycleEvent }] }, clientState);
    expect(notifications).toEqual([{ subscriptionId: 's', about: lifecycleEvent, messageId: null }]);
  });

  it.each([null, 'text', [], { value: 'text' }, { value: [null, 1] }])('takes %j for no notification', (body) => {
    expect(notificationsIn(body, clientState)).toEqual({ notifications: [], refused: 0 });
  });
});

describe('a batch', () => {
  const reading = (id: string) => ({
    method: 'PATCH' as const,
    path: `${graph.path}/messages/${encodeURIComponent(id)}`,
    body: { isRead: true },
    needs: permissionsTo.change,
  });

  it('of twenty is one request, and each has its own result', async () => {
    const ids = Array.from({ length: 19 }, (_, index) => mailbox.deliver(`<${index}@lab.test>`));
    const results = await batch(graph, [...ids.slice(0, 5), 'nobody', ...ids.slice(5)].map(reading), never);
    expect(results.map(({ ok }) => ok)).toEqual(Array.from({ length: 20 }, (_, index) => index !== 5));
    expect(results[5]).toMatchObject({ ok: false, failure: { refusal: { graphCode: 'ErrorItemNotFound' } } });
    expect(results[19]).toMatchObject({ ok: true, body: { id: ids[18] } });
    expect(double.seen).toHaveLength(1);
  });

  it('repeats what is throttled, and nothing else', async () => {
    const ids = ['<a@lab.test>', '<b@lab.test>', '<c@lab.test>'].map((id) => mailbox.deliver(id));
    double.faults.push({ on: new RegExp(`BATCHED PATCH .*${encodeURIComponent(ids[1] ?? '')}$`), status: 429, headers: { 'Retry-After': '0' } });
    const results = await batch(graph, ids.map(reading), never);
    expect(results.every(({ ok }) => ok)).toBe(true);
    const sizes = double.seen.map(({ body }) => (JSON.parse(body.toString()) as { requests: unknown[] }).requests.length);
    expect(sizes).toEqual([3, 1]);
  });

  it('tells of what is throttled for longer than anybody waits', async () => {
    const id = mailbox.deliver('<a@lab.test>');
    double.faults.push({ on: /BATCHED/, status: 429, headers: { 'Retry-After': '300' } });
    expect(await batch(graph, [reading(id)], never)).toMatchObject([{ ok: false, failure: { code: 'THROTTLED' } }]);
    expect(double.seen).toHaveLength(1);
  });

  it('names the permission that one of its requests misses', async () => {
    const id = mailbox.deliver('<a@lab.test>');
    double.faults.push({ on: /BATCHED/, status: 403, code: 'ErrorAccessDenied' });
    expect(await batch(graph, [reading(id)], never)).toMatchObject([
      { ok: false, failure: { code: 'PERMISSION_MISSING', hint: expect.stringContaining('Mail.ReadWrite') as string } },
    ]);
  });

  it('of none, or more than twenty, is not tried', async () => {
    await expect(batch(graph, [], never)).rejects.toThrow(RangeError);
    await expect(
      batch(
        graph,
        Array.from({ length: 21 }, () => reading('x')),
        never,
      ),
    ).rejects.toThrow(RangeError);
    expect(double.seen).toEqual([]);
  });

  it('takes the whole mailbox for itself', async () => {
    double.latency = 5;
    const id = mailbox.deliver('<a@lab.test>');
    await Promise.all([markRead(graph, id, true, never), batch(graph, [reading(id)], never), markRead(graph, id, true, never)]);
    expect(Math.max(...double.mostAtOnce.values())).toBe(1);
    expect(double.requests.map((request) => request.split('/').at(-1))).toEqual([encodeURIComponent(id), '$batch', encodeURIComponent(id)]);
  });
});
