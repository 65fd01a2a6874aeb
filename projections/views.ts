import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ProfileSnapshot } from '../src/domain/authentication-profile/snapshot.js';
import type { EmailAccountSnapshot } from '../src/domain/email-account/snapshot.js';
import type { EventStore, Position } from '../src/event-store/event-store.js';
import type { AccountFilter, AccountOrder } from './account-filter.js';
import { apiTokens, type IssuedToken, type StoredToken } from './api-tokens.js';
import { auditLedger } from './audit-ledger.js';
import type { LedgerReader } from './audit-ledger-reader.js';
import type { AuditFilter, AuditRow } from './audit-row.js';
import { auditTrail } from './audit-trail.js';
import { authenticationProfiles, type ViewedProfile } from './authentication-profiles.js';
import { emailAccounts } from './email-accounts.js';
import { expiries, type ExpiryReader } from './expiries.js';
import { lastEntryAt, type LastEntry } from './last-entry.js';
import { lagOf, type Lag } from './lag.js';
import type { Page, PageRequest } from './paging.js';
import { ReadYourWrites } from './read-your-writes.js';
import { truststores, type TruststoreReader } from './truststores.js';
import { ViewRunner, type ProjectionStatus, type ViewListener } from './view-runner.js';

export interface ViewsOptions {
  /** The same log as it lies in the store, with personal data sealed: what is hashed. */
  readonly rawEvents: EventStore;
  readonly directory: string;
  readonly listener: ViewListener;
  /** How long a writer or a reader waits for the views, in milliseconds. */
  readonly readYourWritesMilliseconds: number;
  /** Whether the views follow the log from now on. Default: true. False for a rebuild while the service is stopped. */
  readonly follow?: boolean;
  readonly now?: () => Date;
}

export interface AccountsView {
  /** The account as it is now, ignoring the case of the id. */
  find(accountId: string): EmailAccountSnapshot | null;
  /** The account if the view shows exactly this version; null if it shows another. */
  findAtVersion(accountId: string, version: number): EmailAccountSnapshot | null;
  /** @throws {InvalidCursor} */
  page(filter: AccountFilter, order: AccountOrder, page: PageRequest): Page<EmailAccountSnapshot>;
  count(filter: AccountFilter): number;
  /** The ids of the accounts as they all were right after this event: what each looked like then, its own history tells. @throws {InvalidCursor} */
  pageAt(filter: AccountFilter, order: AccountOrder, page: PageRequest, at: Position): Page<string>;
  countAt(filter: AccountFilter, at: Position): number;
}

export interface AuditTrailView {
  find(entryId: string): AuditRow | null;
  /** Oldest first. Cursors are positions. @throws {InvalidCursor} */
  page(filter: AuditFilter, page: PageRequest): Page<AuditRow>;
  /** Null where a count would cost a scan. */
  count(filter: AuditFilter): number | null;
  /** What made the account's versions after `from` up to `to`, oldest first; at most 100, the newest. */
  between(accountId: string, from: number, to: number): readonly AuditRow[];
  /** Up to where in the log the trail is. */
  position(): bigint;
  /** Up to where in the log something was recorded by the time, as far as the trail is. */
  lastAt(time: Date): LastEntry;
  /** True as soon as the trail, and the views of what it tells the past of, hold the position; false when so many milliseconds pass first. */
  reached(position: Position, milliseconds: number): Promise<boolean>;
  /** What fits after the position, a bounded number; `reached` is where to go on, null when all was seen. */
  tail(filter: AuditFilter, after: bigint): { readonly rows: readonly AuditRow[]; readonly reached: bigint | null };
  /** Calls back whenever there may be more. @returns takes the listener away again. */
  onAdvance(listener: () => void): () => void;
}

export interface TokensView {
  find(id: string): IssuedToken | null;
  stored(id: string): StoredToken | null;
  /** Oldest first. @throws {InvalidCursor} */
  page(page: PageRequest): Page<IssuedToken>;
  count(): number;
}

export interface ProfilesView {
  find(name: string): ProfileSnapshot | null;
  /** With what is known of a name that no profile has any more; null for one that none ever had. */
  folded(name: string): ViewedProfile | null;
  /** Something to begin from for whoever folds the stream up to a moment: the last state that is kept of it, none behind the position. */
  milestone(name: string, position: Position): ViewedProfile | null;
  /** By name. @throws {InvalidCursor} */
  page(page: PageRequest): Page<ProfileSnapshot>;
  count(): number;
  /** The names, in lower case, of those that there were right after this event: what each was then, its own history tells. @throws {InvalidCursor} */
  pageAt(page: PageRequest, at: Position): Page<string>;
  countAt(at: Position): number;
  /** Whether a profile of the name exists, and whether its access needs somebody to act: an account that names it is not ready then. */
  isThere(name: string): boolean;
  needsReauthorization(name: string): boolean;
}

