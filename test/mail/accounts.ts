import type { ConnectionTestStage } from '../../src/domain/email-account/connection-test.js';
import type { TlsVersion } from '../../src/domain/email-account/settings.js';
import { connectionTester } from '../../src/mail/connection-tester.js';
import type { MailboxSubject, SmtpSubject, TestMail, TestSubject } from '../../src/mail/mail-port.js';
import type { MailSettings } from '../../src/mail/mail-settings.js';
import { SecretValue } from '../../src/secret-store/secret-value.js';

export type Security = 'IMPLICIT' | 'REQUIRED' | 'OPPORTUNISTIC' | 'DISABLED';

interface Differences {
  readonly host?: string;
  readonly port: number;
  readonly security?: Security;
  readonly minimumTlsVersion?: TlsVersion;
  readonly truststore?: string;
  readonly address?: string;
  readonly password?: string | null;
}

export const canary = 'Canary-7"pw\\ß+/=';

export function sender({ security = 'DISABLED', password = canary, address = 'alice@lab.test', ...connection }: Differences): SmtpSubject {
  return {
    settings: {
      kind: 'smtp',
      identity: { emailAddress: address, displayName: 'Alice', userId: 'alice@lab.test', replyTo: null },
      connection: { ...connectionOf(connection), useSmtps: security === 'IMPLICIT', startTls: security === 'IMPLICIT' ? 'DISABLED' : security },
      password: null,
    },
    credentials: password === null ? null : { kind: 'password', userId: 'alice@lab.test', password: new SecretValue(password) },
    trust: null,
  };
}

export function receiver({
  security = 'DISABLED',
  password,
  kind = 'imap',
  mailbox = 'INBOX',
  ...connection
}: Differences & { readonly kind?: 'imap' | 'pop3'; readonly mailbox?: string }): MailboxSubject {
  return {
    settings: {
      kind,
      identity: { useSenderCredentials: false, userId: 'alice@lab.test' },
      connection: { ...connectionOf(connection), useTls: security === 'IMPLICIT', startTls: security === 'IMPLICIT' ? 'DISABLED' : security },
      mailbox: kind === 'imap' ? mailbox : null,
      password: null,
    },
    credentials: { kind: 'password', userId: 'alice@lab.test', password: new SecretValue(password ?? canary) },
    trust: null,
  };
}

function connectionOf({ host = '127.0.0.1', port, minimumTlsVersion = 'TLS_1_2', truststore }: Differences) {
  return { host, port, minimumTlsVersion, truststore: truststore ?? null, authenticationProfile: null };
}

/** Servers of these tests are on this machine. */
export const loopback: MailSettings = { egress: { allowLoopback: true } };

const testers = new WeakMap<MailSettings, TestMail>();

/** One for all tests with the same settings, as one serves a whole service: its TLS contexts are costly to build. */
export function testerFor(settings: MailSettings): TestMail {
  const tester = testers.get(settings) ?? connectionTester(settings);
  testers.set(settings, tester);
  return tester;
}

export async function stagesOf(
  subject: Partial<TestSubject>,
  settings: MailSettings = loopback,
  signal = new AbortController().signal,
): Promise<readonly ConnectionTestStage[]> {
  const stages: ConnectionTestStage[] = [];
  for await (const stage of testerFor(settings)({ sender: null, receiver: null, recipient: null, ...subject }, signal)) stages.push(stage);
  return stages;
}

/** The stage that failed, as `STAGE CODE`; `passed` when none did. Everything after it must have been skipped. */
export function failureIn(stages: readonly ConnectionTestStage[]): string {
  const at = stages.findIndex(({ outcome }) => outcome === 'FAILED');
  const failed = stages[at];
  if (failed === undefined) return 'passed';
  const after = stages.slice(at + 1).filter(({ outcome }) => outcome !== 'SKIPPED');
  return [failed, ...after].map(({ stage, code }) => `${stage} ${code}`).join(', ');
}
