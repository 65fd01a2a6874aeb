import type { AuditFilter, AuditOutcome } from '../audit-row.js';

/** A name or value of an export's filter cannot be used. The message says which would do. */
export class ExportRefused extends Error {
  override readonly name = 'ExportRefused';
  constructor(
    readonly parameter: string,
    message: string,
  ) {
    super(message);
  }
}

/** `action` and `AccountRenamed`, as a query string and the command line give them. */
export type FilterPair = readonly [key: string, value: string];

const listed = ['actor', 'action', 'entityType', 'entityId', 'outcome'] as const;
const single = ['correlationId', 'text', 'from', 'to'] as const;
export const filterKeys: readonly string[] = [...listed, ...single];

const outcomes: readonly string[] = ['ACCEPTED', 'NO_CHANGE', 'REFUSED', 'DENIED', 'CONFLICT', 'FAILED'] satisfies readonly AuditOutcome[];
const mostPairs = 50;
const longestValue = 200;

/** The filter of the audit trail. Keys of lists may be repeated: an entry has to fit one of their values. @throws {ExportRefused} */
export function filterOf(pairs: readonly FilterPair[]): AuditFilter {
  if (pairs.length > mostPairs) throw new ExportRefused('filter', `A filter has at most ${mostPairs} values. Leave some out.`);
  for (const [key, value] of pairs) {
    if (!filterKeys.includes(key)) throw new ExportRefused(key, `There is no filter named ${key.slice(0, 40)}. There are: ${filterKeys.join(', ')}.`);
    if (value.length > longestValue) throw new ExportRefused(key, `${key} is longer than ${longestValue} characters.`);
  }
  const values = (key: string) => pairs.filter(([each]) => each === key).map(([, value]) => value);
  const one = (key: (typeof single)[number]) => {
    const [value, ...more] = values(key);
    if (more.length > 0) throw new ExportRefused(key, `${key} is there more than once. Give one value.`);
    return value ?? null;
  };
  const given = (key: (typeof listed)[number]) => (values(key).length > 0 ? { [key]: values(key) } : {});
  if (values('outcome').some((value) => !outcomes.includes(value))) throw new ExportRefused('outcome', `An outcome is one of ${outcomes.join(', ')}.`);
  return {
    ...given('actor'),
    ...given('action'),
    ...given('entityType'),
    ...given('entityId'),
    ...given('outcome'),
    correlationId: one('correlationId'),
    text: one('text'),
    occurredAt: { from: timeOf('from', one('from')), to: timeOf('to', one('to')) },
  };
}

function timeOf(key: string, text: string | null): Date | null {
  if (text === null) return null;
  const isTime = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:\d{2})$/.test(text);
  const time = new Date(text);
  if (!isTime || Number.isNaN(time.getTime())) throw new ExportRefused(key, `${key} is no time of ISO 8601 with its zone, as 2026-01-31T00:00:00Z.`);
  return time;
}

/** A position of the log, as entries show it. @throws {ExportRefused} */
export function positionIn(key: string, text: string | null): bigint | null {
  if (text === null) return null;
  if (!/^\d{1,18}$/.test(text)) throw new ExportRefused(key, `${key} is no position. Take it from the last entry that you have.`);
  return BigInt(text);
}
