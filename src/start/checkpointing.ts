import { join } from 'node:path';
import { stdout } from 'node:process';
import { Gauge, type Registry } from 'prom-client';
import type { LedgerView } from '../../projections/views.js';
import { CheckpointFile } from '../checkpoints/checkpoint-file.js';
import { Checkpoints } from '../checkpoints/checkpoints.js';
import { checkpointLine, type SignedCheckpoint } from '../checkpoints/signed-checkpoint.js';
import { loadSigningKey, publicKeysIn } from '../checkpoints/signing-key.js';
import { outsidePath, type Config } from '../config.js';
import type { Position } from '../event-store/event-store.js';

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
  signed(checkpoint: SignedCheckpoint): void;
  /** One could not be signed, or not be kept outside; it is tried again. */
  failed(error: unknown): void;
}

type Settings = Pick<Config, 'dataDirectory' | 'auditSigningKeyFile' | 'auditCheckpointFile'>;

/** Where checkpoints lie beside the log. */
export function ownCheckpoints(dataDirectory: string): CheckpointFile {
  return new CheckpointFile(join(dataDirectory, 'audit-checkpoints'));
}

/** Signs checkpoints of the log as it grows. @throws {SigningKeyRefused} @throws {NoteMalformed} with what to do. */
export async function startCheckpoints(settings: Settings, ledger: LedgerView, listener: CheckpointListener): Promise<Checkpointing> {
  const { dataDirectory, auditCheckpointFile: outside } = settings;
  const signer = await loadSigningKey({ dataDirectory, file: settings.auditSigningKeyFile ?? null });
  const checkpoints = await Checkpoints.open({
    log: () => (ledger.isBuilt ? ledger : null),
    isCurrent: () => ledger.isCurrent,
    signer,
    keys: await publicKeysIn(dataDirectory),
    own: ownCheckpoints(dataDirectory),
    outside: outsidePath(settings).map((path) => new CheckpointFile(path))[0] ?? null,
    now: () => new Date(),
    onSigned(checkpoint) {
      if (outside === '-') stdout.write(checkpointLine(checkpoint));
      listener.signed(checkpoint);
    },
    onFault: (error) => listener.failed(error),
  });
  const forget = ledger.onAdvance(() => checkpoints.noticed());
  return {
    checkpoints,
    publicKey: signer.text,
    async stop(head) {
      forget();
      try {
        const position = await head();
        if (position !== undefined) await ledger.reached(position, patience);
      } catch (error) {
        listener.failed(error);
      }
      await checkpoints.stop();
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
