import { describe, expect, it, onTestFinished } from 'vitest';
import { CheckpointDelivery } from '../../src/audit-stream/checkpoint-delivery.js';
import type { StreamedCheckpoint } from '../../src/audit-stream/messages.js';
import { WebhookReceiver } from '../../src/audit-stream/webhook-receiver.js';
import { WebhookSecrets } from '../../src/audit-stream/webhook-secrets.js';
import { egressFetch } from '../../src/egress/egress-fetch.js';
import { isSignedBy, startReceiver } from './receiver.js';
import { eventually, quick, secret } from './stream-under-test.js';

const checkpoint = (treeSize: number): StreamedCheckpoint => ({
  origin: 'postledger.example.com/audit',
  treeSize: String(treeSize),
  rootHash: 'qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqo=',
  signedNote: `postledger.example.com/audit\n${treeSize}\nqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqo=\n\n— postledger.example.com/audit AAAA\n`,
  createdAt: '2026-11-30T12:00:00.000Z',
});

async function setting() {
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
  const faults: unknown[] = [];
  const checkpoints = new CheckpointDelivery({
    receiver: sender,
    random: Math.random,
    backOff: quick.backOff,
    observer: { fault: (error) => faults.push(error) },
  });
  return { receiver, checkpoints, faults };
}

describe('a checkpoint', () => {
  it('is sent whole and signed, under an id that tells which it is', async () => {
    const { receiver, checkpoints } = await setting();
    checkpoints.offer(checkpoint(1_000));
    await eventually(() => expect(receiver.taken()).toHaveLength(1));
    await checkpoints.stop(1_000);
    const [request] = receiver.requests;
    expect(request).toMatchObject({ id: 'checkpoint-1000', type: 'audit.checkpoint', timestamp: '2026-11-30T12:00:00.000Z', data: { ...checkpoint(1_000) } });
    expect(request && isSignedBy(secret, request)).toBe(true);
  });

  it('is tried again until it is taken, or there is a newer one, which then goes in its place', async () => {
    const { receiver, checkpoints, faults } = await setting();
    receiver.answer = ({ id }) => (id === 'checkpoint-3' ? 204 : 503);
    checkpoints.offer(checkpoint(1));
    await eventually(() => expect(receiver.requests.length).toBeGreaterThan(2));
    checkpoints.offer(checkpoint(2));
    await eventually(() => expect(receiver.requests.some(({ id }) => id === 'checkpoint-2')).toBe(true));
    checkpoints.offer(checkpoint(3));
    await eventually(() => expect(receiver.taken().map(({ id }) => id)).toEqual(['checkpoint-3']));
    await checkpoints.stop(1_000);
    expect(faults).toEqual([]);
  });

  it('that is made at the stop is still tried once', async () => {
    const { receiver, checkpoints } = await setting();
    receiver.answer = () => 503;
    checkpoints.offer(checkpoint(7));
    await checkpoints.stop(1_000);
    expect(receiver.requests.map(({ id }) => id)).toEqual(['checkpoint-7']);
  });
});
