import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ConnectionFailure } from '../../../src/mail/failure.js';
import { GraphFailure } from '../../../src/mail/graph/graph-failure.js';
import { permissionsTo } from '../../../src/mail/graph/permissions.js';
import { retryAfterMilliseconds } from '../../../src/mail/retry-after.js';
import { TokenUnavailable } from '../../../src/mail/mail-port.js';
import { applicationTokens, clientOf, never, sales, tokenWith, TokensOf } from './graph-accounts.js';
import { GraphDouble } from './graph-double.js';

let double: GraphDouble;
beforeEach(async () => {
  double = await GraphDouble.start();
  double.mailbox(sales);
});
afterEach(() => double.stop());

const inbox = { method: 'GET', path: `/users/${encodeURIComponent(sales)}/mailFolders/inbox`, needs: permissionsTo.read } as const;
const posting = { method: 'POST', path: `/users/${encodeURIComponent(sales)}/sendMail`, needs: permissionsTo.send } as const;
const mail = { ...posting, body: { type: 'text/plain', text: Buffer.from('To: bob@lab.test\r\n\r\nHello\r\n').toString('base64') } } as const;

async function failureFrom(work: Promise<unknown>): Promise<ConnectionFailure> {
  const error = await work.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (!(error instanceof ConnectionFailure)) throw new Error(`It did not fail as it should: ${String(error)}`);
  return error;
}

describe('a token', () => {
  it('that Graph refuses is told to its owner, and another one is tried, once', async () => {
    const [good, bad] = [tokenWith({}), tokenWith({})];
    double.tokens.set(good, ['Mail.Read']);
    const tokens = new TokensOf([bad, good]);
    expect(await clientOf(double, tokens).json(inbox, never)).toMatchObject({ displayName: 'Inbox' });
    expect(tokens.refusals).toEqual([bad]);
    expect(double.seen.map(({ headers }) => headers.authorization)).toEqual([`Bearer ${bad}`, `Bearer ${good}`]);
  });

  it('is refused twice and no more, also for a message, which a refusal has not sent', async () => {
    const tokens = new TokensOf([tokenWith({}), tokenWith({})]);
    const failure = await failureFrom(clientOf(double, tokens).done(mail, never));
    expect(failure).toMatchObject({ code: 'OAUTH_TOKEN_FAILED', outcomeUnknown: false });
    expect(double.seen).toHaveLength(2);
    expect(tokens.refusals).toEqual(tokens.texts);
  });

  it('is in nothing that a failure says, even where the answer repeats it', async () => {
    const tokens = new TokensOf([tokenWith({}), tokenWith({})]);
    const failure = await failureFrom(clientOf(double, tokens).json(inbox, never));
    expect(failure.serverResponse).toContain('[secret]');
    for (const token of tokens.texts)
      expect(JSON.stringify([failure, failure.message, failure.hint, failure.serverResponse, failure.stack])).not.toContain(token);
  });

  it('that cannot stand in a header is not sent, and not shown', async () => {
    const failure = await failureFrom(clientOf(double, new TokensOf(['secret\r\nX-Other: 1'])).json(inbox, never));
    expect(failure.code).toBe('OAUTH_TOKEN_FAILED');
    expect(`${failure.message} ${failure.stack}`).not.toContain('X-Other');
    expect(double.seen).toHaveLength(0);
  });

  it('that is for another service is told apart', async () => {
    double.faults.push(
      ...[1, 2].map(() => ({ on: /inbox/, status: 401, code: 'InvalidAuthenticationToken', text: 'Access token validation failure. Invalid audience.' })),
    );
    const failure = await failureFrom(clientOf(double).json(inbox, never));
    expect(failure).toMatchObject({ code: 'OAUTH_TOKEN_FAILED', hint: expect.stringContaining('https://graph.microsoft.com/.default') as string });
  });

  it('that cannot be had fails with the words of its owner', async () => {
    const tokens = new TokensOf([]);
    tokens.current = () => Promise.reject(new TokenUnavailable('REAUTHORIZATION_REQUIRED', 'The consent has ended.', 'Consent again.'));
    expect(await failureFrom(clientOf(double, tokens).json(inbox, never))).toMatchObject({ code: 'REAUTHORIZATION_REQUIRED', hint: 'Consent again.' });
  });

  it('goes to Graph and nowhere else, whatever link an answer has', () => {
    const client = clientOf(double);
    expect(client.link(`${double.url}/v1.0/users/x?$skiptoken=1`)).toBe('/users/x?$skiptoken=1');
    for (const link of [
      'https://graph.microsoft.com.evil.test/v1.0/users/x',
      `${double.url}.evil.test/v1.0/x`,
      `${double.url}@evil.test/v1.0/x`,
      'http://127.0.0.1/v1.0/x',
    ])
      expect(() => client.link(link)).toThrow('leads elsewhere');
  });
});

