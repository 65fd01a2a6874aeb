import { inspect } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import { messageSender } from '../../src/mail/message-sender.js';
import { shownServerText } from '../../src/mail/server-text.js';
import { SecretValue } from '../../src/secret-store/secret-value.js';
import { canary, failureIn, loopback, receiver, sender, stagesOf } from './accounts.js';
import { closeFakeServers, imapServer, smtpServer } from './lab/fake-server.js';

afterEach(closeFakeServers);

/** Every way in which a server could say the password back. */
const forms: readonly [string, string][] = [
  ['as it is', canary],
  ['quoted, as IMAP has it', canary.replace(/["\\]/g, String.raw`\$&`)],
  ['in base64', Buffer.from(canary).toString('base64')],
  ['in base64 without its padding', Buffer.from(canary).toString('base64').replace(/=+$/, '')],
  ['in base64url', Buffer.from(canary).toString('base64url')],
  ['as AUTH PLAIN sends it', Buffer.from(`\0alice@lab.test\0${canary}`).toString('base64')],
  ['as AUTH PLAIN sends it for another user', Buffer.from(`\0b\0${canary}`).toString('base64')],
  ['as AUTH PLAIN sends it for a third', Buffer.from(`\0ab\0${canary}`).toString('base64')],
  ['in hexadecimal', Buffer.from(canary).toString('hex').toUpperCase()],
  ['in a URL', encodeURIComponent(canary)],
];

describe('a password that the server says back', () => {
  it.each(forms)('%s is not shown', (_, form) => {
    const shown = shownServerText(`535 wrong: ${form} and ${form}!`, [new SecretValue(canary)]);
    expect(shown).toBe('535 wrong: [secret] and [secret]!');
  });

  it('is not shown either when it is longer than what is shown', () => {
    const long = 'x7'.repeat(150);
    expect(shownServerText(`no ${long}`, [new SecretValue(long)])).toBe('no [secret]');
  });

  it('is looked for in any amount of text', () => {
    expect(shownServerText('Q'.repeat(1_000_000), [new SecretValue('a quiet secret')])).toBe('Q'.repeat(200));
  });

  it.each(forms)('%s is in no stage and in no result of sending', async (_, form) => {
    const smtp = await smtpServer({ answers: { 'AUTH PLAIN': `535 5.7.8 wrong: ${form}` } });
    const imap = await imapServer({ answers: { LOGIN: `\${tag} NO [AUTHENTICATIONFAILED] wrong: ${form}` } });
    const mailer = await smtpServer({ answers: { RCPT: `550 5.1.1 no, ${form}` } });
    const account = sender({ port: smtp.port });
    const stages = await stagesOf({ sender: account, receiver: receiver({ port: imap.port }) });
    const result = await messageSender(loopback)(
      sender({ port: mailer.port }),
      { to: 'bob@lab.test', messageId: '<1@lab.test>', accountId: 'orders' },
      new AbortController().signal,
    );
    expect(stages.filter(({ code }) => code === 'AUTHENTICATION_FAILED')).toHaveLength(2);
    expect(result.code).toBe('RECIPIENT_REFUSED');
    const told = `${JSON.stringify(stages)} ${JSON.stringify(result)} ${inspect(account, { depth: null })}`;
    expect(told.split('[secret]').length).toBeGreaterThan(3);
    for (const [, secret] of forms) {
      expect(told).not.toContain(secret);
      expect(told).not.toContain(JSON.stringify(secret).slice(1, -1));
    }
  });

  it('is really sent, or none of this would show anything', async () => {
    const server = await smtpServer();
    expect(failureIn(await stagesOf({ sender: sender({ port: server.port }) }))).toBe('passed');
    expect(server.received()).toContain(Buffer.from(`\0alice@lab.test\0${canary}`).toString('base64'));
  });
});
