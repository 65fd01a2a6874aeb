import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ConnectionTestStage } from '../../../src/domain/email-account/connection-test.js';
import { egressFetch, type EgressFetch, type FetchSettings } from '../../../src/egress/egress-fetch.js';
import { TokenUnavailable } from '../../../src/mail/mail-port.js';
import { roundTripVerifier } from '../../../src/mail/round-trip/round-trip-verifier.js';
import { messageSender } from '../../../src/mail/message-sender.js';
import { failureIn, stagesOf } from '../accounts.js';
import { certificateAuthority } from '../lab/certificate-authority.js';
import { freePorts } from '../lab/free-ports.js';
import { applicationTokens, graphReceiver, graphSender, never, sales, settingsFor, tokenWith, TokensOf } from './graph-accounts.js';
import { GraphDouble } from './graph-double.js';

let double: GraphDouble;
beforeEach(async () => {
  double = await GraphDouble.start();
  double.mailbox(sales).deliver('<a@lab.test>');
});
afterEach(() => double.stop());

const outcomes = (stages: readonly ConnectionTestStage[]) => stages.map(({ stage, outcome }) => `${stage} ${outcome}`);
const last = (stages: readonly ConnectionTestStage[], name: string) => stages.find(({ stage }) => stage === name);
const testSender = (tokens: TokensOf) => stagesOf({ sender: graphSender(tokens) }, settingsFor(double));
const testReceiver = (tokens: TokensOf) => stagesOf({ receiver: graphReceiver(tokens) }, settingsFor(double));
const personal = (scp: string, permissions = scp.split(' ')) => {
  const token = tokenWith({ scp });
  double.tokens.set(token, permissions);
  return new TokensOf([token]);
};

describe('a test of a sender', () => {
  it('says what the token allows, and sends nothing', async () => {
    const stages = await testSender(applicationTokens(double));
    expect(outcomes(stages)).toEqual(['DNS PASSED', 'CONNECT PASSED', 'TOKEN PASSED', 'AUTHENTICATION PASSED', 'SENDER PASSED', 'RECIPIENT SKIPPED']);
    expect(last(stages, 'CONNECT')).toMatchObject({ address: '127.0.0.1', port: Number(new URL(double.url).port) });
    expect(double.sent).toEqual([]);
    expect(double.seen.map(({ method }) => method)).toEqual(['GET']);
  });

  it('passes with Mail.Send alone, and says that the user could not be looked up', async () => {
    const stages = await testSender(applicationTokens(double, ['Mail.Send']));
    expect(last(stages, 'SENDER')).toMatchObject({ outcome: 'PASSED', message: expect.stringContaining('User.Read.All') as string });
  });

  it('warns where an application has no Mail.Send in its token: Exchange may have given it, which no token shows', async () => {
    const stages = await testSender(applicationTokens(double, ['Mail.Read']));
    expect(last(stages, 'SENDER')).toMatchObject({ outcome: 'WARNED', code: 'PERMISSION_MISSING', message: expect.stringContaining('Mail.Send') as string });
  });

  it("fails where a person's consent does not include sending", async () => {
    const stages = await testSender(personal('Mail.Read User.Read.All'));
    expect(failureIn(stages)).toBe('SENDER PERMISSION_MISSING');
    expect(last(stages, 'SENDER')?.hint).toContain('Mail.Send.Shared');
  });

  it('passes with a consent for shared mailboxes', async () => {
    expect(last(await testSender(personal('Mail.Send.Shared')), 'SENDER')?.outcome).toBe('PASSED');
  });

  it('warns where nobody can read the token', async () => {
    double.tokens.set('opaque-token', ['Mail.Send']);
    expect(last(await testSender(new TokensOf(['opaque-token'])), 'SENDER')).toMatchObject({ outcome: 'WARNED', code: 'UNKNOWN' });
  });

  it('fails where there is no such user', async () => {
    const stages = await stagesOf({ sender: graphSender(applicationTokens(double), 'nobody@contoso.test') }, settingsFor(double));
    expect(failureIn(stages)).toBe('SENDER MAILBOX_NOT_FOUND');
    expect(last(stages, 'SENDER')?.message).toContain('nobody@contoso.test');
  });
});

