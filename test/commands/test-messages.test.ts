import { describe, expect, it } from 'vitest';
import type { SendingResult } from '../../src/mail/mail-port.js';
import { commandIdOf, derivedId, eventsToAppend, hashOfInput } from '../../src/commands/event-metadata.js';
import { securityLogStream } from '../../src/domain/streams.js';
import { account, smtp } from './inputs.js';
import { call, openCommands, passed, temporaryDirectory, type OpenedCommands } from './opened-commands.js';
import { withUnsealedAccount } from './unsealed-account.js';

const refusedByServer: SendingResult = {
  outcome: 'FAILED',
  code: 'RECIPIENT_REFUSED',
  message: 'The server refused.',
  hint: 'Ask it.',
  serverResponse: '550 no',
};
const key = { idempotencyKey: 'message-1' };
const { signal } = new AbortController();
const send = ({ testMessages }: OpenedCommands, to = 'bob@example.com', options: object = key) =>
  testMessages.send(call, { accountId: 'Sales', to }, options, signal);
const reused = { messageId: null, problems: [{ code: 'IDEMPOTENCY_KEY_REUSED', field: ['idempotencyKey'] }] };

async function withAccount(options: Parameters<typeof openCommands>[0] = {}): Promise<OpenedCommands> {
  const opened = await openCommands(options);
  await opened.accounts.create(call, account(), {});
  return opened;
}

