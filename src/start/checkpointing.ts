import { join } from 'node:path';
import type { Writable } from 'node:stream';
import { setTimeout as after } from 'node:timers/promises';
import { Gauge, type Registry } from 'prom-client';
import type { LedgerView } from '../../projections/views.js';
import { CheckpointFile } from '../checkpoints/checkpoint-file.js';
import { Checkpoints } from '../checkpoints/checkpoints.js';
import { checkpointLine, type SignedCheckpoint } from '../checkpoints/signed-checkpoint.js';
import { contradictionInLog } from '../checkpoints/log-check.js';
import { loadSigningKey } from '../checkpoints/signing-key.js';
import { outsidePath, type Config } from '../config.js';
import { auditedStreamPrefixes } from '../domain/streams.js';
import type { EventStore, Position } from '../event-store/event-store.js';

/** How long a stop waits until the hashes cover its own record, in milliseconds. */
const patience = 500;

export interface Checkpointing {
  readonly checkpoints: Checkpoints;
  /** The key that checkpoints are checked with, as text. */
  readonly publicKey: string;
  /** Signs what is left, if it can be had. Where it cannot, the listener is told. */
  stop(head: () => Promise<Position | undefined>): Promise<void>;
}

export interface CheckpointListener {
  /** Each one, once it is kept beside the log. */
  readonly signed: (checkpoint: SignedCheckpoint) => void;
  /** One could not be signed, or not be kept outside; it is tried again. */
  readonly failed: (error: unknown) => void;
  /** Where they go if the configuration says so. Left out: nowhere, for something else goes there. */
  readonly standardOutput?: Pick<Writable, 'write'>;
}

type Settings = Pick<Config, 'dataDirectory' | 'auditSigningKeyFile' | 'auditCheckpointFile'>;

/** Where checkpoints lie beside the log. */
export function ownCheckpoints(dataDirectory: string): CheckpointFile {
  return new CheckpointFile(join(dataDirectory, 'audit-checkpoints'));
}

/** Signs checkpoints of the log as it grows. @throws {SigningKeyRefused} with what to do. */
export async function startCheckpoints(settings: Settings, ledger: LedgerView, { signed, failed, standardOutput }: CheckpointListener): Promise<Checkpointing> {
  const { dataDirectory, auditCheckpointFile } = settings;
  const signer = await loadSigningKey({ dataDirectory, file: settings.auditSigningKeyFile ?? null });
  const checkpoints = await Checkpoints.open({
    log: () => (ledger.isBuilt ? ledger : null),
    isCaughtUp: () => ledger.isCaughtUp(),
    signer,
    own: ownCheckpoints(dataDirectory),
    outside: outsidePath(settings).map((path) => new CheckpointFile(path))[0] ?? null,
    now: () => new Date(),
    onSigned(checkpoint) {
      if (auditCheckpointFile === '-') standardOutput?.write(checkpointLine(checkpoint));
      signed(checkpoint);
    },
    onFault: failed,
  });
  const forget = ledger.onAdvance(() => checkpoints.noticed());
  return {
    checkpoints,
    publicKey: signer.text,
    async stop(head) {
      forget();
      try {
        const position = await head();
        if (position !== undefined && !(await ledger.reached(position, patience)))
          failed(new Error('The hashes of the log did not follow it to its end before the stop.'));
      } catch (error) {
        failed(error);
      }
      await checkpoints.stop();
    },
  };
}

const everyDay = 86_400_000; // milliseconds

/** What is wrong with the log by its own hashes, looked at as fast as can be; null when nothing is. @throws {StoreUnavailable} */
export function contradictionNow(rawEvents: EventStore, ledger: LedgerView): Promise<string | null> {
  const { signal } = new AbortController();
  return contradictionInLog({ rawEvents, streamPrefixes: auditedStreamPrefixes, hashes: ledger, signal, rest: 0 });
}

/** Holds the whole log against its hashes, now and then daily, in the background. What it finds keeps checkpoints from being signed. */
export function keepLogChecked(
  rawEvents: EventStore,
  ledger: LedgerView,
  checkpoints: Checkpoints,
  onFault: (error: unknown) => void,
): { stop(): Promise<void> } {
  const stopping = new AbortController();
  let running: Promise<void> = Promise.resolve();
  const check = () => {
    running = running
      .then(async () => {
        const { signal } = stopping;
        if (!ledger.isBuilt || signal.aborted) return;
        const problem = await contradictionInLog({ rawEvents, streamPrefixes: auditedStreamPrefixes, hashes: ledger, signal });
        if (problem !== null) checkpoints.contradicted(problem);
      })
      .catch((error: unknown) => {
        if (!stopping.signal.aborted) onFault(error);
      });
  };
  check();
  const timer = setInterval(check, everyDay).unref();
  return {
    async stop() {
      clearInterval(timer);
      stopping.abort();
      // A store that is lost may keep its reader waiting for long: what it reads then is nobody's any more.
      await Promise.race([running, after(patience, undefined, { ref: false })]);
    },
  };
}

/** Whether checkpoints are signed, and how far behind the log they are. */
export function checkpointMetrics(registry: Registry, checkpoints: Checkpoints): void {
  const gauge = (name: string, help: string, value: () => number) =>
    registry.registerMetric(
      new Gauge({
        name,
        help,
        registers: [],
        collect() {
          this.set(value());
        },
      }),
    );
  gauge('postledger_audit_checkpoint_tree_size', 'How many events the newest checkpoint of the audit trail covers.', () =>
    Number(checkpoints.newest?.treeSize ?? 0),
  );
  gauge('postledger_audit_uncovered_events', 'How many events no checkpoint covers yet.', () => checkpoints.uncovered);
  gauge(
    'postledger_audit_checkpoint_problem',
    'Whether none is signed because the log contradicts an older one, or none can be written outside: 1 if so, else 0.',
    () => (checkpoints.problem === null ? 0 : 1),
  );
}
