import { describe, expect, it, onTestFinished } from 'vitest';
import { CheckpointDelivery } from '../../src/audit-stream/checkpoint-delivery.js';
import type { BackOff } from '../../src/audit-stream/back-off.js';
import type { StreamedCheckpoint } from '../../src/audit-stream/messages.js';
import { WebhookReceiver } from '../../src/audit-stream/webhook-receiver.js';
import { WebhookSecrets } from '../../src/audit-stream/webhook-secrets.js';
import { egressFetch } from '../../src/egress/egress-fetch.js';
import { isSignedBy, startReceiver } from './receiver.js';
import { eventually, quick, secret } from './stream-under-test.js';

/** Its first six bytes are aa aa aa aa aa aa. */
const root = 'qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqo=';
const checkpoint = (treeSize: number, rootHash = root): StreamedCheckpoint => ({
  origin: 'postledger.example.com/audit',
  treeSize: String(treeSize),
  rootHash,
  signedNote: `postledger.example.com/audit\n${treeSize}\n${rootHash}\n\n— postledger.example.com/audit AAAA\n`,
  createdAt: '2026-11-30T12:00:00.000Z',
});
const idOf = (treeSize: number) => `checkpoint-${treeSize}-aaaaaaaaaaaa`;
/** Longer than a test. */
const forEver: BackOff = { firstMilliseconds: 600_000, mostMilliseconds: 600_000 };

async function setting({ backOff = quick.backOff, deliver = (of: WebhookReceiver): WebhookReceiver['deliver'] => of.deliver.bind(of) } = {}) {
  const receiver = await startReceiver();
  onTestFinished(() => receiver.stop());
  const fetch = egressFetch({ egress: { allowLoopback: true } });
  onTestFinished(() => fetch.close());
  const sender = new WebhookReceiver({
    url: receiver.url,
    secrets: WebhookSecrets.parse(secret, 'the test'),
    fetch,
    timeoutMilliseconds: 2_000,
    program: '0.0.0',
    now: () => new Date(),
  });
  const told: string[] = [];
  const faults: unknown[] = [];
  let isGone = false;
  const checkpoints = new CheckpointDelivery({
    receiver: { deliver: deliver(sender) },
    random: Math.random,
    now: () => new Date(),
    backOff,
    observer: {
      checkpointFailed: ({ cause }) => void told.push(cause),
      checkpointsRecovered: () => void told.push('recovered'),
      fault: (error) => void faults.push(error),
    },
    isGone: () => isGone,
    gone: () => (isGone = true),
  });
  onTestFinished(() => checkpoints.stop(0));
  return { receiver, checkpoints, told, faults, ids: () => receiver.requests.map(({ id }) => id), isGone: () => isGone, comesBack: () => (isGone = false) };
}