export type TruststoresView = Pick<TruststoreReader, 'find' | 'page' | 'count' | 'pageAt' | 'countAt' | 'isThere'>;

/** The hashes of the log. */
export interface LedgerView extends Pick<LedgerReader, 'leaf' | 'leavesFrom' | 'indexOf' | 'sizeAt' | 'inclusionPath' | 'consistencyPath' | 'root' | 'size'> {
  /** Whether it can answer: false while it is built for the first time. */
  readonly isBuilt: boolean;
  /** Whether it follows the log: false while it catches up, and when it stands still. */
  readonly isCurrent: boolean;
  /** Asks the log whether there is anything that it does not show yet. @throws {StoreUnavailable} */
  isCaughtUp(): Promise<boolean>;
  /** True as soon as it holds the position; false when so many milliseconds pass first. */
  reached(position: Position, milliseconds: number): Promise<boolean>;
  /** Calls back whenever there may be more. @returns takes the listener away again. */
  onAdvance(listener: () => void): () => void;
}

export type ExpiriesView = Pick<ExpiryReader, 'endingBefore' | 'pageEndingBefore' | 'of' | 'countBefore'>;

export type ViewFacts = ProjectionStatus & Lag;

/** All views of the log. Every read throws ViewUnavailable while its view is built for the first time. */
export interface Views {
  readonly names: readonly string[];
  readonly accounts: AccountsView;
  readonly auditTrail: AuditTrailView;
  readonly tokens: TokensView;
  readonly expiries: ExpiriesView;
  readonly profiles: ProfilesView;
  readonly truststores: TruststoresView;
  readonly ledger: LedgerView;
  readonly readYourWrites: ReadYourWrites;
  /** The ids of all accounts that were erased, in lower case. */
  erasedAccounts(): AsyncIterable<string>;
  /** The views in whose files copies of what was erased may still be, in unused parts of them: a rebuild leaves none. */
  withLeftovers(): readonly string[];
  statuses(): readonly ProjectionStatus[];
  /** As {@link statuses}, with how far each is behind the head of the log. */
  facts(head: Position | null): Promise<readonly ViewFacts[]>;
  /** Resolves once every view has caught up with the log, or stands still at an event that it cannot take. */
  settled(): Promise<void>;
  /**
   * Builds the view anew from the log, while the present one serves; then they change places. Also while the views do not follow the log.
   * @param onProgress how far it is in the log, and where the log's head was at the beginning.
   * @throws {PoisonEvent} an event cannot be applied; the present view stays.
   */
  rebuild(name: string, onProgress?: (done: number, total: number) => void): Promise<{ readonly events: number }>;
  stop(): Promise<void>;
}