describe('a test of a receiver', () => {
  it('opens the inbox', async () => {
    const stages = await testReceiver(applicationTokens(double));
    expect(outcomes(stages)).toEqual(['DNS PASSED', 'CONNECT PASSED', 'TOKEN PASSED', 'AUTHENTICATION PASSED', 'MAILBOX PASSED']);
    expect(last(stages, 'MAILBOX')?.message).toContain('1 messages, 1 of them unread');
  });

  it('warns where messages can be read and not changed', async () => {
    const stages = await testReceiver(applicationTokens(double, ['Mail.Read']));
    expect(last(stages, 'MAILBOX')).toMatchObject({
      outcome: 'WARNED',
      code: 'PERMISSION_MISSING',
      message: expect.stringContaining('neither marked') as string,
    });
  });

  it.each<[string, (tokens: TokensOf) => void, string, RegExp]>([
    ['no permission', () => undefined, 'MAILBOX PERMISSION_MISSING', /Mail\.Read or Mail\.ReadWrite/],
    [
      'a policy of Exchange in the way',
      () => double.faults.push({ on: /inbox/, status: 403, code: 'ErrorAccessDenied', text: '[RAOP] : Blocked' }),
      'MAILBOX PERMISSION_MISSING',
      /policy/,
    ],
    ['no mailbox', () => double.faults.push({ on: /inbox/, status: 404, code: 'MailboxNotEnabledForRESTAPI' }), 'MAILBOX MAILBOX_NOT_FOUND', /no mailbox/],
    ['a token that is not taken', (tokens) => double.tokens.delete(tokens.texts[0] ?? ''), 'AUTHENTICATION OAUTH_TOKEN_FAILED', /access token/],
    ['a limit', () => double.faults.push({ on: /inbox/, status: 429, headers: { 'retry-after': '600' } }), 'AUTHENTICATION THROTTLED', /600 s/],
  ])('fails with %s', async (_, prepare, failure, message) => {
    const tokens = applicationTokens(double, ['Mail.Send']);
    prepare(tokens);
    const stages = await testReceiver(tokens);
    expect(failureIn(stages)).toBe(failure);
    expect(stages.find(({ outcome }) => outcome === 'FAILED')?.message).toMatch(message);
    expect(stages.find(({ outcome }) => outcome === 'FAILED')?.hint).not.toBeNull();
    for (const token of tokens.texts) expect(JSON.stringify(stages)).not.toContain(token);
  });

  it('fails without a token, in the words of who keeps the profile', async () => {
    const tokens = new TokensOf([]);
    tokens.current = () => Promise.reject(new TokenUnavailable('REAUTHORIZATION_REQUIRED', 'The consent has ended.', 'Consent again.'));
    const stages = await testReceiver(tokens);
    expect(failureIn(stages)).toBe('TOKEN REAUTHORIZATION_REQUIRED');
    expect(last(stages, 'TOKEN')).toMatchObject({ message: 'The consent has ended.', hint: 'Consent again.' });
    expect(double.seen).toEqual([]);
  });

  it('fails where nothing answers, and where the service may not connect', async () => {
    const [port = 0] = await freePorts(1);
    const nowhere = { ...settingsFor(double), graphBaseUrl: `http://127.0.0.1:${port}` };
    expect(failureIn(await stagesOf({ receiver: graphReceiver(applicationTokens(double)) }, nowhere))).toBe('CONNECT CONNECTION_REFUSED');
    const denied = { ...settingsFor(double), egress: { allowLoopback: false } };
    expect(failureIn(await stagesOf({ receiver: graphReceiver(applicationTokens(double)) }, denied))).toBe('CONNECT EGRESS_DENIED');
    expect(double.seen).toEqual([]);
  });

  it('ends at its deadline', async () => {
    double.faults.push({ on: /inbox/, silent: true });
    const stages = await stagesOf({ receiver: graphReceiver(applicationTokens(double)) }, { ...settingsFor(double), deadlineMilliseconds: 600 });
    expect(failureIn(stages)).toBe('AUTHENTICATION TIMEOUT');
  });
});

