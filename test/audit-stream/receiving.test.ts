import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, it } from 'vitest';
import { WebhookSecrets } from '../../src/audit-stream/webhook-secrets.js';
import { readText } from '../project/repository.js';
import { temporaryDirectory } from '../projections/temporary-views.js';
import { secret } from './stream-under-test.js';

type IsGenuine = (headers: Readonly<Record<string, string>>, body: string, secret: string, now?: number) => boolean;

async function receiverOfTheDocumentation(): Promise<IsGenuine> {
  const [, code = ''] = /```js\n([\s\S]*?)```/.exec(readText('docs/audit-stream.md')) ?? [];
  const file = join(temporaryDirectory(), 'receiver.mjs');
  writeFileSync(file, code);
  const { isGenuine } = (await import(/* @vite-ignore */ pathToFileURL(file).href)) as { readonly isGenuine: IsGenuine };
  return isGenuine;
}

const seconds = 1_796_040_000;
const body = '{"type":"audit.entry"}';
const headersSignedWith = (secrets: string) => ({
  'webhook-id': 'an-id',
  'webhook-timestamp': String(seconds),
  'webhook-signature': WebhookSecrets.parse(secrets, 'the test').signatures('an-id', seconds, body),
});

it('the receiver that docs/audit-stream.md shows takes what we sign, also with two secrets, and nothing else', async () => {
  const isGenuine = await receiverOfTheDocumentation();
  const other = `whsec_${Buffer.alloc(24, 9).toString('base64')}`;
  const signed = headersSignedWith(secret);
  for (const secrets of [secret, `${other} ${secret}`, `${secret},${other}`])
    expect(isGenuine(headersSignedWith(secrets), body, secret, seconds + 10)).toBe(true);
  expect(isGenuine(headersSignedWith(other), body, secret, seconds)).toBe(false);
  expect(isGenuine(signed, `${body} `, secret, seconds)).toBe(false);
  expect(isGenuine(signed, body, secret, seconds + 301)).toBe(false);
  for (const name of Object.keys(signed)) expect([name, isGenuine({ ...signed, [name]: 'other' }, body, secret, seconds)]).toEqual([name, false]);
  expect(isGenuine({}, body, secret, seconds)).toBe(false);
});
