import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { openEmbeddedEventStore } from '../src/event-store/embedded.js';
import { seedAccounts } from './seed-accounts.js';
import { startServiceProcess } from './service-process.js';
import { microseconds, perSecond, times, type Row } from './table.js';

/** How fast the audit trail goes to a receiver on this machine that does nothing but take it, one entry after the other. Each account has three entries. */
export async function auditStreamRows(directory: string, accounts: number): Promise<readonly Row[]> {
  mkdirSync(directory);
  const store = await openEmbeddedEventStore(directory);
  await seedAccounts(store, 0, accounts, () => undefined);
  await store.close();
  const entries = 3 * accounts;
  const receiver = await startReceiver();
  const service = await startServiceProcess(directory, {
    POSTLEDGER_EGRESS_ALLOW_LOOPBACK: 'true',
    POSTLEDGER_AUDIT_WEBHOOK_URL: receiver.url,
    POSTLEDGER_AUDIT_WEBHOOK_SECRET: `whsec_${Buffer.alloc(32, 7).toString('base64')}`,
  });
  try {
    const [startedAt, cpuBefore, takenBefore] = [performance.now(), service.cpuSeconds(), receiver.taken()];
    await receiver.reached(entries);
    const seconds = (performance.now() - startedAt) / 1_000;
    const sent = receiver.taken() - takenBefore;
    const streamed = sent / seconds;
    const cpu = ((service.cpuSeconds() - cpuBefore) * 1e6) / sent;
    const bare = await bareRequestsASecond(receiver.url, receiver.lastBody());
    return [
      {
        what: `audit trail streamed to a webhook, ${entries.toLocaleString('en')} entries, one after the other`,
        figure: perSecond(streamed),
        cpu: microseconds(cpu),
        ratio: times(streamed / bare, 'fetch of the runtime, one after the other'),
      },
    ];
  } finally {
    await service.stop();
    await receiver.stop();
  }
}

async function startReceiver() {
  let taken = 0;
  let last = '';
  let waiting: { readonly count: number; readonly resolve: () => void } | null = null;
  const server = createServer((incoming, outgoing) => {
    let body = '';
    incoming.setEncoding('utf8');
    incoming.on('data', (chunk: string) => (body += chunk));
    incoming.on('end', () => {
      outgoing.writeHead(204).end();
      last = body;
      if (++taken === waiting?.count) waiting.resolve();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    taken: () => taken,
    lastBody: () => last,
    reached: (count: number) => new Promise<void>((resolve) => (taken >= count ? resolve() : (waiting = { count, resolve }))),
    async stop() {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}

/** Without a signature, an order to keep in mind, or a way out to go by. */
async function bareRequestsASecond(url: string, body: string, seconds = 2): Promise<number> {
  const until = performance.now() + seconds * 1_000;
  let requests = 0;
  for (; performance.now() < until; requests++) await (await fetch(url, { method: 'POST', body })).arrayBuffer();
  return requests / seconds;
}
