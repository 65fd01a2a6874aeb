import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ConnectionFailure } from '../../../src/mail/failure.js';
import { mostMimeBytes, sendMail } from '../../../src/mail/graph/send-mail.js';
import { mostAttachmentBytes, type Attachment } from '../../../src/mail/graph/upload-attachment.js';
import { messageSender } from '../../../src/mail/message-sender.js';
import { applicationTokens, clientOf, graphSender, never, sales, settingsFor, tokenWith, TokensOf } from './graph-accounts.js';
import { GraphDouble } from './graph-double.js';

let double: GraphDouble;
beforeEach(async () => {
  double = await GraphDouble.start();
  double.mailbox(sales);
});
afterEach(() => double.stop());

const mime = Buffer.from('To: bob@lab.test\r\nMessage-ID: <7f1c@contoso.test>\r\n\r\nHello\r\n');

/** Bytes that are made when they are read. */
function attachmentOf(size: number, reads: [offset: number, length: number][] = []): Attachment {
  const read = (offset: number, length: number) => {
    reads.push([offset, length]);
    return Promise.resolve(bytesAt(offset, length));
  };
  return { name: 'report.bin', contentType: 'application/octet-stream', size, contentId: null, read };
}

const pattern = Buffer.from(Array.from({ length: 65_521 }, (_, index) => (index * 31 + (index >> 8)) % 256));

function bytesAt(offset: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  for (let at = 0; at < length;) at += pattern.copy(bytes, at, (offset + at) % pattern.length);
  return bytes;
}

function digestOf(size: number): string {
  const hash = createHash('sha256');
  for (let offset = 0; offset < size; offset += 1_000_000) hash.update(bytesAt(offset, Math.min(1_000_000, size - offset)));
  return hash.digest('hex');
}

const send = (size: number, reads?: [number, number][], client = clientOf(double)) =>
  sendMail(client, { mime, attachments: [attachmentOf(size, reads)] }, never);

describe('a message', () => {
  it('goes to Graph as it is, byte for byte', async () => {
    const answer = await sendMail(clientOf(double), { mime, attachments: [] }, never);
    expect(answer).toMatchObject({ status: 202, requestId: expect.stringMatching(/^[0-9a-f-]{36}$/) as string });
    expect(double.sent).toEqual([{ from: sales, mime: mime.toString(), attachments: [] }]);
  });

  it('as large as fits is sent at once, and one byte more is not tried', async () => {
    const largest = Buffer.concat([mime, Buffer.alloc(mostMimeBytes - mime.length, 'x')]);
    await sendMail(clientOf(double), { mime: largest, attachments: [] }, never);
    expect(double.sent).toHaveLength(1);
    await expect(sendMail(clientOf(double), { mime: Buffer.concat([largest, Buffer.from('x')]), attachments: [] }, never)).rejects.toThrow(RangeError);
    expect(double.seen).toHaveLength(1);
  });
});