/** Opens the views in the directory, makes those that are missing, and follows the log. */
export async function openViews(store: EventStore, options: ViewsOptions): Promise<Views> {
  const { rawEvents, directory, listener, readYourWritesMilliseconds, follow = true, now = () => new Date() } = options;
  const accounts = new ViewRunner(emailAccounts, store, directory, listener);
  const audit = new ViewRunner(auditTrail, store, directory, listener);
  const tokens = new ViewRunner(apiTokens, store, directory, listener);
  const profiles = new ViewRunner(authenticationProfiles, store, directory, listener);
  // Of accounts it reads certificates alone: what is sealed stays so.
  const expiring = new ViewRunner(expiries, rawEvents, directory, listener);
  const stores = new ViewRunner(truststores, store, directory, listener);
  const ledger = new ViewRunner(auditLedger, rawEvents, directory, listener);
  // Nobody reads from the ledger what they wrote a moment ago, so nobody waits for it.
  const readBack = [accounts, audit, tokens, profiles, expiring, stores] as const;
  const runners = [...readBack, ledger] as const;
  if (follow) for (const runner of runners) runner.start();
  const usable = () => ({ truststores: stores.reader.names(), authenticationProfiles: profiles.reader.usable() });
  const usableAt = (at: Position) => ({ truststores: stores.reader.namesAt(at), authenticationProfiles: profiles.reader.usableAt(at) });

  return Promise.resolve({
    names: runners.map(({ projection }) => projection.name),
    accounts: {
      find: (accountId) => accounts.reader.find(accountId),
      findAtVersion: (accountId, version) => accounts.reader.findAtVersion(accountId, version),
      page: (filter, order, page) => accounts.reader.page(filter, order, page, usable()),
      count: (filter) => accounts.reader.count(filter, usable()),
      pageAt: (filter, order, page, at) => accounts.reader.pageAt(filter, order, page, at, usableAt(at)),
      countAt: (filter, at) => accounts.reader.countAt(filter, at, usableAt(at)),
    },
    auditTrail: {
      find: (entryId) => audit.reader.find(entryId),
      page: (filter, page) => audit.reader.page(filter, page),
      count: (filter) => audit.reader.count(filter),
      between: (accountId, from, to) => audit.reader.between(accountId, from, to),
      position: () => audit.position ?? 0n,
      lastAt: (time) => lastEntryAt(audit.reader.view, time),
      async reached(position, milliseconds) {
        const reached = await Promise.all([accounts, profiles, stores, audit].map((runner) => runner.waitFor(position, milliseconds)));
        return reached.every(Boolean);
      },
      tail: (filter, after) => audit.reader.tail(filter, after),
      onAdvance: (advanced) => audit.onAdvance(advanced),
    },
    tokens: {
      find: (id) => tokens.reader.find(id),
      stored: (id) => tokens.reader.stored(id),
      page: (page) => tokens.reader.page(page),
      count: () => tokens.reader.count(),
    },
    profiles: {
      find: (name) => profiles.reader.find(name),
      folded: (name) => profiles.reader.folded(name),
      milestone: (name, position) => profiles.reader.milestone(name, position),
      page: (page) => profiles.reader.page(page),
      count: () => profiles.reader.count(),
      pageAt: (page, at) => profiles.reader.pageAt(page, at),
      countAt: (at) => profiles.reader.countAt(at),
      isThere: (name) => profiles.reader.isThere(name),
      needsReauthorization: (name) => profiles.reader.needsReauthorization(name),
    },
    truststores: {
      find: (name) => stores.reader.find(name),
      page: (page) => stores.reader.page(page),
      count: () => stores.reader.count(),
      pageAt: (page, at) => stores.reader.pageAt(page, at),
      countAt: (at) => stores.reader.countAt(at),
      isThere: (name) => stores.reader.isThere(name),
    },
    expiries: {
      endingBefore: (at, most) => expiring.reader.endingBefore(at, most),
      pageEndingBefore: (at, page) => expiring.reader.pageEndingBefore(at, page),
      of: (entityType, entityId) => expiring.reader.of(entityType, entityId),
      countBefore: (at) => expiring.reader.countBefore(at),
    },
    ledger: {
      get isBuilt() {
        return ledger.isBuilt;
      },
      get isCurrent() {
        return ledger.status.state === 'CURRENT';
      },
      async isCaughtUp() {
        const head = (await rawEvents.headPosition()) ?? null;
        const { streamPrefixes } = auditLedger;
        return (await lagOf(rawEvents, { position: ledger.position ?? null, head, streamPrefixes, now: now() })).eventsBehind === 0;
      },
      get size() {
        return ledger.reader.size;
      },
      leaf: (index) => ledger.reader.leaf(index),
      leavesFrom: (index, most) => ledger.reader.leavesFrom(index, most),
      indexOf: (position) => ledger.reader.indexOf(position),
      sizeAt: (position) => ledger.reader.sizeAt(position),
      root: (size) => ledger.reader.root(size),
      inclusionPath: (index, size) => ledger.reader.inclusionPath(index, size),
      consistencyPath: (older, newer) => ledger.reader.consistencyPath(older, newer),
      reached: (position, milliseconds) => ledger.waitFor(position, milliseconds),
      onAdvance: (advanced) => ledger.onAdvance(advanced),
    },
    readYourWrites: new ReadYourWrites(readBack, readYourWritesMilliseconds, (commandId) => audit.reader.streamOfCommand(commandId)),
    async *erasedAccounts() {
      for (let after = 0, size = 1_000; ; await nextTurn()) {
        const erased = accounts.reader.erased(after, size);
        for (const { key } of erased) yield key;
        after = erased.at(-1)?.number ?? after;
        if (erased.length < size) return;
      }
    },
    withLeftovers: () => runners.filter(({ holdsLeftovers }) => holdsLeftovers).map(({ projection }) => projection.name),
    statuses: () => runners.map(({ status }) => status),
    facts: (head) =>
      Promise.all(
        runners.map(async ({ status, projection: { streamPrefixes } }) => ({
          ...status,
          ...(await lagOf(store, { position: status.position, head, streamPrefixes, now: now() })),
        })),
      ),
    async settled() {
      await Promise.all(runners.map((runner) => runner.settled()));
    },
    async rebuild(name, onProgress = () => undefined) {
      const runner = runners.find(({ projection }) => projection.name === name);
      if (!runner) throw new RangeError(`There is no view named ${name}.`);
      return runner.rebuild((position, head) => onProgress(Number(position < head ? position : head), Number(head)));
    },
    async stop() {
      await Promise.all(runners.map((runner) => runner.stop()));
    },
  });
}
