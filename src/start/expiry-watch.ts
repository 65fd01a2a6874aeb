import { setImmediate as nextTurn } from 'node:timers/promises';
import { Gauge, type Registry } from 'prom-client';
import type { Views } from '../../projections/views.js';
import { ExpiryNotices } from '../commands/expiry-notices.js';
import { TokenExpiries } from '../commands/token-expiries.js';
import type { EndingSoon } from '../domain/email-account/expiry-warnings.js';
import { thresholdsInDays, type ExpiringThing, type ExpiryOwner, type ExpirySubject } from '../domain/expiry/expiring-thing.js';
import { endingSoonAt } from '../domain/expiry/expiry-changes.js';
import type { EventStore } from '../event-store/event-store.js';

const everyMinute = 60_000; // milliseconds
const everyHour = 60 * everyMinute;
const day = 24 * everyHour;
type WatchedViews = Pick<Views, 'expiries' | 'accounts' | 'profiles' | 'truststores'>;

/** So many things are read at once. */
const pageSize = 500;

/** Looks for what is about to expire, now and then hourly, and for tokens that have expired, now and every minute, and records both. A fault is told to `onFault`, and the next round tries again. */
export function watchExpiries(events: EventStore, views: WatchedViews, now: () => Date, onFault: (error: unknown) => void): { stop(): Promise<void> } {
  const notices = new ExpiryNotices(events, (at) => endingAsWritten(at, views), now);
  const tokens = new TokenExpiries(events, (at) => endedTokens(at, views), now);
  let running: Promise<void> = Promise.resolve();
  const repeated = (round: () => Promise<unknown>, everyMilliseconds: number) => {
    const next = () => {
      running = running.then(async () => void (await round())).catch(onFault);
    };
    next();
    return setInterval(next, everyMilliseconds).unref();
  };
  const timers = [repeated(() => notices.round(), everyHour), repeated(() => tokens.round(), everyMinute)];
  return {
    async stop() {
      timers.forEach(clearInterval);
      await running;
    },
  };
}

/** All of it, however much: others have their turn after each page. */
async function* endingBefore(at: Date, { expiries }: WatchedViews, subject?: ExpirySubject): AsyncGenerator<ExpiringThing, void> {
  for (let after: ExpiringThing | null = null; ; await nextTurn()) {
    const page = expiries.pageEndingBefore(at, { size: pageSize, after, ...(subject !== undefined && { subject }) });
    yield* page;
    after = page.at(-1) ?? after;
    if (page.length < pageSize) return;
  }
}

async function* endingAsWritten(at: Date, views: WatchedViews): AsyncGenerator<ExpiringThing, void> {
  for await (const thing of endingBefore(at, views)) yield { ...thing, owner: ownerAsWritten(thing.owner, views) };
}

async function* endedTokens(at: Date, views: WatchedViews): AsyncGenerator<string, void> {
  for await (const { owner } of endingBefore(at, views, 'API_TOKEN')) yield owner.entityId;
}

/** Ids are kept in lower case, and shown as they were written. */
export function ownerAsWritten(
  { entityType, entityId }: ExpiryOwner,
  { accounts, profiles, truststores }: Pick<Views, 'accounts' | 'profiles' | 'truststores'>,
): ExpiryOwner {
  switch (entityType) {
    case 'EmailAccount':
      return { entityType, entityId: accounts.find(entityId)?.account.accountId ?? entityId };
    case 'Truststore':
      return { entityType, entityId: truststores.find(entityId)?.truststore.name ?? entityId };
    case 'AuthenticationProfile':
      return { entityType, entityId: profiles.find(entityId)?.profile.settings.name ?? entityId };
    case 'ApiToken':
      return { entityType, entityId };
  }
}

/** What accounts are warned of. */
export function endingSoon({ expiries }: Pick<Views, 'expiries'>, now: () => Date): EndingSoon {
  return ({ entityType, entityId }) => endingSoonAt(expiries.of(entityType, entityId), now());
}

/** How many things end within each threshold, or have ended and are still there. A token whose end is on record is not. */
export function expiryMetrics(registry: Registry, { expiries }: Pick<Views, 'expiries'>, now: () => Date): void {
  registry.registerMetric(
    new Gauge({
      name: 'postledger_expiring',
      help: 'How many certificates, client secrets and API tokens end within so many days, or have ended (within_days="0").',
      labelNames: ['subject', 'within_days'],
      registers: [],
      collect() {
        this.reset();
        for (const days of [...thresholdsInDays, 0])
          for (const { subject, count } of expiries.countBefore(new Date(now().getTime() + days * day)))
            this.set({ subject, within_days: String(days) }, count);
      },
    }),
  );
}
