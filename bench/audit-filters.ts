import type { AuditFilter } from '../projections/audit-row.js';
import { actorId, bulkCorrelation, historyBeganAt } from './audit-history.js';
import { seededAccountId } from './seed-accounts.js';

export interface NamedFilter {
  readonly name: string;
  readonly filter: AuditFilter;
}

const numbers = (count: number) => Array.from({ length: count }, (_, n) => n);
const absent = 'nobody';

/** For each field values that are common, rare, absent, and several at once. Accounts and times are picked from a history that ends at `end`. */
function valuesOf(accounts: number, end: Date): { readonly [Field in keyof AuditFilter]: Readonly<Record<string, NonNullable<AuditFilter[Field]>>> } {
  const at = (share: number) => new Date(historyBeganAt + (end.getTime() - historyBeganAt) * share);
  return {
    actor: { common: [actorId(0)], rare: [actorId(49)], absent: [absent], several: numbers(20).map(actorId) },
    action: {
      common: ['SenderConfigured'],
      rare: ['CommandFailed'],
      absent: ['RootKeysRotated'],
      several: ['AccountCreated', 'AccountRenamed', 'AccountDisabled', 'AccessDenied'],
    },
    entityType: { common: ['EmailAccount'], rare: ['Service'], absent: ['ApiToken'], several: ['EmailAccount', 'Service', 'Truststore'] },
    entityId: {
      common: ['postledger'],
      rare: [seededAccountId(Math.floor(accounts / 2)).toUpperCase()],
      absent: [absent],
      several: numbers(50).map((n) => seededAccountId(Math.floor((n * accounts) / 50))),
    },
    outcome: { common: ['ACCEPTED'], rare: ['FAILED'], absent: ['CONFLICT'], several: ['REFUSED', 'DENIED', 'NO_CHANGE'] },
    occurredAt: {
      wide: { from: at(0.1), to: at(0.9) },
      narrow: { from: at(0.5), to: new Date(at(0.5).getTime() + 600_000) },
      empty: { from: at(1.1) },
      open: { to: at(0.3) },
    },
    correlationId: { common: bulkCorrelation, rare: 'correlation-777', absent },
    text: {
      common: 'quarterly',
      rare: 'zanzibar',
      absent,
      'common beginning': 'a',
      'beginning of many words': '1',
      'two that seldom meet': 'left right',
      'three beginnings': 'te sm 5',
    },
  };
}

/** Every value of every field alone, each two of different fields, and all fields at once with the n-th value of each. */
export function reviewFilters(accounts: number, end: Date): readonly NamedFilter[] {
  const values = Object.entries(valuesOf(accounts, end)).map(([field, values]) =>
    Object.entries(values).map(([kind, value]: [string, unknown]): NamedFilter => ({ name: `${field} ${kind}`, filter: { [field]: value } })),
  );
  const pairs = values.flatMap((ones, index) => values.slice(index + 1).flatMap((others) => ones.flatMap((one) => others.map((other) => both(one, other)))));
  const all = numbers(7).map((n) => values.map((ones) => ones[n % ones.length]).reduce<NamedFilter>((sum, one) => (one ? both(sum, one) : sum), everything));
  return [everything, ...values.flat(), ...pairs, ...all];
}

const everything: NamedFilter = { name: 'none', filter: {} };

function both(one: NamedFilter, other: NamedFilter): NamedFilter {
  return { name: one === everything ? other.name : `${one.name} + ${other.name}`, filter: { ...one.filter, ...other.filter } };
}
