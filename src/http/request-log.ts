import type { Logger } from 'pino';
import type { HttpMetrics } from './metrics.js';
import type { RunningOperation } from './running-operation.js';

/** Headers that hold tokens are never written, wherever a request object should end up in a log line. */
const redact = ['authorization', '*.authorization', '*.headers.authorization', 'headers.authorization', 'headers.cookie', '*.headers.cookie'];

/** The log of this layer. */
export function requestLogger(log: Logger): Logger {
  return log.child({}, { redact: { paths: redact, censor: '[secret]' } });
}

export interface FinishedRequest {
  readonly transport: 'http' | 'websocket';
  readonly method: string;
  readonly path: string;
  /** 0 where the answer did not get out before the caller had gone. */
  readonly status: number;
}

/** One line and one measurement for each operation once it is over: neither its document nor its variables. */
export class FinishedOperations {
  constructor(
    readonly log: Logger,
    readonly metrics: HttpMetrics,
  ) {}

  note(operation: RunningOperation, { transport, method, path, status }: FinishedRequest): void {
    const { call, type, name, codes, cost, duration } = operation;
    this.metrics.finished(operation, transport, status);
    this.log.info(
      {
        requestId: call.requestId,
        ...(call.correlationId !== call.requestId && { correlationId: call.correlationId }),
        transport,
        method,
        path,
        status,
        milliseconds: Math.round(duration * 10) / 10,
        actor: call.actor.id,
        ip: call.ip,
        ...(type !== null && { type }),
        ...(name !== null && isShort(name) && { operation: name }),
        ...(cost !== null && { cost }),
        ...(codes.length > 0 && { codes: [...new Set(codes)] }),
      },
      'request',
    );
  }
}

/** Names in a valid document are names of GraphQL; a long one would be a way to write whatever one likes into the log. */
function isShort(name: string): boolean {
  return /^[_A-Za-z][_0-9A-Za-z]{0,63}$/.test(name);
}
