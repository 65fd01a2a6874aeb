import { describe, expect, it } from 'vitest';
import { CommandRefused } from '../../src/domain/decider.js';
import { draftedAccount, type AccountDraft } from '../../src/domain/email-account/draft.js';
import { emailAccountDecider } from '../../src/domain/email-account/decide.js';
import type { EmailAccountEvent } from '../../src/domain/email-account/events.js';
import { isPresent } from '../../src/domain/email-account/state.js';
import {
  created,
  editor,
  entered,
  imapEndpoint,
  imapReceiver,
  mailboxForm,
  now,
  receiverConfigured,
  secret,
  senderConfigured,
  smtpEndpoint,
  smtpForm,
  smtpSender,
} from './accounts.js';

const saved = (...events: EmailAccountEvent[]) => {
  const state = [created, ...events].reduce(emailAccountDecider.evolve, emailAccountDecider.initialState);
  if (!isPresent(state)) throw new Error('There is no account.');
  return state;
};
const drafted = (account: ReturnType<typeof saved> | null, draft: Partial<AccountDraft>) =>
  draftedAccount(account, { provider: null, sender: null, receiver: null, ...draft }, { now, actor: editor });
const problemsOf = (attempt: () => unknown) => {
  try {
    attempt();
  } catch (error) {
    if (error instanceof CommandRefused) return error.problems.map(({ code, field }) => [code, ...(field ?? [])].join(' '));
    throw error;
  }
  return [];
};
const stored = senderConfigured(smtpSender({}, secret('s1', 1, smtpEndpoint)));

describe('a draft', () => {
  it('is filled in as a new account would be', () => {
    expect(drafted(null, { sender: smtpForm() })).toMatchObject({ provider: 'custom', sender: smtpSender(), receiver: null });
    expect(drafted(null, { provider: 'google', receiver: { kind: 'imap', identity: { userId: 'a' }, connection: {}, password: entered('r1') } })).toMatchObject(
      {
        receiver: { connection: { host: 'imap.gmail.com', port: 993 }, password: { secretId: 'r1' } },
      },
    );
  });

  it('in front of a saved account leaves the sections as saved that it does not name', () => {
    const account = saved(stored, receiverConfigured(imapReceiver({}, secret('r1', 1, imapEndpoint))));
    expect(drafted(account, { sender: smtpForm({ minimumTlsVersion: 'TLS_1_3' }) })).toMatchObject({
      sender: { connection: { minimumTlsVersion: 'TLS_1_3' }, password: { secretId: 's1' } },
      receiver: { password: { secretId: 'r1' } },
    });
  });

  it('never takes the saved password to another endpoint', () => {
    expect(problemsOf(() => drafted(saved(stored), { sender: smtpForm({ host: 'smtp.evil.example' }) }))).toEqual([
      'SECRET_REBIND_REQUIRED draft sender smtp identity password',
    ]);
    expect(
      problemsOf(() =>
        drafted(saved(stored), { receiver: mailboxForm('imap', { host: 'imap.evil.example' }, { useSenderCredentials: true, userId: undefined }) }),
      ),
    ).toEqual(['SECRET_REBIND_REQUIRED draft receiver imap identity useSenderCredentials']);
    expect(drafted(saved(stored), { sender: smtpForm({ host: 'smtp.new.example' }, { password: entered('s2') }) })).toMatchObject({
      sender: { password: { secretId: 's2' } },
    });
  });

  it('takes a password that is entered with it to the receiver that uses it', () => {
    const linked = mailboxForm('imap', {}, { useSenderCredentials: true, userId: undefined });
    expect(drafted(null, { sender: smtpForm({}, { password: entered('s1') }), receiver: linked })).toMatchObject({
      sender: { password: { boundTo: [smtpEndpoint, imapEndpoint] } },
    });
  });

  it('is refused with all that is wrong, below `draft`', () => {
    expect(
      problemsOf(() =>
        drafted(null, { sender: smtpForm({ port: 0, useSmtps: true, startTls: 'REQUIRED' }), receiver: mailboxForm('pop3', {}, { userId: null }) }),
      ),
    ).toEqual([
      'CONTRADICTION draft sender smtp connection startTls',
      'OUT_OF_RANGE draft sender smtp connection port',
      'REQUIRED draft receiver pop3 identity userId',
    ]);
    expect(problemsOf(() => drafted(null, { provider: 'no-such' }))).toEqual(['NOT_FOUND draft provider']);
  });
});