describe('an attachment beside a message', () => {
  it.each([0, 1, 2_999_999, 3_000_000, 3_932_160, 3_932_161, 7_864_320])('of %i bytes arrives as it is', async (size) => {
    await send(size);
    expect(double.sent).toMatchObject([{ from: sales, mime: mime.toString(), attachments: [{ name: 'report.bin', size, digest: digestOf(size) }] }]);
    expect(double.drafts.ids).toEqual([]);
  });

  it('that is large is in memory piece by piece: the next is read when the last was taken', async () => {
    const size = 40_000_000;
    const reads: [number, number][] = [];
    const attachment = attachmentOf(size, reads);
    const taken: number[] = [];
    const watched = { ...attachment, read: (offset: number, length: number) => (taken.push(double.drafts.pieces.length), attachment.read(offset, length)) };
    await sendMail(clientOf(double), { mime, attachments: [watched] }, never);
    expect(double.sent[0]?.attachments[0]).toMatchObject({ size, digest: digestOf(size) });
    expect(Math.max(...reads.map(([, length]) => length))).toBeLessThan(4_194_304);
    expect(taken).toEqual(reads.map((_, index) => index));
  });

  it('goes on where the session is after a lost connection, a limit and a fault, even one that came after a piece was taken', async () => {
    const size = 12_000_000;
    double.faults.push({ on: /PUT/, cutAfter: 0 }, { on: /PUT/, status: 500, afterwards: true }, { on: /PUT/, status: 429, headers: { 'retry-after': '0' } });
    await send(size);
    expect(double.sent[0]?.attachments).toMatchObject([{ size, digest: digestOf(size) }]);
    expect(double.drafts.pieces.reduce((sum, piece) => sum + piece, 0)).toBe(size);
  });

  it('that cannot be completed is not sent, and leaves no draft', async () => {
    for (let fault = 0; fault < 4; fault++) double.faults.push({ on: /PUT/, status: 429, headers: { 'retry-after': '0' } });
    await expect(send(4_000_000)).rejects.toMatchObject({ code: 'THROTTLED' });
    expect(double.sent).toEqual([]);
    expect(double.drafts.ids).toEqual([]);
  });

  it('whose bytes end early is not sent, and leaves no draft', async () => {
    const short = { ...attachmentOf(4_000_000), read: () => Promise.resolve(Buffer.alloc(10)) };
    await expect(sendMail(clientOf(double), { mime, attachments: [short] }, never)).rejects.toThrow('does not have the bytes');
    expect(double.drafts.ids).toEqual([]);
  });

  it('leaves the draft where it is not known whether it was sent, and does not send it again', async () => {
    double.faults.push({ on: /\/send$/, cutAfter: 0 });
    await expect(send(10)).rejects.toMatchObject({ outcomeUnknown: true });
    expect(double.requests.filter((request) => request.endsWith('/send'))).toHaveLength(1);
    expect(double.requests.some((request) => request.startsWith('DELETE'))).toBe(false);
  });

  it('says that a draft was left, where it could not be removed', async () => {
    double.faults.push({ on: /\/attachments/, status: 413, code: 'ErrorMessageSizeExceeded' }, { on: /DELETE/, status: 403, code: 'ErrorAccessDenied' });
    const error: unknown = await send(10).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'THROTTLED', message: expect.stringContaining('draft of the message was left') as string });
  });

  it('needs the permission to write drafts, which is named', async () => {
    const error: unknown = await send(10, [], clientOf(double, applicationTokens(double, ['Mail.Send']))).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ConnectionFailure);
    expect(error).toMatchObject({ code: 'PERMISSION_MISSING', message: expect.stringContaining('Mail.ReadWrite') as string });
  });

  it('is not tried where Graph takes none of its size', async () => {
    await expect(send(mostAttachmentBytes + 1)).rejects.toThrow('157286400 at most');
  });

  it('goes without an access token to its upload address, and to none without TLS', async () => {
    await send(3_000_000);
    const uploads = double.seen.filter(({ method }) => method === 'PUT');
    expect(uploads.length).toBeGreaterThan(0);
    expect(uploads.filter(({ headers }) => headers.authorization !== undefined)).toEqual([]);
    const elsewhere: typeof fetch = async (input, init) => {
      const response = await fetch(input, init);
      if (!(input instanceof Request) || !input.url.endsWith('/createUploadSession')) return response;
      return Response.json({ uploadUrl: 'http://outlook.evil.test/upload/1' }, { status: 201 });
    };
    await expect(send(3_000_000, [], clientOf(double, applicationTokens(double), { fetch: elsewhere }))).rejects.toThrow('without TLS');
  });
});

describe('a test message', () => {
  const message = { to: 'bob@lab.test', messageId: '<7f1c@contoso.test>', accountId: 'orders' };
  const sendTest = (tokens: TokensOf, signal = never) => messageSender(settingsFor(double))(graphSender(tokens), message, signal);

  it('is taken, from the mailbox that the account names', async () => {
    const result = await sendTest(applicationTokens(double, ['Mail.Send']));
    expect(result).toMatchObject({ outcome: 'PASSED', code: 'OK', hint: null, serverResponse: expect.stringMatching(/^202 \(request-id /) as string });
    const [sent] = double.sent;
    expect(sent?.from).toBe(sales);
    expect(sent?.mime).toMatch(/^From: sales@contoso\.test$/m);
    expect(sent?.mime).toMatch(/^Reply-To: help@contoso\.test$/m);
    expect(sent?.mime).toMatch(/^To: bob@lab\.test$/m);
    expect(sent?.mime).toMatch(/^Message-ID: <7f1c@contoso\.test>$/m);
    expect(sent?.mime).toMatch(/^Auto-Submitted: auto-generated$/m);
  });

  it.each([
    ['without the permission', { on: /sendMail/, status: 403, code: 'ErrorAccessDenied' }, 'PERMISSION_MISSING'],
    ['from another address', { on: /sendMail/, status: 403, code: 'ErrorSendAsDenied' }, 'SENDER_REFUSED'],
    ['over the limit of a day', { on: /sendMail/, status: 429, code: 'ErrorExceededMessageLimit' }, 'THROTTLED'],
    ['whose outcome is not known', { on: /sendMail/, status: 500, afterwards: true }, 'SERVER_TEMPORARILY_UNAVAILABLE'],
  ])('%s fails with its reason', async (_, fault, code) => {
    for (let time = 0; time < 4; time++) double.faults.push({ headers: { 'retry-after': '0' }, ...fault });
    const result = await sendTest(applicationTokens(double));
    expect(result).toMatchObject({ outcome: 'FAILED', code });
    expect(result.hint).not.toBeNull();
  });

  it('ends when its caller cancels', async () => {
    double.faults.push({ on: /sendMail/, silent: true });
    const caller = new AbortController();
    const result = sendTest(applicationTokens(double), caller.signal);
    caller.abort();
    expect(await result).toMatchObject({ outcome: 'FAILED', code: 'CANCELLED' });
  });

  it('shows no token', async () => {
    const tokens = new TokensOf([tokenWith({}), tokenWith({})]);
    const result = await sendTest(tokens);
    expect(result.code).toBe('OAUTH_TOKEN_FAILED');
    for (const token of tokens.texts) expect(JSON.stringify(result)).not.toContain(token);
  });
});
