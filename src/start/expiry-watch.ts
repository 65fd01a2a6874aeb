import { Gauge, type Registry } from 'prom-client';
import type { Views } from '../../projections/views.js';
import { ExpiryNotices } from '../commands/expiry-notices.js';
import { TokenExpiries } from '../commands/token-expiries.js';
import type { EndingSoon } from '../domain/email-account/expiry-warnings.js';
import { thresholdsInDays, type ExpiryOwner } from '../domain/expiry/expiring-thing.js';
import { endingSoonAt } from '../domain/expiry/expiry-changes.js';
import type { EventStore } from '../event-store/event-store.js';

const everyMinute = 60_000; // milliseconds
const everyHour = 60 * everyMinute;
const day = 24 * everyHour;
/** A round looks at so many things at most, those that end first. */
const mostInRound = 10_000;

/** Looks for what is about to expire, now and then hourly, and for tokens that have expired, now and every minute, and records both. A fault is told to `onFault`, and the next round tries again. */
export function watchExpiries(events: EventStore, views: Views, now: () => Date, onFault: (error: unknown) => void): { stop(): Promise<void> } {
  const notices = new ExpiryNotices(
    events,
    (at) => views.expiries.endingBefore(at, mostInRound).map((expiry) => ({ ...expiry, owner: ownerAsWritten(expiry.owner, views) })),
    now,
  );
  const tokens = new TokenExpiries(
    events,
    (at) => views.expiries.endingBefore(at, mostInRound).flatMap(({ subject, owner }) => (subject === 'API_TOKEN' ? [owner.entityId] : [])),
    now,
  );
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

/** How many things end within each threshold, or have ended. */
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