describe('a limit', () => {
  it.each([429, 503])('told by %i is kept to, and the request repeated, also a message', async (status) => {
    double.faults.push({ on: /sendMail/, status, headers: { 'retry-after': '0' } });
    expect(await clientOf(double).done(mail, never)).toMatchObject({ status: 202 });
    expect(double.sent).toHaveLength(1);
    expect(double.seen).toHaveLength(2);
  });

  it('that is over too late fails at once, and says when it is over', async () => {
    double.faults.push({ on: /inbox/, status: 429, code: 'ApplicationThrottled', headers: { 'retry-after': '120' } });
    const failure = await failureFrom(clientOf(double).json(inbox, never));
    expect(failure).toMatchObject({ code: 'THROTTLED', refusal: { retryAfterMilliseconds: 120_000 }, message: expect.stringContaining('120 s') as string });
    expect(double.seen).toHaveLength(1);
  });

  it('that does not end is given up on', async () => {
    for (let fault = 0; fault < 9; fault++) double.faults.push({ on: /inbox/, status: 429, headers: { 'retry-after': '0' } });
    expect((await failureFrom(clientOf(double).json(inbox, never))).code).toBe('THROTTLED');
    expect(double.seen).toHaveLength(4);
  });

  it.each([
    ['120', 120_000],
    ['0', 0],
    ['1.5', 1_500],
    ['Wed, 25 Nov 2026 06:00:30 GMT', 30_000],
    ['Wed, 25 Nov 2026 05:59:00 GMT', 0],
    ['soon', null],
    ['-5', null],
    ['', null],
    [null, null],
  ])('of Retry-After %s is %s ms', (value, expected) => expect(retryAfterMilliseconds(value, new Date('2026-11-25T06:00:00Z'))).toBe(expected));

  it('of four requests at once for a mailbox is kept under 50 callers, and another mailbox does not wait', async () => {
    double.latency = 5;
    const client = clientOf(double);
    const other = clientOf(double, client.accessTokens, { places: client.way.places });
    Object.assign(other, { mailbox: 'help@contoso.test' });
    double.mailbox('help@contoso.test');
    await Promise.all([
      ...Array.from({ length: 50 }, () => client.json(inbox, never)),
      other.json({ ...inbox, path: `${other.path}/mailFolders/inbox` }, never),
    ]);
    expect(double.seen).toHaveLength(51);
    expect(double.mostAtOnce.get(encodeURIComponent(sales))).toBe(4);
    const order = double.seen.findIndex(({ path }) => path.startsWith('/v1.0/users/help'));
    expect(order).toBeLessThan(10);
  });

  it('is not used up by who gives up waiting', async () => {
    double.latency = 20;
    const client = clientOf(double);
    const caller = new AbortController();
    const running = Array.from({ length: 4 }, () => client.json(inbox, never));
    const waiting = Array.from({ length: 4 }, () => failureFrom(client.json(inbox, caller.signal)));
    caller.abort();
    for (const failure of await Promise.all(waiting)) expect(failure.code).toBe('CANCELLED');
    await Promise.all(running);
    await Promise.all(Array.from({ length: 4 }, () => client.json(inbox, never)));
    expect(double.seen).toHaveLength(8);
  });
});

