import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { WebhookSecretRefused, WebhookSecrets } from '../../src/audit-stream/webhook-secrets.js';
import { isSignedBy } from './receiver.js';

const first = `whsec_${Buffer.alloc(32, 1).toString('base64')}`;
const second = `whsec_${Buffer.alloc(24, 2).toString('base64')}`;

describe('a signature', () => {
  it('is the one that the reference libraries of Standard Webhooks have in their tests', () => {
    const secrets = WebhookSecrets.parse('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', 'here');
    expect(secrets.signatures('msg_p5jXN8AQM9LWM0D4loKWxJek', 1614265330, '{"test": 2432232314}')).toBe('v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=');
  });

  it('is made with every secret there is, so that a receiver may know either', () => {
    const signature = WebhookSecrets.parse(`${first}, ${second}`, 'here').signatures('id', 17, '{}');
    expect(signature.split(' ')).toHaveLength(2);
    for (const secret of [first, second]) expect(isSignedBy(secret, { id: 'id', seconds: '17', body: '{}', signature })).toBe(true);
    for (const other of [{ id: 'ie' }, { seconds: '18' }, { body: '{ }' }])
      expect(isSignedBy(first, { id: 'id', seconds: '17', body: '{}', signature, ...other })).toBe(false);
  });
});

describe('secrets', () => {
  it.each([
    ['nothing', ' , '],
    ['no prefix', Buffer.alloc(32).toString('base64')],
    ['23 bytes', `whsec_${Buffer.alloc(23).toString('base64')}`],
    ['65 bytes', `whsec_${Buffer.alloc(65).toString('base64')}`],
    ['no base64', `whsec_${'!'.repeat(40)}`],
    ['a good one and a bad one', `${first} whsec_short`],
  ])('are refused without being repeated: %s', (_, text) => {
    const refusal = caught(() => WebhookSecrets.parse(text, 'POSTLEDGER_AUDIT_WEBHOOK_SECRET'));
    expect(refusal).toBeInstanceOf(WebhookSecretRefused);
    expect(refusal.message).toMatch(/^POSTLEDGER_AUDIT_WEBHOOK_SECRET: [^\n]*openssl rand/);
    for (const part of text.split(/[ ,]+/).filter((each) => each.length > 10)) expect(refusal.message).not.toContain(part.slice(6, 16));
  });

  it('are printed by nothing', () => {
    const secrets = WebhookSecrets.parse(first, 'here');
    const printed = [JSON.stringify({ secrets }), inspect({ secrets }, { showHidden: true, depth: 9 }), String(Object.values(secrets))].join();
    expect(printed).not.toContain(first.slice(6, 20));
    expect(printed).not.toMatch(/01 01 01|Buffer/);
  });
});

function caught(work: () => unknown): Error {
  try {
    work();
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error('Nothing was refused.');
}
