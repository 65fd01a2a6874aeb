import type { AccountFilter, AccountOrder } from '../../projections/account-filter.js';
import { snapshotOf } from '../../src/commands/account-history.js';
import { readinessOf } from '../../src/domain/email-account/readiness.js';
import type { EmailAccountSnapshot } from '../../src/domain/email-account/snapshot.js';
import type { RecordedEvent } from '../../src/event-store/event-store.js';

/** The accounts as the log says they were at the time, told without any view: those that fit, in order. Erased ones were never there. */
export function modelledAccounts(
  events: readonly RecordedEvent[],
  filter: AccountFilter,
  order: AccountOrder,
  at: Date | null = null,
): readonly EmailAccountSnapshot[] {
  const streams = new Map<string, RecordedEvent[]>();
  for (const event of events) if (event.streamId.startsWith('emailAccount-')) streams.set(event.streamId, [...(streams.get(event.streamId) ?? []), event]);
  const accounts = [...streams.values()]
    .filter((stream) => snapshotOf(stream) !== null)
    .map((stream) => snapshotOf(stream.filter(({ recordedAt }) => at === null || recordedAt <= at)))
    .filter((snapshot) => snapshot !== null)
    .filter((snapshot) => fits(snapshot, filter));
  accounts.sort((one, other) => compare(placeOf(one, order), placeOf(other, order)));
  return order.direction === 'ASC' ? accounts : accounts.reverse();
}

function placeOf({ account, createdAt, updatedAt }: EmailAccountSnapshot, { field }: AccountOrder): readonly string[] {
  const first = { ACCOUNT_ID: '', ACCOUNT_NAME: account.accountName.toLowerCase(), CREATED_AT: createdAt, UPDATED_AT: updatedAt }[field];
  return [first, account.accountId.toLowerCase()];
}

function compare(one: readonly string[], other: readonly string[]): number {
  for (const [index, text] of one.entries()) {
    const order = Buffer.compare(Buffer.from(text), Buffer.from(other[index] ?? ''));
    if (order !== 0) return order;
  }
  return 0;
}

function fits(snapshot: EmailAccountSnapshot, filter: AccountFilter): boolean {
  const { account, updatedAt, connectionTest } = snapshot;
  const { sender, receiver } = account;
  const sections = [sender, receiver].filter((section) => section !== null);
  const hosts = sections.flatMap((section) => (section.kind === 'microsoftGraph' ? [] : [section.connection.host]));
  const truststores = sections.flatMap((section) => (section.kind === 'microsoftGraph' ? [] : [section.connection.truststore]));
  const profiles = sections.map((section) => section.connection.authenticationProfile);
  const address = sender === null ? null : sender.kind === 'smtp' ? sender.identity.emailAddress : sender.identity.userPrincipalName;
  const kindOf = (kind: string | undefined) => (kind === undefined ? 'NONE' : kind === 'microsoftGraph' ? 'MICROSOFT_GRAPH' : kind.toUpperCase());
  const same = (one: string | null, other: string) => one?.toLowerCase() === other.toLowerCase();
  const given = <Value>(value: Value | null | undefined, holds: (value: Value) => boolean) => value === null || value === undefined || holds(value);
  return (
    (filter.status ?? ['ACTIVE', 'DISABLED']).includes(account.status.toUpperCase() as 'ACTIVE') &&
    given(filter.provider, (list) => list.includes(account.provider)) &&
    given(filter.accountId, (list) => list.some((id) => same(account.accountId, id))) &&
    given(filter.emailAddress, (value) => same(address, value)) &&
    given(filter.host, (value) => hosts.some((host) => same(host, value))) &&
    given(filter.senderKind, (list) => list.includes(kindOf(sender?.kind) as 'SMTP')) &&
    given(filter.receiverKind, (list) => list.includes(kindOf(receiver?.kind) as 'IMAP')) &&
    given(filter.ready, (ready) => readinessOf(account, { truststores: new Set(), authenticationProfiles: new Set() }).ready === ready) &&
    given(filter.connectionTest, (list) => connectionTest !== null && list.includes(connectionTest.outcome)) &&
    given(filter.truststore, (value) => truststores.some((truststore) => same(truststore, value))) &&
    given(filter.authenticationProfile, (value) => profiles.some((profile) => same(profile, value))) &&
    given(filter.updatedAt?.from, (from) => new Date(updatedAt) >= from) &&
    given(filter.updatedAt?.to, (to) => new Date(updatedAt) < to) &&
    given(filter.text, (text) => {
      const identity = [sender?.identity, receiver?.identity].flatMap((each) => Object.values(each ?? {}));
      const named = sender?.kind === 'smtp' ? identity.filter((value) => value !== sender.identity.displayName) : identity;
      return wordsFit([account.accountId, account.accountName, ...hosts, ...named.filter((value) => typeof value === 'string')], text);
    })
  );
}

/** Whether every word of the text is the beginning of a word in one of the texts, whatever case and accents. */
export function wordsFit(texts: readonly string[], text: string): boolean {
  const words = texts.flatMap(plainWords);
  const wanted = plainWords(text);
  return wanted.length > 0 && wanted.every((word) => words.some((each) => each.startsWith(word)));
}

function plainWords(text: string): readonly string[] {
  return (
    text
      .normalize('NFD')
      .replace(/[\u0300-\u036f]/g, '')
      .normalize('NFC')
      .toLowerCase()
      .match(/[\p{L}\p{M}\p{N}]+/gu) ?? []
  );
}
