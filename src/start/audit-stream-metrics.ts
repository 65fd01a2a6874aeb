import { Counter, Gauge, type Registry } from 'prom-client';
import type { StreamStatus } from '../audit-stream/audit-stream.js';
import type { CheckpointStatus } from '../audit-stream/checkpoint-delivery.js';
import type { DeliveryFailure } from '../audit-stream/delivery.js';

const kinds = ['refused', 'unavailable'] as const satisfies readonly DeliveryFailure['kind'][];

/** What is counted of the audit stream, for whoever watches the service. */
export class StreamMetrics {
  readonly #taken: Counter;
  readonly #failures: Counter<'kind'>;

  constructor(registry: Registry, status: () => StreamStatus, checkpoints: () => CheckpointStatus) {
    const registers = [registry];
    this.#taken = new Counter({ name: 'postledger_audit_stream_entries_total', help: 'Entries of the audit trail that the receiver has taken.', registers });
    this.#failures = new Counter({
      name: 'postledger_audit_stream_failures_total',
      help: 'Attempts that did not go through: the receiver refused what was sent, or was not available.',
      labelNames: ['kind'],
      registers,
    });
    for (const kind of kinds) this.#failures.inc({ kind }, 0);
    const known = onceATurn(status);
    const gauge = (name: string, help: string, of: (now: StreamStatus) => number) => {
      registry.registerMetric(
        new Gauge({
          name: `postledger_audit_stream_${name}`,
          help,
          registers: [],
          collect() {
            this.set(of(known()));
          },
        }),
      );
    };
    gauge('position', 'Up to which position of the log the receiver has taken everything.', ({ cursor }) => Math.max(0, Number(cursor.position)));
    gauge('entries_behind', 'How many entries are still to be sent: counted up to a hundred, beyond that estimated.', ({ lag }) => lag.entriesBehind);
    gauge('seconds_behind', 'How long ago the oldest of them was recorded, in seconds; 0 when there is none.', ({ lag }) => lag.secondsBehind);
    gauge('dead_letters', 'Entries that the receiver does not take.', ({ deadLetters }) => deadLetters);
    gauge('checkpoints_standing_seconds', 'For how long no checkpoint has gone through though there is one to send; 0 while they go through.', () => {
      const { trouble } = checkpoints();
      return trouble === null ? 0 : (Date.now() - trouble.since.getTime()) / 1_000;
    });
    gauge('standing', 'Whether the stream stands because nothing goes through: 1 if it does, else 0.', ({ trouble }) => (trouble === null ? 0 : 1));
  }

  taken(): void {
    this.#taken.inc();
  }

  failed(kind: DeliveryFailure['kind']): void {
    this.#failures.inc({ kind });
  }
}

/** All gauges are asked in one turn: they tell of the same moment, which is looked at once. */
function onceATurn<Answer>(ask: () => Answer): () => Answer {
  let known: { readonly answer: Answer } | null = null;
  return () => {
    if (known === null) setImmediate(() => (known = null));
    return (known ??= { answer: ask() }).answer;
  };
}
