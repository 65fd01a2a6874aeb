import { readFile, stat } from 'node:fs/promises';
import type { Logger } from 'pino';
import type { Registry } from 'prom-client';
import type { Views } from '../../projections/views.js';
import { AuditStream, type StreamStatus } from '../audit-stream/audit-stream.js';
import { CheckpointDelivery, type CheckpointObserver } from '../audit-stream/checkpoint-delivery.js';
import type { StreamedCheckpoint } from '../audit-stream/messages.js';
import { StreamDatabase } from '../audit-stream/stream-database.js';
import { StreamState } from '../audit-stream/stream-state.js';
import { usualTiming, type StreamObserver, type StreamRecords, type StreamTiming } from '../audit-stream/stream-surroundings.js';
import { WebhookReceiver } from '../audit-stream/webhook-receiver.js';
import { WebhookSecretRefused, WebhookSecrets } from '../audit-stream/webhook-secrets.js';
import type { SecurityLog } from '../commands/security-log.js';
import type { AuditWebhookConfig } from '../config.js';
import { StreamMetrics } from './audit-stream-metrics.js';
import { warningsOf } from './audit-stream-words.js';
import { systemCall } from './bootstrap-token.js';
import { version } from './version.js';

export interface RunningAuditStream {
  status(): StreamStatus;
  /** What an operator should mend, a sentence each. */
  warnings(): readonly string[];
  /** Sends the checkpoint to the receiver; one that it has not taken by the next is replaced by that. */
  checkpoint(checkpoint: StreamedCheckpoint): void;
  stop(): Promise<void>;
}

export interface AuditStreamParts {
  readonly dataDirectory: string;
  readonly auditTrail: Views['auditTrail'];
  readonly securityLog: Pick<SecurityLog, 'operated'>;
  /** The one way out. */
  readonly fetch: typeof globalThis.fetch;
  readonly registry: Registry;
  readonly log: Logger;
  /** For tests. */
  readonly timing?: StreamTiming;
}

/** How long a receiver may take for an answer, in milliseconds. */
const answerWithin = 15_000;
/** How long a stop waits for what is under way, in milliseconds. */
const patience = 2_000;

/**
 * Streams the audit trail to the receiver that the configuration names.
 * @throws {WebhookSecretRefused} @throws {StreamDatabaseRefused} with what to do.
 */
export async function startAuditStream(config: AuditWebhookConfig, parts: AuditStreamParts): Promise<RunningAuditStream> {
  const { dataDirectory, auditTrail, securityLog, fetch, registry, log, timing = usualTiming } = parts;
  const secrets = await secretsOf(config);
  // Of the address no more than this is told: the rest of it may be what lets us in.
  const { origin } = new URL(config.url);
  const receiver = new WebhookReceiver({ url: config.url, secrets, fetch, timeoutMilliseconds: answerWithin, program: version, now: () => new Date() });
  const metrics = new StreamMetrics(
    registry,
    () => stream.status(),
    () => checkpoints.status(),
  );
  const observer = observerOf(log, metrics, origin);
  const stream = new AuditStream({
    trail: auditTrail,
    state: new StreamState(StreamDatabase.open(dataDirectory)),
    receiver,
    records: recordsOf(securityLog),
    observer,
    timing,
    from: config.from,
    now: () => new Date(),
    random: Math.random,
  });
  const checkpoints = new CheckpointDelivery({
    receiver,
    observer,
    backOff: timing.backOff,
    now: () => new Date(),
    random: Math.random,
    isGone: () => stream.isGone,
    gone: () => stream.receiverIsGone(),
  });
  log.info({ receiver: origin, after: stream.status().cursor.position.toString() }, 'the audit trail is streamed');
  return {
    status: () => stream.status(),
    warnings: () => warningsOf(stream.status(), checkpoints.status(), origin),
    checkpoint: (checkpoint) => checkpoints.offer(checkpoint),
    async stop() {
      await Promise.all([stream.stop(patience), checkpoints.stop(patience)]);
    },
  };
}

function recordsOf(securityLog: AuditStreamParts['securityLog']): StreamRecords {
  const command = 'audit stream';
  return {
    deadLettered: (data) => securityLog.operated(systemCall(), command, { type: 'AuditStreamDeadLettered', data }),
    retried: (actor, data) => securityLog.operated({ ...systemCall(), actor }, `${command} dead-letters`, { type: 'AuditStreamDeadLettersRetried', data }),
    replayed: (actor, data) => securityLog.operated({ ...systemCall(), actor }, `${command} replay`, { type: 'AuditStreamReplayed', data }),
  };
}

function observerOf(log: Logger, metrics: StreamMetrics, receiver: string): StreamObserver & CheckpointObserver {
  return {
    taken: () => metrics.taken(),
    failed({ kind, cause, words }, attempts, waitMilliseconds) {
      metrics.failed(kind);
      log.warn({ receiver, cause, attempts, waitMilliseconds }, `the audit stream stands: its receiver ${words}`);
    },
    recovered: () => log.info({ receiver }, 'the audit stream goes on'),
    gone: () => log.error({ receiver }, 'the audit stream ended: its receiver wants nothing more (410)'),
    deadLettered({ entryId, position, action, cause, attempts }) {
      log.error({ receiver, entryId, position: position.toString(), action, cause, attempts }, 'the receiver of the audit stream does not take this entry');
    },
    retryFailed({ entryId }, { kind, cause, words }) {
      metrics.failed(kind);
      log.warn({ receiver, entryId, cause }, `a dead letter of the audit stream did not get through: the receiver ${words}`);
    },
    expired: ({ order, actor }) =>
      log.warn(
        { order, actor: actor.displayName },
        'an order to the audit stream was not carried out within a day: it is dropped. Give it again if it is still wanted',
      ),
    checkpointFailed({ kind, cause, words }, waitMilliseconds) {
      metrics.failed(kind);
      log.warn({ receiver, cause, waitMilliseconds }, `a checkpoint of the audit trail did not get through: the receiver of the audit stream ${words}`);
    },
    checkpointsRecovered: () => log.info({ receiver }, 'the receiver of the audit stream takes checkpoints again'),
    wentBack: (position) =>
      log.warn({ after: position.toString() }, 'the log does not have the entry that was streamed last: what comes after this position is sent again'),
    fault: (error) => log.error({ err: error }, 'the audit stream met a fault of its own; it tries again'),
  };
}

/** @throws {WebhookSecretRefused} there is none, or others may read the file. */
async function secretsOf({ secret, secretFile }: AuditWebhookConfig): Promise<WebhookSecrets> {
  if (secret !== null) return WebhookSecrets.parse(secret.reveal(), 'POSTLEDGER_AUDIT_WEBHOOK_SECRET');
  const variable = 'POSTLEDGER_AUDIT_WEBHOOK_SECRET_FILE';
  if (secretFile === null) throw new WebhookSecretRefused(`${variable}: requests have to be signed. Name the file that has the secret.`);
  return WebhookSecrets.parse(await readPrivately(secretFile, variable), secretFile);
}

async function readPrivately(path: string, variable: string): Promise<string> {
  try {
    const { mode } = await stat(path);
    if ((mode & 0o077) !== 0) throw new WebhookSecretRefused(`${variable}: ${path} is open to others. Close it: chmod 600 ${path}`);
    return await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof WebhookSecretRefused) throw error;
    throw new WebhookSecretRefused(`${variable}: ${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}