describe('over TLS', () => {
  const authority = certificateAuthority('Lab');
  let secure: GraphDouble;
  beforeAll(async () => {
    secure = await GraphDouble.start(authority.issue(['127.0.0.1']));
    secure.mailbox(sales);
  });
  const ways: EgressFetch[] = [];
  const wayOut = (settings: FetchSettings) => {
    const way = egressFetch(settings);
    ways.push(way);
    return way;
  };
  afterAll(async () => {
    for (const way of ways) await way.close();
    await secure.stop();
  });
  const settings = (...additionalRoots: string[]) => ({
    ...settingsFor(secure),
    additionalRoots,
    fetch: wayOut({ egress: { allowLoopback: true }, additionalRoots }),
  });

  it('a test shows the certificate, and the requests trust what it trusts', async () => {
    const stages = await stagesOf({ receiver: graphReceiver(applicationTokens(secure)) }, settings(authority.certificate));
    expect(outcomes(stages)).toEqual(['DNS PASSED', 'CONNECT PASSED', 'TLS PASSED', 'TOKEN PASSED', 'AUTHENTICATION PASSED', 'MAILBOX PASSED']);
    expect(last(stages, 'TLS')?.tls).toMatchObject({ trusted: true });
  });

  it('nobody who is not trusted is shown a token', async () => {
    const seen = secure.seen.length;
    expect(failureIn(await stagesOf({ receiver: graphReceiver(applicationTokens(secure)) }, settings()))).toBe('TLS CERTIFICATE_UNTRUSTED');
    const sending = messageSender(settings())(graphSender(applicationTokens(secure)), { to: sales, messageId: '<x@contoso.test>', accountId: 'orders' }, never);
    expect(await sending).toMatchObject({ outcome: 'FAILED', code: 'CERTIFICATE_UNTRUSTED' });
    expect(secure.seen).toHaveLength(seen);
  });

  it('nobody is connected to whom the rules forbid, also without a test before', async () => {
    const denied = { ...settings(authority.certificate), fetch: wayOut({ egress: { allowLoopback: false } }) };
    const sending = messageSender(denied)(graphSender(applicationTokens(secure)), { to: sales, messageId: '<x@contoso.test>', accountId: 'orders' }, never);
    expect(await sending).toMatchObject({
      outcome: 'FAILED',
      code: 'EGRESS_DENIED',
      hint: expect.stringContaining('POSTLEDGER_EGRESS_ALLOW_LOOPBACK') as string,
    });
  });
});

describe('a round trip', () => {
  const message = { to: sales, messageId: '<trip@contoso.test>', accountId: 'orders' };
  const verify = (deliver: boolean) => {
    const settings = settingsFor(double);
    const tokens = applicationTokens(double);
    const send = messageSender(settings);
    const verifier = roundTripVerifier(settings, async (...sending) => {
      const result = await send(...sending);
      const [sent] = double.sent;
      if (deliver && sent) double.mailbox(sales).deliver('<trip@contoso.test>', Buffer.from(sent.mime));
      return result;
    });
    return verifier({ sender: graphSender(tokens), receiver: graphReceiver(tokens) }, message, 100, never);
  };

  it('finds the message in the inbox, reads and removes it, and nothing else', async () => {
    const { outcome, stages } = await verify(true);
    expect(stages.map(({ stage, outcome }) => `${stage} ${outcome}`)).toEqual(['SENT PASSED', 'ARRIVED PASSED', 'READ PASSED', 'REMOVED PASSED']);
    expect(outcome).toBe('PASSED');
    expect([...double.mailbox(sales).messages.values()].map(({ internetMessageId }) => internetMessageId)).toEqual(['<a@lab.test>']);
  });

  it('says so where it does not arrive', async () => {
    const { stages } = await verify(false);
    expect(stages.map(({ stage, outcome }) => `${stage} ${outcome}`)).toEqual(['SENT PASSED', 'ARRIVED FAILED', 'READ SKIPPED', 'REMOVED SKIPPED']);
  });
});
