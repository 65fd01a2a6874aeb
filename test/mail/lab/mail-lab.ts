import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { certificateAuthority, type Identity } from './certificate-authority.js';
import type { DovecotInstance } from './dovecot.js';
import { freePorts } from './free-ports.js';
import type { PostfixInstance } from './postfix.js';
import { writeDovecot, writePostfix } from './server-files.js';

/** Real mail servers on loopback: Postfix hands its mail to Dovecot. Every server has the same ports, users and mailboxes, and differs by what its address says. */
export interface MailLab {
  readonly ports: {
    /** SMTP without TLS and without AUTH, as on port 25. */
    readonly smtp: number;
    /** SMTP with STARTTLS, AUTH after it alone. */
    readonly submission: number;
    readonly smtps: number;
    /** IMAP in clear text, with STARTTLS offered. */
    readonly imap: number;
    readonly imaps: number;
    /** POP3 in clear text, with STLS offered. */
    readonly pop3: number;
    readonly pop3s: number;
    /** Where Dovecot asks about access tokens. Nobody listens there but who a test starts. */
    readonly introspection: number;
  };
  readonly hosts: {
    readonly good: string;
    readonly expired: string;
    readonly wrongHost: string;
    /** Its certificate is of a CA that the lab's file does not have. */
    readonly untrusted: string;
    /** TLS 1.0 and 1.1 alone. */
    readonly oldTls: string;
    /** TLS 1.2 alone. */
    readonly tls12: string;
  };
  readonly users: { readonly alice: LabUser; readonly bob: LabUser; /** Nobody writes to her but the tests of POP3. */ readonly carol: LabUser };
  /** The certificate (PEM) of the CA behind all servers but the untrusted one, and a file that holds it. */
  readonly authority: string;
  readonly authorityFile: string;
}

export interface LabUser {
  /** Mail address and user ID in one. */
  readonly address: string;
  readonly password: string;
}

const domain = 'lab.test';
const hosts = { good: '127.0.0.1', expired: '127.0.0.2', wrongHost: '127.0.0.3', untrusted: '127.0.0.4', oldTls: '127.0.0.5', tls12: '127.0.0.6' } as const;
const users = {
  alice: { address: `alice@${domain}`, password: 'alice-secret' },
  bob: { address: `bob@${domain}`, password: 'bob-secret' },
  carol: { address: `carol@${domain}`, password: 'carol-secret' },
} as const;
const postfixMaster = '/usr/lib/postfix/sbin/master';
const dovecot = '/usr/sbin/dovecot';

/** Why there can be no mail lab here; null when there can. */
export const mailLabMissing: string | null = reasonAgainst();
/** Whether tests on real mail servers run. Where they must (POSTLEDGER_REQUIRE_MAIL_LAB=1) and cannot, they run and fail. */
export const withMailLab = mailLabMissing === null || process.env['POSTLEDGER_REQUIRE_MAIL_LAB'] === '1';
if (!withMailLab) process.stdout.write(`Skipped: tests on real mail servers. ${mailLabMissing}\n`);

let running: Promise<MailLab> | null = null;

/** The one lab of this process: the first who asks starts it. It ends with the process, however that ends. */
export function startMailLab(): Promise<MailLab> {
  running ??= start();
  return running;
}

function reasonAgainst(): string | null {
  if (!existsSync(dovecot) || !existsSync(postfixMaster))
    return 'Dovecot and Postfix are not installed (Debian 12: dovecot-imapd dovecot-pop3d dovecot-lmtpd postfix).';
  if (process.getuid?.() !== 0) return 'Postfix does not start but as root.';
  const version = execFileSync(dovecot, ['--version'], { encoding: 'utf8' }).trim();
  return version.startsWith('2.3.') ? null : `Dovecot is ${version}, and the configuration is for 2.3.`;
}

async function start(): Promise<MailLab> {
  if (mailLabMissing !== null) throw new Error(mailLabMissing);
  const folder = await mkdtemp(join(tmpdir(), 'postledger-mail-'));
  await chmod(folder, 0o755);
  const [smtp = 0, submission = 0, smtps = 0, imap = 0, imaps = 0, pop3 = 0, pop3s = 0, introspection = 0, lmtp = 0, authentication = 0] = await freePorts(10);
  const ports = { smtp, submission, smtps, imap, imaps, pop3, pop3s, introspection };
  const authority = await writeIdentities(folder);
  const authorityFile = join(folder, 'tls', 'authority.crt');
  await writeFile(
    join(folder, 'users'),
    Object.values(users)
      .map(({ address, password }) => `${address}:{PLAIN}${password}::::::\n`)
      .join(''),
  );

  const dovecots = dovecotInstances(folder, ports, { lmtp, authentication, introspection });
  for (const instance of dovecots) await writeDovecot(instance);
  await writePostfix({ folder, domain, ports, services: { lmtp, authentication }, servers: postfixServers });
  supervise(folder, dovecots);
  await Promise.all(Object.values(hosts).flatMap((host) => [imap, imaps, pop3, pop3s, submission, smtps].map((port) => answers(host, port, folder))));
  await Promise.all([smtp, lmtp, authentication].map((port) => answers(hosts.good, port, folder)));
  return { ports, hosts, users, authority, authorityFile };
}

