import { collectDefaultMetrics, Counter, Gauge, Histogram, type Registry } from 'prom-client';
import { topLevelCodes } from './errors/top-level-codes.js';
import type { RunningOperation } from './running-operation.js';

/** What is counted of HTTP and GraphQL. Labels take few values, all ours: no operation text, no name, no id. */
export class HttpMetrics {
  readonly #duration: Histogram<'transport' | 'operation' | 'outcome'>;
  readonly #errors: Counter<'code'>;
  readonly #connections: Gauge;

  /** Fills the registry, with the metrics of the process too unless it has them already. */
  constructor(readonly registry: Registry) {
    this.#duration = new Histogram({
      name: 'postledger_request_duration_seconds',
      help: 'How long GraphQL requests took, from their arrival to the end of their answer, in seconds. A subscription counts once, when it ends.',
      labelNames: ['transport', 'operation', 'outcome'],
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
      registers: [registry],
    });
    this.#errors = new Counter({
      name: 'postledger_graphql_errors_total',
      help: 'Errors that callers were told of, by their code.',
      labelNames: ['code'],
      registers: [registry],
    });
    this.#connections = new Gauge({ name: 'postledger_websocket_connections', help: 'WebSockets that are open.', registers: [registry] });
    for (const code of topLevelCodes) this.#errors.inc({ code }, 0);
    if (!registry.getSingleMetric('process_cpu_seconds_total')) collectDefaultMetrics({ register: registry });
  }

  /** @param status 0 when the answer did not get out. */
  finished({ type, codes, duration }: RunningOperation, transport: string, status: number): void {
    for (const code of codes) this.#errors.inc({ code });
    const outcome = status === 0 ? 'abandoned' : codes.length === 0 ? 'ok' : codes.includes('INTERNAL_SERVER_ERROR') ? 'failed' : 'refused';
    this.#duration.observe({ transport, operation: type ?? 'none', outcome }, duration / 1000);
  }

  connectionOpened(): void {
    this.#connections.inc();
  }

  connectionClosed(): void {
    this.#connections.dec();
  }
}
