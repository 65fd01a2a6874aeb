import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { stderr, stdout, version as nodeVersion } from 'node:process';
import { ProgressBar } from '../src/start/progress-bar.js';
import { auditExportRows } from './audit-export.js';
import { auditReviewRows } from './audit-review.js';
import { auditVerifyRows } from './audit-verify.js';
import { auditStreamRows } from './audit-stream.js';
import { clusterStoreRows } from './cluster-store.js';
import { durableCommitsASecond } from './durable-commits.js';
import { load, type Load } from './load.js';
import { mailRows } from './mail.js';
import { newNode } from './new-node.js';
import { rawFsyncsASecond } from './raw-fsync.js';
import { rebuilds } from './rebuilds.js';
import { openSealedLog } from './sealed-log.js';
import { seedAccounts, seededAccountId } from './seed-accounts.js';
import { startServiceProcess, type ServiceProcess } from './service-process.js';
import { microseconds, perSecond, table, times, type Row } from './table.js';
import { tlsMemoryRows } from './tls-memory.js';

/** Everything runs in one go on one disk, so that the ratios hold whatever machine it is. The files lie below the project's `data`, which is on the disk to be measured. */
const seconds = 5;
/** In seconds, before each measurement: code that is compiled and pages that are read by then are so for the rest of the day. */
const warmUp = 2;
const few = 1_000;
const many = 100_000;

const oneAccount = `query ($id: ID!) { emailAccount(accountId: $id) { accountId accountName status version updatedAt
  sender { ... on SmtpSender { identity { emailAddress } connection { host port } } } receiver { ... on ImapReceiver { connection { host port } mailbox } } readiness { ready } } }`;
const firstTwenty =
  '{ emailAccounts(first: 20) { nodes { accountId accountName status version updatedAt readiness { ready } } pageInfo { hasNextPage endCursor } } }';
const create = `mutation ($input: CreateEmailAccountInput!) { createEmailAccount(input: $input) { account { accountId version } errors { code } consistencyToken pending } }`;
const nothing = '{ __typename }';

async function bench(directory: string): Promise<readonly Row[]> {
  const rows: Row[] = [];
  const say = (text: string) => stderr.write(`${text}\n`);

  say('Durable commits, against the bare disk …');
  const fsyncs = rawFsyncsASecond(directory, 2);
  rows.push({ what: 'bare disk: write 4 KiB and fsync', figure: perSecond(fsyncs) });
  let alone = 0;
  for (const writers of [1, 8, 64]) {
    const commits = await durableCommitsASecond(directory, writers, 3);
    if (writers === 1) alone = commits;
    rows.push({
      what: `durable commits, ${writers} ${writers === 1 ? 'writer' : 'writers'}`,
      figure: perSecond(commits),
      ratio: times(commits / fsyncs, 'bare fsync'),
    });
  }

  say('The engine of a cluster …');
  rows.push(...(await clusterStoreRows(alone)));

  say('Mail …');
  rows.push(...(await mailRows()));
  rows.push(...(await tlsMemoryRows()));

  say('The service: start, memory, creates …');
  const first = join(directory, 'creates');
  const fresh = await startServiceProcess(first);
  await fresh.stop();
  const service = await startServiceProcess(first);
  rows.push({
    what: 'start to listening',
    figure: `${service.cpuSecondsToListening.toFixed(2)} s CPU`,
    goal: '≤ 1.0 s CPU',
    met: service.cpuSecondsToListening <= 1,
  });
  await sleep(3_000);
  const idle = service.residentBytes() / 2 ** 20;
  rows.push({ what: 'memory, idle', figure: `${Math.round(idle)} MiB`, goal: '≤ 130 MiB', met: idle <= 130 });
  rows.push(...(await creates(service)));
  await service.stop();

  const smaller = await reads(join(directory, 'few'), few, say);
  const larger = await reads(join(directory, 'many'), many, say);
  rows.push(...smaller.rows, ...larger.rows);
  rows.push(flat('emailAccount', smaller.one, larger.one), flat('emailAccounts(first: 20)', smaller.twenty, larger.twenty));

  say('Views built anew …');
  rows.push(...(await rebuilds(join(directory, 'many'))));

  say('The audit trail reviewed …');
  rows.push(...(await auditReviewRows(join(directory, 'review'))));

  say('The audit trail exported …');
  rows.push(...(await auditExportRows(join(directory, 'export'), Math.ceil(1_000_000 / 3))));

  say('The whole log verified …');
  rows.push(...(await auditVerifyRows(join(directory, 'export'))));

  say('The audit trail streamed …');
  rows.push(...(await auditStreamRows(join(directory, 'stream'), 5_000)));

  say('A new node …');
  rows.push(...(await newNode(join(directory, 'many'), 3 * many)));
  return rows;
}