describe('a fault', () => {
  it.each([500, 502, 504])('of the server (%i) is no matter where nothing is changed by asking again', async (status) => {
    double.faults.push({ on: /inbox/, status });
    expect(await clientOf(double).json(inbox, never)).toMatchObject({ displayName: 'Inbox' });
  });

  const lost = [
    ['the server fails after it took it', { on: /sendMail/, status: 500, afterwards: true }, 'SERVER_TEMPORARILY_UNAVAILABLE'],
    ['the server is gone for a while and names no time', { on: /sendMail/, status: 503, afterwards: true }, 'SERVER_TEMPORARILY_UNAVAILABLE'],
    ['the connection is cut', { on: /sendMail/, cutAfter: 0 }, 'CONNECTION_CLOSED'],
    ['no answer comes', { on: /sendMail/, silent: true }, 'TIMEOUT'],
  ] as const;
  it.each(lost)('leaves open whether a message was sent: %s; it is not sent again', async (_, fault, code) => {
    double.faults.push(fault);
    const failure = await failureFrom(clientOf(double, applicationTokens(double), { silenceMilliseconds: 200 }).done(mail, never));
    expect(failure).toMatchObject({ code, outcomeUnknown: true, message: expect.stringContaining('not known') as string });
    expect(double.seen).toHaveLength(1);
    expect(double.sent.length).toBeLessThanOrEqual(1);
  });

  it('before anything was sent leaves nothing open', async () => {
    const { url } = double;
    await double.stop();
    const failure = await failureFrom(clientOf(double, new TokensOf([tokenWith({})]), { baseUrl: url }).done(mail, never));
    expect(failure.code).toBe('CONNECTION_REFUSED');
    expect(failure.message).not.toContain('not known');
    double = await GraphDouble.start();
  });

  it('in the middle of an answer is one, and the request is repeated', async () => {
    double.faults.push({ on: /inbox/, cutAfter: 5 });
    expect(await clientOf(double).json(inbox, never)).toMatchObject({ displayName: 'Inbox' });
    expect(double.seen).toHaveLength(2);
  });

  it('of a caller who gives up ends the request', async () => {
    double.faults.push({ on: /inbox/, silent: true });
    const caller = new AbortController();
    const failed = failureFrom(clientOf(double).json(inbox, caller.signal));
    caller.abort();
    expect((await failed).code).toBe('CANCELLED');
  });

  it('of an answer without end is a limit', async () => {
    const endless: typeof fetch = () =>
      Promise.resolve(new Response(new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(1_000_000)) })));
    expect((await failureFrom(clientOf(double, applicationTokens(double), { fetch: endless }).json(inbox, never))).code).toBe('PROTOCOL_ERROR');
  });

  it.each([
    ['a page of a proxy', new Response('<html>Please log in</html>')],
    ['a redirect', new Response(null, { status: 302, headers: { location: 'https://evil.test/' } })],
  ])('of %s in the place of Graph is one of the protocol', async (_, answer) => {
    const proxied: typeof fetch = () => Promise.resolve(answer);
    expect((await failureFrom(clientOf(double, applicationTokens(double), { fetch: proxied }).json(inbox, never))).code).toBe('PROTOCOL_ERROR');
  });
});

describe('a refusal names what is missing', () => {
  it.each([
    ['reading', ['Mail.Send'], inbox, 'Mail.Read or Mail.ReadWrite'],
    ['sending', ['Mail.Read'], mail, 'Mail.Send'],
    [
      'changing',
      ['Mail.Read'],
      { ...inbox, method: 'DELETE', path: `${inbox.path.replace(/\/mailFolders.*/, '')}/messages/x`, needs: permissionsTo.change },
      'Mail.ReadWrite',
    ],
  ] as const)('for %s', async (_, roles, request, named) => {
    const failure = await failureFrom(clientOf(double, applicationTokens(double, roles)).done(request, never));
    expect(failure).toMatchObject({
      code: 'PERMISSION_MISSING',
      message: `The permission ${named} of Microsoft Graph is missing for the mailbox of ${sales}.`,
    });
    expect(failure.hint).toContain('consent');
  });

  it('when a policy of Exchange keeps the application out', async () => {
    double.excluded.add(sales);
    const failure = await failureFrom(clientOf(double).json(inbox, never));
    expect(failure).toMatchObject({ code: 'PERMISSION_MISSING', message: expect.stringContaining('application access policy') as string });
  });

  it.each([
    [403, 'Authorization_RequestDenied', 'PERMISSION_MISSING'],
    [403, 'ErrorSendAsDenied', 'SENDER_REFUSED'],
    [404, 'MailboxNotEnabledForRESTAPI', 'MAILBOX_NOT_FOUND'],
    [404, 'ErrorInvalidUser', 'MAILBOX_NOT_FOUND'],
    [404, 'Request_ResourceNotFound', 'MAILBOX_NOT_FOUND'],
    [404, 'ErrorItemNotFound', 'MAILBOX_NOT_FOUND'],
    [404, 'ErrorFolderNotFound', 'MAILBOX_NOT_FOUND'],
    [400, 'ErrorInvalidRecipients', 'RECIPIENT_REFUSED'],
    [413, 'ErrorMessageSizeExceeded', 'THROTTLED'],
    [403, 'ErrorExceededMessageLimit', 'THROTTLED'],
    [403, 'ErrorAccountSuspend', 'PERMISSION_MISSING'],
    [400, 'ErrorMailboxMoveInProgress', 'SERVER_TEMPORARILY_UNAVAILABLE'],
    [418, 'Teapot', 'UNKNOWN'],
  ])('as %i %s is %s, with the id that support asks for', async (status, code, expected) => {
    double.faults.push({ on: /inbox/, status, code, text: 'Words of Graph', headers: { 'request-id': 'r-7' } });
    const failure = await failureFrom(clientOf(double).json(inbox, never));
    expect(failure).toBeInstanceOf(GraphFailure);
    expect(failure.code).toBe(expected);
    expect(failure.serverResponse).toBe(`${status} ${code} (request-id r-7): Words of Graph`);
    expect(failure.hint).not.toBeNull();
  });
});
