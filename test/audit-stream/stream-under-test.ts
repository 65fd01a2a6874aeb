import { expect, onTestFinished, vi } from 'vitest';
import type { Views, ViewsOptions } from '../../projections/views.js';
import { AuditStream } from '../../src/audit-stream/audit-stream.js';
import type { StreamBeginning } from '../../src/audit-stream/stream-places.js';
import { StreamDatabase } from '../../src/audit-stream/stream-database.js';
import { StreamState } from '../../src/audit-stream/stream-state.js';
import type { StreamSurroundings, StreamTiming } from '../../src/audit-stream/stream-surroundings.js';
import { WebhookReceiver } from '../../src/audit-stream/webhook-receiver.js';
import { WebhookSecrets } from '../../src/audit-stream/webhook-secrets.js';
import { SecurityLog } from '../../src/commands/security-log.js';
import { egressFetch } from '../../src/egress/egress-fetch.js';
import type { EgressSettings } from '../../src/egress/egress-settings.js';
import { systemCall } from '../../src/start/bootstrap-token.js';
import { MemoryLog } from '../projections/memory-log.js';
import { temporaryDirectory, viewsOf } from '../projections/temporary-views.js';
import { firstArrivals, startReceiver, type Received, type TestReceiver } from './receiver.js';

export const secret = `whsec_${Buffer.from('thirty-two bytes for a test only').toString('base64')}`;

/** Resolves once it holds, however busy the machine is. */
export const eventually = <Answer>(look: () => Answer | Promise<Answer>): Promise<Answer> => vi.waitFor(look, { timeout: 15_000, interval: 5 });

/** As the usual one, a thousand times as fast. */
export const quick: StreamTiming = {
  backOff: { firstMilliseconds: 1, mostMilliseconds: 20 },
  attemptsBeforeLookingAhead: 3,
  betweenTellingsMilliseconds: 50,
  betweenLooksMilliseconds: 5,
};

export interface StreamSetting {
  readonly log: MemoryLog;
  readonly views: Views;
  readonly receiver: TestReceiver;
  readonly directory: string;
  /** What the stream's observer was told, one word or two each. */
  readonly told: readonly string[];
  /** Records so many events of a test's own, and waits until the trail has them. */
  record(count: number): Promise<void>;
  /** Resolves once the trail has all that is in the log. */
  seen(): Promise<void>;
  /** Starts a stream over what is in the directory. It is stopped with the test at the latest. */
  stream(options?: StreamOptions): AuditStream;
  /** Stops the streams that were started. */
  stop(): Promise<void>;
  /** The ids of all entries of the trail, in its order. */
  recorded(): readonly string[];
  /** The ids of what was taken, each where it first was. */
  arrived(): readonly string[];
}

export interface StreamOptions {
  readonly timing?: Partial<StreamTiming>;
  readonly from?: StreamBeginning;
  readonly directory?: string;
  readonly egress?: EgressSettings;
  readonly timeoutMilliseconds?: number;
  readonly secrets?: string;
  readonly url?: string;
  /** In place of the one that follows the setting's log. */
  readonly trail?: StreamSurroundings['trail'];
}

let serial = 0;

/** A log, its views, and a receiver, with nothing in them. Everything ends with the test. */
export async function streamSetting(options: Partial<ViewsOptions> = {}): Promise<StreamSetting> {
  const log = new MemoryLog();
  const views = await viewsOf(log, temporaryDirectory(), options);
  const receiver = await startReceiver();
  onTestFinished(() => receiver.stop());
  const directory = temporaryDirectory();
  const securityLog = new SecurityLog(log, () => new Date());
  const told: string[] = [];
  const running: (() => Promise<void>)[] = [];
  const stop = async () => {
    for (const stopOne of running.splice(0)) await stopOne();
  };
  onTestFinished(stop);
  const seen = () => eventually(() => expect(views.auditTrail.position()).toBe(BigInt(log.events.length)));

  return {
    log,
    views,
    receiver,
    directory,
    told,
    seen,
    async record(count) {
      const events = Array.from({ length: count }, () => ({
        id: `00000000-0000-4000-8000-${String(++serial).padStart(12, '0')}`,
        type: 'OfAnotherTime',
        data: { serial },
        metadata: {},
      }));
      log.record('securityLog-2026-11', events, new Date());
      await seen();
    },
    stream({
      timing,
      from = 'beginning',
      directory: at = directory,
      egress = { allowLoopback: true },
      timeoutMilliseconds = 2_000,
      secrets = secret,
      url,
      trail = views.auditTrail,
    } = {}) {
      const fetch = egressFetch({ egress });
      const surroundings: StreamSurroundings = {
        trail,
        state: new StreamState(StreamDatabase.open(at)),
        receiver: new WebhookReceiver({
          url: url ?? receiver.url,
          secrets: WebhookSecrets.parse(secrets, 'the test'),
          fetch,
          timeoutMilliseconds,
          program: '0.0.0',
          now: () => new Date(),
        }),
        records: {
          deadLettered: (data) => securityLog.operated(systemCall(), 'audit stream', { type: 'AuditStreamDeadLettered', data }),
          retried: (actor, data) => securityLog.operated({ ...systemCall(), actor }, 'audit stream', { type: 'AuditStreamDeadLettersRetried', data }),
          replayed: (actor, data) => securityLog.operated({ ...systemCall(), actor }, 'audit stream', { type: 'AuditStreamReplayed', data }),
        },
        observer: {
          taken: () => undefined,
          failed: ({ kind, cause }) => void told.push(`${kind} ${cause}`),
          recovered: () => void told.push('recovered'),
          gone: () => void told.push('gone'),
          deadLettered: ({ entryId }) => void told.push(`dead ${entryId}`),
          retryFailed: ({ entryId }, { cause }) => void told.push(`retry ${entryId} ${cause}`),
          expired: ({ order }) => void told.push(`expired ${order.kind}`),
          wentBack: (position) => void told.push(`back ${position}`),
          fault: (error) => void told.push(`fault ${String(error)}`),
        },
        timing: { ...quick, ...timing },
        from,
        now: () => new Date(),
        random: Math.random,
      };
      const stream = new AuditStream(surroundings);
      running.push(async () => {
        await stream.stop(1_000);
        await fetch.close();
      });
      return stream;
    },
    stop,
    recorded: () => idsOf(views),
    arrived: () => firstArrivals(receiver.taken()).map(({ id }: Received) => id),
  };
}

function idsOf({ auditTrail }: Views): readonly string[] {
  const ids: string[] = [];
  for (let at = -1n; ;) {
    const { rows, reached } = auditTrail.tail({}, at);
    ids.push(...rows.map(({ id }) => id));
    if (reached === null || rows.length === 0) return ids;
    at = reached;
  }
}