describe('a test message', () => {
  it('goes out once for one idempotency key, also when it is asked for twice at the same moment, and the repeat gets the first answer', async () => {
    const opened = await withAccount();
    const [first, second] = await Promise.all([send(opened), send(opened)]);
    expect(first).toMatchObject({ problems: [], serverResponse: '250 taken', messageId: expect.stringMatching(/^<.+@example\.com>$/) as unknown });
    expect(second).toEqual(first);
    expect(await send(opened)).toEqual(first);
    expect(opened.sent).toEqual([first.messageId]);
  });

  it('is not sent again after a restart, nor after the sender changed', async () => {
    const directory = await temporaryDirectory();
    const before = await withAccount({ directory });
    const { messageId } = await send(before);
    await before.close();
    const after = await openCommands({ directory });
    await after.accounts.configureSender(call, { accountId: 'Sales', sender: smtp('other', { host: 'smtp.example.org' }) }, {});
    expect(await send(after)).toMatchObject({ messageId, problems: [] });
    expect(after.sent).toEqual([]);
  });

  it('is not sent again where a reason came to be needed since; another one has to have one', async () => {
    const directory = await temporaryDirectory();
    const before = await withAccount({ directory });
    const { messageId } = await send(before);
    await before.close();
    const after = await openCommands({ directory, reasonRequiredFor: new Set(['sendTestMessage']) });
    expect(await send(after)).toMatchObject({ messageId, problems: [] });
    expect(await send(after, 'bob@example.com', {})).toMatchObject({ problems: [{ code: 'REASON_REQUIRED', field: ['reason'] }] });
    expect(after.sent).toEqual([]);
  });

  it('goes out once through an account that had no key yet, whatever became of the account since, and the log keeps no hash that a guess of its recipient could be held against', async () => {
    const opened = await openCommands();
    await withUnsealedAccount(opened, 'created');
    const input = { accountId: 'Old', to: 'bob@example.com' };
    const first = await opened.testMessages.send(call, input, key, signal);
    expect(await opened.testMessages.send(call, input, key, signal)).toEqual(first);
    expect(await opened.testMessages.send(call, { ...input, to: 'carol@example.com' }, key, signal)).toMatchObject(reused);
    expect(opened.sent).toEqual([first.messageId]);
    const recorded = JSON.stringify(await opened.stream(securityLogStream(new Date())), (_, value: unknown) =>
      typeof value === 'bigint' ? String(value) : value,
    );
    expect(recorded).toContain(first.messageId);
    expect(recorded).not.toContain(hashOfInput(input));
    await opened.accounts.erase(call, { accountId: 'Old', confirmation: 'Old' }, { reason: 'Asked for' });
    expect(await opened.testMessages.send(call, input, key, signal)).toMatchObject({ messageId: first.messageId, problems: [] });
    expect(opened.sent).toHaveLength(1);
  });

  it('that was sent before personal data was sealed is not sent again once the account has a key, nor once it is erased', async () => {
    const opened = await openCommands();
    await withUnsealedAccount(opened, 'created');
    const input = { accountId: 'Old', to: 'bob@example.com' };
    const [commandId, inputHash] = [commandIdOf(call, key.idempotencyKey), hashOfInput(input)];
    const messageId = `<${derivedId(commandId, `message ${inputHash}`)}@example.com>`;
    const attempt = { command: 'sendTestMessage', entityType: 'EmailAccount', entityId: 'Old' };
    const event = { type: 'TestMessageSent', data: { ...attempt, messageId, outcome: 'PASSED', code: 'OK', serverResponse: null } } as const;
    const recorded = eventsToAppend([event], { commandId, command: attempt.command, inputHash, reason: null }, call);
    await opened.rawEvents.appendToStream(securityLogStream(new Date()), recorded, 'no_stream');
    await opened.accounts.rename(call, { accountId: 'Old', accountName: 'New' }, {});
    expect(await opened.testMessages.send(call, input, key, signal)).toMatchObject({ messageId, problems: [] });
    expect(await opened.testMessages.send(call, { ...input, to: 'carol@example.com' }, key, signal)).toMatchObject(reused);
    await opened.accounts.erase(call, { accountId: 'Old', confirmation: 'Old' }, { reason: 'Asked for' });
    expect(await opened.testMessages.send(call, input, key, signal)).toMatchObject({ messageId, problems: [] });
    expect(opened.sent).toEqual([]);
  });

  it('to another address under the same key is refused, also while the first is under way', async () => {
    const opened = await withAccount();
    const [, second] = await Promise.all([send(opened), send(opened, 'carol@example.com')]);
    expect(second).toMatchObject(reused);
    expect(await send(opened, 'carol@example.com')).toMatchObject(reused);
    expect(opened.sent).toHaveLength(1);
  });

  it('under the key of another change is refused, and so is another change under its key', async () => {
    const opened = await withAccount();
    await opened.accounts.rename(call, { accountId: 'Sales', accountName: 'Renamed' }, key);
    expect(await send(opened)).toMatchObject(reused);
    await send(opened, 'bob@example.com', { idempotencyKey: 'message-2' });
    expect(await opened.accounts.disable(call, { accountId: 'Sales' }, { idempotencyKey: 'message-2' })).toMatchObject({ problems: reused.problems });
    expect(opened.sent).toHaveLength(1);
  });

  it('that the server did not take is never told as sent: the next attempt tries again, and each is on record', async () => {
    const sending = { result: refusedByServer };
    const opened = await withAccount({ sending });
    const refused = { messageId: null, serverResponse: '550 no', problems: [{ code: 'NOT_READY', message: 'RECIPIENT_REFUSED: The server refused. Ask it.' }] };
    expect(await send(opened)).toMatchObject(refused);
    expect(await send(opened)).toMatchObject(refused);
    sending.result = passed;
    const taken = await send(opened);
    expect(taken).toMatchObject({ problems: [], serverResponse: '250 taken' });
    expect(await send(opened)).toEqual(taken);
    expect(opened.sent).toEqual([taken.messageId, taken.messageId, taken.messageId]);
    const { entries } = opened.views.auditTrail.page({ action: ['TestMessageSent'] }, { take: 'first', size: 10, after: null, before: null });
    expect(entries.map(({ row }) => row.data['code'])).toEqual(['RECIPIENT_REFUSED', 'RECIPIENT_REFUSED', 'OK']);
  });

  it('is refused with what is wrong, and a reason that cannot be kept before anything is sent', async () => {
    const opened = await withAccount();
    expect(await send(opened, 'nobody', {})).toMatchObject({ problems: [{ code: 'INVALID_FORMAT', field: ['to'] }] });
    expect(await send(opened, 'bob@example.com', { reason: 'x'.repeat(501) })).toMatchObject({ problems: [{ code: 'TOO_LONG', field: ['reason'] }] });
    await opened.accounts.delete(call, { accountId: 'Sales' }, {});
    expect(await send(opened, 'bob@example.com', {})).toMatchObject({ problems: [{ code: 'ACCOUNT_DELETED', field: ['accountId'] }] });
    expect(opened.sent).toEqual([]);
  });
});