const postfixServers: PostfixInstance['servers'] = [
  { address: hosts.good, identity: 'good', tls: '>=TLSv1.2' },
  { address: hosts.expired, identity: 'expired', tls: null },
  { address: hosts.wrongHost, identity: 'wrong-host', tls: null },
  { address: hosts.untrusted, identity: 'untrusted', tls: null },
  { address: hosts.oldTls, identity: 'good', tls: '>=TLSv1,<=TLSv1.1' },
  { address: hosts.tls12, identity: 'good', tls: '>=TLSv1.2,<=TLSv1.2' },
];

function dovecotInstances(folder: string, ports: MailLab['ports'], services: NonNullable<DovecotInstance['services']>): readonly DovecotInstance[] {
  const common = { folder, user: 'dovecot', group: 'dovecot', ports, identity: 'good', identitiesByAddress: {}, services: null };
  return [
    {
      ...common,
      name: 'dovecot',
      listen: [hosts.good, hosts.expired, hosts.wrongHost, hosts.untrusted],
      identitiesByAddress: { [hosts.expired]: 'expired', [hosts.wrongHost]: 'wrong-host', [hosts.untrusted]: 'untrusted' },
      highestTls: null,
      services,
    },
    { ...common, name: 'dovecot-old-tls', listen: [hosts.oldTls], highestTls: 'TLSv1.1' },
    { ...common, name: 'dovecot-tls12', listen: [hosts.tls12], highestTls: 'TLSv1.2' },
  ];
}

/** Answers the certificate of the lab's CA. */
async function writeIdentities(folder: string): Promise<string> {
  await mkdir(join(folder, 'tls'));
  const authority = certificateAuthority('Lab CA');
  const day = 24 * 3_600_000;
  const identities: Readonly<Record<string, Identity>> = {
    good: authority.issue(['localhost', `mail.${domain}`, hosts.good, hosts.oldTls, hosts.tls12]),
    expired: authority.issue(['localhost', hosts.expired], { notBefore: new Date(Date.now() - 60 * day), notAfter: new Date(Date.now() - 30 * day) }),
    'wrong-host': authority.issue(['other.example']),
    untrusted: certificateAuthority('Unknown CA').issue(['localhost', hosts.untrusted]),
  };
  for (const [name, { certificate, key }] of Object.entries(identities)) {
    await writeFile(join(folder, 'tls', `${name}.crt`), certificate);
    await writeFile(join(folder, 'tls', `${name}.key`), key);
  }
  await writeFile(join(folder, 'tls', 'authority.crt'), authority.certificate);
  return authority.certificate;
}

/** Runs the servers until this process closes its end of a pipe, which the system does for it if need be; then they are stopped and the folder is removed. */
function supervise(folder: string, dovecots: readonly DovecotInstance[]): void {
  const starts = dovecots.map(
    ({ name }) =>
      `OPENSSL_CONF=${folder}/${name}.openssl setsid setpriv --reuid=dovecot --regid=dovecot --clear-groups ${dovecot} -F -c ${folder}/${name}.conf`,
  );
  const script = `
trap 'kill $(jobs -p); wait; rm -rf ${folder}' EXIT
${[...starts, `setsid ${postfixMaster} -c ${folder}/postfix -d`].map((start) => `${start} < /dev/null >> ${folder}/started.log 2>&1 &`).join('\n')}
read -r _
`;
  const supervisor = spawn('bash', ['-c', script], { stdio: ['pipe', 'ignore', 'ignore'], detached: true });
  supervisor.unref();
  (supervisor.stdin as unknown as { unref(): void }).unref();
}

/** Waits until somebody accepts connections there. */
async function answers(host: string, port: number, folder: string): Promise<void> {
  for (const end = Date.now() + 20_000; Date.now() < end; await delay(10)) {
    const socket = connect({ host, port });
    const accepted = await once(socket, 'connect').then(
      () => true,
      () => false,
    );
    socket.destroy();
    if (accepted) return;
  }
  throw new Error(`Nothing answers at ${host}:${port} of the mail lab in ${folder}. An early fault of Postfix is told to the system log alone.`);
}
