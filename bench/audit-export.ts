import { mkdirSync } from 'node:fs';
import { openEmbeddedEventStore } from '../src/event-store/embedded.js';
import { exportFormatNames } from '../projections/audit-export/format.js';
import { ProgressBar } from '../src/start/progress-bar.js';
import { seedAccounts } from './seed-accounts.js';
import { startServiceProcess, type ServiceProcess } from './service-process.js';
import { microseconds, perSecond, type Row } from './table.js';

/** How long the whole audit trail takes to download, and how much memory the service takes meanwhile. Each account has three entries. */
export async function auditExportRows(directory: string, accounts: number): Promise<readonly Row[]> {
  mkdirSync(directory);
  const store = await openEmbeddedEventStore(directory);
  const bar = new ProgressBar('Seeding', 'accounts');
  await seedAccounts(store, 0, accounts, (done) => bar.show(done, accounts));
  bar.finish();
  await store.close();
  const service = await startServiceProcess(directory);
  try {
    const rows: Row[] = [];
    for (const format of exportFormatNames) rows.push(await download(service, format, 3 * accounts));
    return rows;
  } finally {
    await service.stop();
  }
}

async function download(service: ServiceProcess, format: string, entries: number): Promise<Row> {
  const [startedAt, cpuBefore, memoryBefore] = [performance.now(), service.cpuSeconds(), service.residentBytes()];
  const answer = await fetch(new URL(`/audit/export?format=${format}`, service.url), { headers: { authorization: `Bearer ${service.token}` } });
  if (!answer.ok || answer.body === null) throw new Error(`The export was answered with ${answer.status}.`);
  let [bytes, mostMemory, nextLook] = [0, memoryBefore, 0];
  for await (const chunk of answer.body) {
    bytes += chunk.length;
    if (bytes < nextLook) continue;
    mostMemory = Math.max(mostMemory, service.residentBytes());
    nextLook = bytes + 10_000_000;
  }
  const seconds = (performance.now() - startedAt) / 1_000;
  const goal = (entries / 1_000_000) * 60;
  return {
    what: `audit trail as ${format}, ${entries.toLocaleString('en')} entries, ${Math.round(bytes / 1e6).toLocaleString('en')} MB, ${Math.round((mostMemory - memoryBefore) / 2 ** 20)} MiB more memory`,
    figure: `${seconds.toFixed(1)} s, ${perSecond(entries / seconds)}`,
    cpu: microseconds(((service.cpuSeconds() - cpuBefore) * 1e6) / entries),
    goal: `≤ ${Math.round(goal)} s`,
    met: seconds <= goal,
  };
}
