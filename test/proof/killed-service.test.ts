import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const rounds = process.env['POSTLEDGER_PROOF_DOSE'] === 'short' ? 10 : 200;
const writers = 8;

/** Starts the built service as an operator would, and waits until it says where it listens. */
async function start(dataDirectory: string): Promise<{ process: ChildProcess; url: string }> {
  const child = spawn(process.execPath, ['dist/src/main.js'], {
    env: { PATH: process.env['PATH'] ?? '', POSTLEDGER_PORT: '0', POSTLEDGER_DATA_DIR: dataDirectory, POSTLEDGER_LOG_LEVEL: 'info' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output: string[] = [];
  child.stderr.on('data', (chunk: Buffer) => output.push(chunk.toString()));
  for await (const chunk of child.stdout as AsyncIterable<Buffer>) {
    output.push(chunk.toString());
    const url = /http:\/\/127\.0\.0\.1:\d+\/graphql/.exec(output.join(''))?.[0];
    if (url) {
      child.stdout.resume();
      return { process: child, url };
    }
  }
  throw new Error(`The service ended before it listened:\n${output.join('')}`);
}

async function graphql(url: string, token: string, query: string, variables: object): Promise<{ data: Record<string, unknown> | null }> {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({ query, variables }),
  });
  return (await answer.json()) as { data: Record<string, unknown> | null };
}

it(`loses no acknowledged change over ${rounds} kills at random moments`, async () => {
  const dataDirectory = await mkdtemp(join(tmpdir(), 'postledger-killed-'));
  const acknowledged = new Map<string, number>();
  let unanswered = 0;
  try {
    let token = '';
    for (let round = 0; round < rounds; round++) {
      const { process: service, url } = await start(dataDirectory);
      token ||= (await readFile(join(dataDirectory, 'bootstrap-token'), 'utf8')).trim();
      const killed = new AbortController();
      const write = async (writer: number) => {
        for (let n = 0; !killed.signal.aborted; n++) {
          const accountId = `r${round}w${writer}n${n}`;
          const input = {
            accountId,
            accountName: accountId,
            sender: { smtp: { identity: { emailAddress: 'a@example.com', password: 'secret' }, connection: { host: 'smtp.example.com' } } },
          };
          const answer = await graphql(
            url,
            token,
            'mutation ($input: CreateEmailAccountInput!) { createEmailAccount(input: $input) { account { version } errors { code } } }',
            {
              input,
            },
          ).catch(() => {
            unanswered++;
            return null;
          });
          const payload = answer?.data?.['createEmailAccount'] as { account: { version: number } | null } | undefined;
          if (payload?.account) acknowledged.set(accountId, payload.account.version);
        }
      };
      const writing = Promise.all(Array.from({ length: writers }, (_, writer) => write(writer)));
      await new Promise((resolve) => setTimeout(resolve, 20 + Math.random() * 150));
      killed.abort();
      service.kill('SIGKILL');
      await Promise.all([once(service, 'exit'), writing]);
    }

    const { process: service, url } = await start(dataDirectory);
    const lost: string[] = [];
    for (const [accountId, version] of acknowledged) {
      const { data } = await graphql(
        url,
        token,
        'query ($id: ID!) { emailAccount(accountId: $id) { version sender { ... on SmtpSender { identity { password { isSet } } } } } }',
        {
          id: accountId,
        },
      );
      const found = data?.['emailAccount'] as { version: number; sender: { identity: { password: { isSet: boolean } } } } | null;
      if (found?.version !== version || !found.sender.identity.password.isSet) lost.push(accountId);
    }
    service.kill('SIGTERM');
    const [code] = (await once(service, 'exit')) as [number];
    process.stdout.write(`${rounds} kills, ${acknowledged.size} acknowledged changes, ${unanswered} unanswered, ${lost.length} lost\n`);
    expect(lost).toEqual([]);
    expect(acknowledged.size).toBeGreaterThan(rounds);
    expect(code).toBe(0);
  } finally {
    await rm(dataDirectory, { recursive: true, force: true });
  }
});