async function creates(service: ServiceProcess): Promise<readonly Row[]> {
  await load(service, nothing, { seconds: warmUp });
  const empty = await load(service, nothing, { seconds });
  let n = 0;
  const next = () => {
    const accountId = `bench-${(n++).toString(36)}`;
    const emailAddress = `${accountId}@example.com`;
    return {
      input: {
        accountId,
        accountName: `Account ${accountId}`,
        sender: { smtp: { identity: { emailAddress, password: `sender ${accountId}` }, connection: { host: 'smtp.example.com' } } },
        receiver: { imap: { identity: { userId: emailAddress, password: `receiver ${accountId}` }, connection: { host: 'imap.example.com' } } },
      },
    };
  };
  await load(service, create, { seconds: warmUp, next });
  const created = await load(service, create, { seconds, next });
  return [
    { what: '{ __typename }, 25 connections', ...figures(empty) },
    {
      what: 'createEmailAccount with two passwords, 25 connections',
      ...figures(created),
      ratio: times(created.requestsASecond / empty.requestsASecond, '{ __typename }'),
      goal: '≥ 1,000/s, p99 < 50 ms',
      met: created.requestsASecond >= 1_000 && created.p99 < 50,
    },
  ];
}

async function reads(
  directory: string,
  accounts: number,
  say: (text: string) => void,
): Promise<{ readonly rows: readonly Row[]; readonly one: number; readonly twenty: number }> {
  const count = accounts.toLocaleString('en');
  say(`Reads at ${count} accounts …`);
  mkdirSync(directory);
  const log = await openSealedLog(directory);
  const bar = new ProgressBar('Seeding', 'accounts');
  await seedAccounts(log.events, 0, accounts, (done) => bar.show(done, accounts));
  bar.finish();
  await log.close();

  const service = await startServiceProcess(directory);
  try {
    const anyAccount = () => ({ id: seededAccountId(Math.floor(Math.random() * accounts)) });
    for (const document of [nothing, oneAccount, firstTwenty]) await load(service, document, { seconds: warmUp, next: anyAccount });
    const empty = await load(service, nothing, { seconds });
    const one = await load(service, oneAccount, { seconds, next: anyAccount });
    const twenty = await load(service, firstTwenty, { seconds });
    const row = (what: string, measured: Load, goal: number): Row => ({
      what: `${what} of ${count}`,
      ...figures(measured),
      ratio: times(measured.requestsASecond / empty.requestsASecond, '{ __typename }'),
      goal: `≥ ${goal.toLocaleString('en')}/s`,
      met: measured.requestsASecond >= goal,
    });
    return {
      rows: [row('emailAccount', one, 5_000), row('emailAccounts(first: 20)', twenty, 2_000)],
      one: one.requestsASecond / empty.requestsASecond,
      twenty: twenty.requestsASecond / empty.requestsASecond,
    };
  } finally {
    await service.stop();
  }
}

function figures({ requestsASecond, p99, cpuMicroseconds }: Load): Pick<Row, 'figure' | 'cpu'> {
  return { figure: `${perSecond(requestsASecond)}, p99 ${p99} ms`, cpu: microseconds(cpuMicroseconds) };
}

/** How much slower a read became, each measured against the empty request of its own server. */
function flat(what: string, withFew: number, withMany: number): Row {
  const ratio = withFew / withMany;
  return {
    what: `${what}: ${few.toLocaleString('en')} against ${many.toLocaleString('en')} accounts`,
    figure: `${ratio.toFixed(2)} × the time`,
    goal: '≤ 1.3',
    met: ratio <= 1.3,
  };
}

mkdirSync(resolve('data'), { recursive: true, mode: 0o700 });
const directory = mkdtempSync(join(resolve('data'), 'bench-'));
try {
  const rows = await bench(directory);
  stdout.write(`\nNode ${nodeVersion}, ${new Date().toISOString().slice(0, 10)}\n\n${table(rows)}\n`);
} finally {
  rmSync(directory, { recursive: true });
}
