import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { GraphQLError } from 'graphql';
import { exportFormats, isExportFormatName, exportFormatNames } from '../../projections/audit-export/format.js';
import { ExportRefused, filterOf, positionIn } from '../../projections/audit-export/request.js';
import type { Services } from '../../schema/request-context.js';
import { forbidden } from '../../schema/top-level-error.js';
import { beginAuditExport, type ExportRequest } from '../commands/audit-exports.js';
import type { AuthenticatedCaller } from '../commands/authentication.js';
import { isAllowed, policy } from '../domain/access/policy.js';
import { StoreUnavailable } from '../event-store/event-store.js';
import { calledBy, callOf } from './call-of-request.js';
import type { ClientAddress } from './client-address.js';
import type { Faults } from './errors/faults.js';
import { badRequest } from './errors/refusal.js';
import { formatted } from './errors/shown-errors.js';
import type { Recognition } from './recognition.js';
import type { FinishedOperations } from './request-log.js';
import { RunningOperation } from './running-operation.js';

export const auditExportPath = '/audit/export';

/** Whoever may read the trail may take it along. */
const neededField = 'Query.auditTrail';

export interface AuditExportOptions {
  readonly services: Pick<Services, 'auditTrail' | 'auditProofs' | 'securityLog' | 'serviceFacts'>;
  readonly recognition: Recognition;
  readonly addresses: ClientAddress;
  readonly faults: Pick<Faults, 'ofRequest'>;
  readonly finished: FinishedOperations;
}

/**
 * Downloads of the audit trail. Sends no faster than it is read and keeps nothing in memory; an answer that ends before its end, because the token was revoked or the service stops,
 * is cut off, which every client of HTTP notices, and can be gone on with by `after`.
 */
export function serveAuditExport(app: FastifyInstance, options: AuditExportOptions): void {
  app.get(auditExportPath, async (request, reply) => {
    const ip = options.addresses.of(request.socket.remoteAddress, request.headers['x-forwarded-for']);
    const operation = new RunningOperation(callOf(request.headers, ip));
    void reply.header('x-request-id', operation.call.requestId);
    reply.raw.once('close', () => {
      const status = reply.raw.writableFinished ? reply.raw.statusCode : 0;
      options.finished.note(operation, { transport: 'http', method: request.method, path: auditExportPath, status });
    });
    const refuse = (status: number, error: GraphQLError) => {
      const shown = formatted(error);
      operation.toldOf(shown.extensions?.['code']);
      return reply
        .code(status)
        .headers(headersOfAnswers)
        .send({ errors: [shown] });
    };
    const recognised = options.recognition.recognise(request.headers.authorization, operation.call);
    if ('error' in recognised) return refuse(401, (reply.header('www-authenticate', recognised.authenticate), recognised.error));
    operation.call = calledBy(operation.call, recognised);
    try {
      return await download(request, reply, { ...options, operation, caller: recognised });
    } catch (error) {
      if (error instanceof GraphQLError) return refuse(403, error);
      if (error instanceof ExportRefused) return refuse(400, badRequest(error.message, 400));
      if (error instanceof StoreUnavailable) return refuse(503, unrecorded());
      return refuse(500, options.faults.ofRequest(error, operation.call.requestId));
    }
  });
}

interface Download extends AuditExportOptions {
  readonly operation: RunningOperation;
  readonly caller: AuthenticatedCaller;
}

async function download(request: FastifyRequest, reply: FastifyReply, { services, operation: { call }, caller, recognition, faults }: Download) {
  if (!isAllowed(call.role, neededField)) {
    await services.securityLog.accessDenied(call, { command: `GET ${auditExportPath}`, entityType: 'Service', entityId: 'postledger' });
    throw forbidden(call.role, `GET ${auditExportPath}`, policy[neededField] ?? []);
  }
  const wanted = requestIn(request);
  const { auditTrail, auditProofs, securityLog, serviceFacts } = services;
  const { version } = await serviceFacts();
  const exporting = { auditTrail, auditProofs, securityLog, program: version };
  const { until, entries, recordedAt, checkpoint, bytes } = await beginAuditExport(exporting, call, wanted);
  const { mediaType, ending } = exportFormats[wanted.format];
  const watched = async function* () {
    try {
      for await (const chunk of bytes) {
        if (!recognition.stillStands(caller)) throw new TokenNoLongerStands();
        yield chunk;
      }
    } catch (error) {
      if (!(error instanceof TokenNoLongerStands)) faults.ofRequest(error, call.requestId);
      throw error;
    }
  };
  return reply
    .headers({
      ...headersOfAnswers,
      'content-disposition': `attachment; filename="audit-trail.${ending}"`,
      'postledger-version': version,
      'postledger-export-record': recordedAt.toString(),
      'postledger-export-until': until.toString(),
      ...(entries !== null && { 'postledger-export-entries': entries.toString() }),
      // Names may have any letters, headers may not.
      'postledger-export-checkpoint': encodeURIComponent(JSON.stringify(checkpoint)),
      'postledger-export-by': encodeURIComponent(JSON.stringify(call.actor)),
    })
    .type(mediaType)
    .send(Readable.from(watched(), { objectMode: false, highWaterMark: 1 }));
}

/** The token was revoked, or expired, while entries were being sent. */
class TokenNoLongerStands extends Error {
  override readonly name = 'TokenNoLongerStands';
}

/** @throws {ExportRefused} */
function requestIn({ url }: FastifyRequest): ExportRequest {
  const mark = url.indexOf('?');
  const parameters = new URLSearchParams(mark < 0 ? '' : url.slice(mark));
  const own = (name: string): string | null => {
    const [value = null, ...more] = parameters.getAll(name);
    if (more.length > 0) throw new ExportRefused(name, `${name} is there more than once. Give one value.`);
    parameters.delete(name);
    return value;
  };
  const format = own('format') ?? 'jsonl';
  if (!isExportFormatName(format)) throw new ExportRefused('format', `A format is one of ${exportFormatNames.join(', ')}.`);
  return { format, after: positionIn('after', own('after')), until: positionIn('until', own('until')), filter: filterOf([...parameters]) };
}

function unrecorded(): GraphQLError {
  return new GraphQLError('The service cannot reach its store, so the export could not be recorded and was not begun. Try again later.', {
    extensions: { code: 'STORE_UNAVAILABLE' },
  });
}

const headersOfAnswers = {
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
};
