import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { AuditFilter } from '../projections/audit-row.js';
import type { AuditReader } from '../projections/audit-reader.js';
import { auditTrail } from '../projections/audit-trail.js';
import type { PageRequest } from '../projections/paging.js';
import { ViewBuild } from '../projections/view-build.js';
import type { RecordedEvent } from '../src/event-store/event-store.js';
import { ProgressBar } from '../src/start/progress-bar.js';
import { reviewFilters, type NamedFilter } from './audit-filters.js';
import { auditHistory } from './audit-history.js';
import type { Row } from './table.js';

const few = 10_000;
const many = 1_000_000;
const batch = 1_000; // events, as a view takes them
const rounds = 3;
const goal = 20; // milliseconds
const mostRatio = 2;

interface Review {
  readonly p50: number;
  readonly p99: number;
  /** As p99, of the best of the rounds of each page: what the machine does beside falls on one length and not on the other. */
  readonly bestP99: number;
  /** The slowest page, by the best of its rounds: one is lost to others on the machine now and then. */
  readonly worst: { readonly name: string; readonly milliseconds: number };
  readonly countP99: number;
  /** Of the first and the last page of each filter, when nothing of the index is remembered: the best of the rounds. */
  readonly coldP99: number;
  readonly pages: number;
}

/** How long a page of the audit trail takes, with its entries, over many filters and places in the list: among few entries and among many. */
export async function auditReviewRows(directory: string): Promise<readonly Row[]> {
  mkdirSync(directory);
  const [short, long] = [await review(directory, few), await review(directory, many)];
  const ratio = long.bestP99 / short.bestP99;
  const row = (entries: number, { p50, p99, pages, worst, countP99, coldP99 }: Review): Row => ({
    what: `audit trail of ${entries.toLocaleString('en')}: ${pages.toLocaleString('en')} pages of all filters, alone, in pairs and together; slowest: ${worst.name}`,
    figure: `p50 ${milliseconds(p50)}, p99 ${milliseconds(p99)}, slowest ${milliseconds(worst.milliseconds)}, count p99 ${milliseconds(countP99)}, asked for the first time p99 ${milliseconds(coldP99)}`,
    goal: `p99 ≤ ${goal} ms`,
    met: [p99, worst.milliseconds, countP99, coldP99].every((each) => each <= goal),
  });
  return [
    row(few, short),
    row(many, long),
    {
      what: `audit trail: p99 of a page among ${few.toLocaleString('en')} against ${many.toLocaleString('en')} entries`,
      figure: `${ratio.toFixed(2)} × the time, the best of ${rounds} each`,
      goal: `≤ ${mostRatio}`,
      met: ratio <= mostRatio,
    },
  ];
}

async function review(directory: string, entries: number): Promise<Review> {
  const file = join(directory, `audit-${entries}.db`);
  const last = await fill(file, entries);
  const build = new ViewBuild(auditTrail, file, 'follow');
  try {
    return measured(build.reader, reviewFilters(accountsIn(build.reader), last.recordedAt));
  } finally {
    build.discard();
  }
}

async function fill(file: string, entries: number): Promise<RecordedEvent> {
  const build = new ViewBuild(auditTrail, file, 'fill');
  const bar = new ProgressBar('Filling', 'entries');
  let events: RecordedEvent[] = [];
  let last: RecordedEvent | undefined;
  const apply = () => {
    last = events.at(-1);
    if (last) build.apply(events, last.position);
    events = [];
  };
  for (const event of auditHistory(entries)) {
    if (events.push(event) < batch) continue;
    apply();
    bar.show(Number(event.position), entries);
    await nextTurn();
  }
  if (events.length > 0) apply();
  build.commit();
  await build.makeIndexes(nextTurn);
  build.close();
  bar.finish();
  if (!last) throw new Error('A history without entries says nothing of how long a page takes.');
  return last;
}

function accountsIn(reader: AuditReader): number {
  return reader.count({ action: ['AccountCreated'] }) ?? 0;
}

function measured(reader: AuditReader, filters: readonly NamedFilter[]): Review {
  const taken: number[] = [];
  const bests: number[] = [];
  const counted: number[] = [];
  let worst = { name: 'none', milliseconds: 0 };
  // Once for the code to be compiled, and the pages of the file to be in memory.
  for (const { filter } of filters) for (const { request } of pagesOf(reader, filter)) reader.page(filter, request);
  for (const { name, filter } of filters) {
    for (const { page, request } of pagesOf(reader, filter)) {
      const times = Array.from({ length: rounds }, () => timed(() => reader.page(filter, request)));
      taken.push(...times);
      const best = Math.min(...times);
      bests.push(best);
      if (best > worst.milliseconds) worst = { name: `${name}, ${page}`, milliseconds: best };
    }
    counted.push(timed(() => reader.count(filter)));
  }
  const cold = filters.flatMap(({ filter }) =>
    (['first', 'last'] as const).map((take) => {
      const times = Array.from({ length: rounds }, () => {
        reader.index.forget();
        return timed(() => reader.page(filter, { take, size: 20, after: null, before: null }));
      });
      return Math.min(...times);
    }),
  );
  return {
    p50: percentile(taken, 0.5),
    p99: percentile(taken, 0.99),
    bestP99: percentile(bests, 0.99),
    worst,
    countP99: percentile(counted, 0.99),
    coldP99: percentile(cold, 0.99),
    pages: taken.length,
  };
}

/** The first page, the last one, and those around the middle of what the filter leaves and of the whole trail. */
function pagesOf(reader: AuditReader, filter: AuditFilter): readonly { readonly page: string; readonly request: PageRequest }[] {
  const [first] = reader.page(filter, { take: 'first', size: 1, after: null, before: null }).entries;
  const [last] = reader.page(filter, { take: 'last', size: 1, after: null, before: null }).entries;
  const end = Number(reader.view.position ?? 0n);
  const middle = first && last ? String(Math.floor((Number(first.cursor) + Number(last.cursor)) / 2)) : String(Math.floor(end / 2));
  const from = (page: string, take: 'first' | 'last', size: number, cursor: string | null) => ({
    page: `${page} ${size}`,
    request: { take, size, after: take === 'first' ? cursor : null, before: take === 'last' ? cursor : null },
  });
  return [20, 100].flatMap((size) => [
    from('first', 'first', size, null),
    from('last', 'last', size, null),
    from('middle, forwards,', 'first', size, middle),
    from('middle, backwards,', 'last', size, middle),
  ]);
}

function timed(work: () => unknown): number {
  const startedAt = performance.now();
  work();
  return performance.now() - startedAt;
}

function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}

function milliseconds(value: number): string {
  return `${value.toFixed(value < 10 ? 2 : 1)} ms`;
}
