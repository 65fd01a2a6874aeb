import type { AccountFilter } from './account-filter.js';
import { forEver } from './account-records.js';
import type { Scalar } from './paging.js';
import type { ViewDatabase } from './view-database.js';
import { matchAllWords } from './words.js';

/** What accounts may name and be ready with, in lower case: truststores that exist, authentication profiles that exist and give access. */
export interface UsableNames {
  readonly truststores: readonly string[];
  readonly authenticationProfiles: readonly string[];
}

/** What a row of `account` has to fulfil, joined with AND. */
export interface Conditions {
  readonly texts: readonly string[];
  readonly values: readonly Scalar[];
}

type Condition = readonly [text: string, ...values: Scalar[]];

const present = `valid_to = ${forEver}`;
const always: readonly Condition[] = [];

export function accountConditions(filter: AccountFilter, usable: UsableNames): Conditions {
  const { status, provider, accountId, senderKind, receiverKind, ready, connectionTest } = filter;
  return joined([
    oneOf('status', status ?? ['ACTIVE', 'DISABLED']),
    ...(provider ? [oneOf('provider', provider)] : always),
    ...(accountId
      ? [
          oneOf(
            'key',
            accountId.map((id) => id.toLowerCase()),
          ),
        ]
      : always),
    ...(senderKind ? [oneOf('sender_kind', senderKind)] : always),
    ...(receiverKind ? [oneOf('receiver_kind', receiverKind)] : always),
    ...(isGiven(ready) ? [readiness(ready, usable)] : always),
    ...(connectionTest ? [oneOf('test_outcome', connectionTest)] : always),
    ...selective(filter).map(({ text, values }) => [text, ...values] as const),
  ]);
}

/** An account is ready when it is by itself, and everything that it names is usable. Written as one expression, so that its opposite is exactly the rest. */
function readiness(ready: boolean, { truststores, authenticationProfiles }: UsableNames): Condition {
  const usable = (column: string) => `(${column} IS NULL OR ${column} IN (SELECT value FROM json_each(?)))`;
  const columns = ['sender_truststore', 'receiver_truststore', 'sender_profile', 'receiver_profile'];
  const [stores, profiles] = [JSON.stringify(truststores), JSON.stringify(authenticationProfiles)];
  return [`(ready = 1 AND ${columns.map(usable).join(' AND ')}) = ${ready ? 1 : 0}`, stores, stores, profiles, profiles];
}

/** A filter that few accounts may fit, and what names them by an index alone. */
interface Selective {
  /** A plus keeps the planner from taking the index all the same: most accounts may fit. */
  readonly text: string;
  readonly values: readonly Scalar[];
  /** Selects their `key`; null where no index is kept. */
  readonly keys: string | null;
}

function selective({ text, emailAddress, host, truststore, authenticationProfile, updatedAt }: AccountFilter): readonly Selective[] {
  const words = text ? matchAllWords(text) : null;
  const matched = 'wording IN (SELECT rowid FROM account_words WHERE account_words MATCH ?)';
  return [
    ...(text && words === null ? [{ text: 'FALSE', values: [], keys: null }] : []),
    ...(words === null ? [] : [{ text: matched, values: [words], keys: `SELECT key FROM account WHERE ${present} AND ${matched}` }]),
    ...(isGiven(emailAddress)
      ? [{ text: '+email_address = ?', values: [emailAddress.toLowerCase()], keys: `SELECT key FROM account WHERE ${present} AND email_address = ?` }]
      : []),
    ...either('host', host, true),
    ...either('truststore', truststore, false),
    ...either('profile', authenticationProfile, false),
    ...within(updatedAt?.from ?? null, updatedAt?.to ?? null),
  ];
}

function either(column: string, value: string | null | undefined, isIndexed: boolean): readonly Selective[] {
  if (!isGiven(value)) return [];
  const keys = `SELECT key FROM account WHERE ${present} AND sender_${column} = ? UNION ALL SELECT key FROM account WHERE ${present} AND receiver_${column} = ?`;
  const text = `(+sender_${column} = ? OR +receiver_${column} = ?)`;
  return [{ text, values: [value.toLowerCase(), value.toLowerCase()], keys: isIndexed ? keys : null }];
}

function within(from: Date | null, to: Date | null): readonly Selective[] {
  if (from === null && to === null) return [];
  const values = [from?.getTime() ?? 0, to?.getTime() ?? forEver];
  const keys = `SELECT key FROM account WHERE ${present} AND updated_at >= ? AND updated_at < ?`;
  return [{ text: '+updated_at >= ? AND +updated_at < ?', values, keys }];
}

/** Up to so many accounts are sorted rather than looked for in the order of the list. */
const few = 1_000;

/** Where a filter leaves few accounts, these by name: the list's order is then no longer searched for them. */
export function narrowed(view: ViewDatabase, filter: AccountFilter): Conditions | null {
  for (const { keys, values } of selective(filter)) {
    if (keys === null) continue;
    const found = view.all(`SELECT key FROM (${keys}) LIMIT ${few + 1}`, ...values);
    if (found.length <= few)
      return joined([
        oneOf(
          'key',
          found.map(({ key }) => String(key)),
        ),
      ]);
  }
  return null;
}

/** Whether the filter leaves nothing but the choice of status. */
export function isByStatusAlone(filter: AccountFilter): boolean {
  return Object.entries(filter).every(([field, value]) => field === 'status' || value === null || value === undefined);
}

/** A list may be as long as a request: as JSON it is one value, and the statement's text stays the same. */
function oneOf(column: string, values: readonly string[]): Condition {
  if (column === 'status') return [`status IN (${values.map(() => '?').join(', ')})`, ...values];
  return [`${column} IN (SELECT value FROM json_each(?))`, JSON.stringify(values)];
}

function joined(conditions: readonly Condition[]): Conditions {
  return { texts: conditions.map(([text]) => text), values: conditions.flatMap(([, ...values]) => values) };
}

function isGiven<T>(value: T | null | undefined): value is T {
  return value !== null && value !== undefined;
}