describe('a checkpoint', () => {
  it('is sent whole and signed, under an id that tells which it is', async () => {
    const { receiver, checkpoints } = await setting();
    checkpoints.offer(checkpoint(1_000));
    await eventually(() => expect(receiver.taken()).toHaveLength(1));
    const [request] = receiver.requests;
    expect(request).toMatchObject({ id: idOf(1_000), type: 'audit.checkpoint', timestamp: '2026-11-30T12:00:00.000Z', data: { ...checkpoint(1_000) } });
    expect(request && isSignedBy(secret, request)).toBe(true);
  });

  it('has another id than one of the same size with another root: a receiver that drops repeats sees both', async () => {
    const { receiver, checkpoints, ids } = await setting();
    checkpoints.offer(checkpoint(7));
    await eventually(() => expect(receiver.taken()).toHaveLength(1));
    checkpoints.offer(checkpoint(7, Buffer.alloc(32, 0xbb).toString('base64')));
    await eventually(() => expect(ids()).toEqual([idOf(7), 'checkpoint-7-bbbbbbbbbbbb']));
  });

  it('is tried again until it is taken, or there is a newer one, which then goes in its place', async () => {
    const { receiver, checkpoints, faults, ids } = await setting();
    receiver.answer = ({ id }) => (id === idOf(3) ? 204 : 503);
    checkpoints.offer(checkpoint(1));
    await eventually(() => expect(receiver.requests.length).toBeGreaterThan(2));
    checkpoints.offer(checkpoint(2));
    await eventually(() => expect(ids()).toContain(idOf(2)));
    checkpoints.offer(checkpoint(3));
    await eventually(() => expect(receiver.taken().map(({ id }) => id)).toEqual([idOf(3)]));
    expect(faults).toEqual([]);
  });

  it('does not wait for what an older one waits for', async () => {
    const { receiver, checkpoints, ids } = await setting({ backOff: forEver });
    receiver.answer = () => 503;
    checkpoints.offer(checkpoint(1));
    await eventually(() => expect(checkpoints.status().trouble).not.toBeNull());
    receiver.answer = () => 204;
    checkpoints.offer(checkpoint(2));
    await eventually(() => expect(checkpoints.status().trouble).toBeNull());
    expect(ids()).toEqual([idOf(1), idOf(2)]);
  });

  it.each([
    ['alone', []],
    ['after an older one that did not get through', [1]],
  ])('that is made at the stop is still tried once: %s', async (_, older) => {
    const { receiver, checkpoints, ids } = await setting({ backOff: forEver });
    receiver.answer = () => 503;
    for (const size of older) {
      checkpoints.offer(checkpoint(size));
      await eventually(() => expect(checkpoints.status().trouble).not.toBeNull());
    }
    checkpoints.offer(checkpoint(7));
    await checkpoints.stop(1_000);
    expect(ids()).toEqual([...older, 7].map(idOf));
  });

  it('that a fault of ours ends takes no newer one with it', async () => {
    let calls = 0;
    const { receiver, checkpoints, faults } = await setting({
      deliver: (of) => (message, signal) => {
        if (++calls > 1) return of.deliver(message, signal);
        checkpoints.offer(checkpoint(2));
        throw new Error('ours');
      },
    });
    checkpoints.offer(checkpoint(1));
    await eventually(() => expect(receiver.taken().map(({ id }) => id)).toEqual([idOf(2)]));
    expect(faults).toEqual([new Error('ours')]);
  });
});

describe('a receiver that takes no checkpoint', () => {
  it('is told of, with since when, over all checkpoints, until it takes one', async () => {
    const { receiver, checkpoints, told } = await setting();
    checkpoints.offer(checkpoint(1));
    await eventually(() => expect(checkpoints.status().takenAt).not.toBeNull());
    expect(checkpoints.status().trouble).toBeNull();
    receiver.answer = () => 500;
    checkpoints.offer(checkpoint(2));
    await eventually(() => expect(told).not.toHaveLength(0));
    const { since } = checkpoints.status().trouble ?? {};
    checkpoints.offer(checkpoint(3));
    await eventually(() => expect(told.length).toBeGreaterThan(4));
    expect(checkpoints.status().trouble).toMatchObject({ since, words: 'answers with 500' });
    expect(checkpoints.status().trouble?.attempts).toBeGreaterThan(4);
    receiver.answer = () => 204;
    await eventually(() => expect(checkpoints.status().trouble).toBeNull());
    expect([told[0], told.at(-1)]).toEqual(['HTTP_500', 'recovered']);
  });

  it('because it wants nothing more is sent none any more, until somebody asks for something', async () => {
    const { receiver, checkpoints, ids, isGone, comesBack } = await setting();
    receiver.answer = () => 410;
    checkpoints.offer(checkpoint(1));
    await eventually(() => expect(isGone()).toBe(true));
    checkpoints.offer(checkpoint(2));
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(ids()).toEqual([idOf(1)]);
    comesBack();
    checkpoints.offer(checkpoint(3));
    await eventually(() => expect(ids()).toEqual([idOf(1), idOf(3)]));
  });
});
