import { existsSync, readFileSync } from 'node:fs';
import { openViews } from '../../projections/views.js';
import { exportFormats, type ExportFormatName } from '../../projections/audit-export/format.js';
import { filterOf, type FilterPair } from '../../projections/audit-export/request.js';
import { beginAuditExport, type ExportCheckpoint } from '../commands/audit-exports.js';
import { AuditProofs, disclosuresBy } from '../commands/audit-proofs.js';
import { SecurityLog } from '../commands/security-log.js';
import { isLoopback, type Config } from '../config.js';
import type { Actor } from '../domain/access/actor.js';
import { StoreLocked } from '../event-store/embedded-lock.js';
import { contradictionNow, startCheckpoints } from './checkpointing.js';
import { CommandFailed } from './command-failed.js';
import { callOfOperator } from './command-line-token.js';
import { openStores, type Stores } from './open-stores.js';
import { replayErasures } from './replay-erasures.js';
import { version } from './version.js';

export interface ExportPart {
  readonly format: ExportFormatName;
  readonly filter: readonly FilterPair[];
  readonly after: bigint | null;
  readonly until: string | null;
}

/** What is known of an export once it is recorded. */
export interface ExportBegun {
  readonly program: string;
  readonly exportedBy: Actor;
  readonly until: string;
  readonly recordedAt: string;
  readonly checkpoint: ExportCheckpoint;
  readonly bytes: AsyncIterable<Buffer>;
}

/** Where entries come from: either records the export before it gives any. */
export interface ExportSource {
  begin(part: ExportPart): Promise<ExportBegun>;
  close(): Promise<void>;
}

export interface ServiceToAsk {
  readonly url?: string;
  readonly tokenFile?: string;
}

/**
 * The data directory while no service has it, else the service that has it: that alone can record that it was exported. A url always means the service there.
 * @throws {CommandFailed} it runs, and no token was given to ask it with.
 */
export async function exportSource(config: Config, service: ServiceToAsk): Promise<ExportSource> {
  if (service.url !== undefined) return serviceSource(service.url, service);
  try {
    return await storeSource(await openStores(config), config);
  } catch (error) {
    if (!(error instanceof StoreLocked)) throw error;
    const { host, port } = config.http;
    const reachedBy = isLoopback(host) ? host : host === '::' || host === '0.0.0.0' ? '127.0.0.1' : host;
    return serviceSource(`http://${reachedBy.includes(':') ? `[${reachedBy}]` : reachedBy}:${port}`, service);
  }
}

async function storeSource(stores: Stores, config: Config): Promise<ExportSource> {
  const faults: string[] = [];
  const views = await openViews(stores.events, {
    rawEvents: stores.rawEvents,
    directory: config.dataDirectory,
    readYourWritesMilliseconds: 0,
    listener: { stopped: (projection, eventId) => faults.push(`${projection} cannot take event ${eventId}`), storeLost: () => undefined },
  });
  const closing = [() => views.stop(), () => stores.close()];
  const close = async () => {
    for (const part of closing) await part();
  };
  try {
    await views.settled();
    if (faults.length > 0) throw new CommandFailed(`The audit trail is not complete: ${faults.join(', ')}.`);
    await replayErasures(stores, views);
    // What keeps one from being signed, the export itself says.
    const { checkpoints, publicKey } = await startCheckpoints(config, views.ledger, { signed: () => undefined, failed: () => undefined });
    closing.unshift(() => checkpoints.stop());
    // No service runs that would look.
    const problem = await contradictionNow(stores.rawEvents, views.ledger);
    if (problem !== null) checkpoints.contradicted(problem);
    const auditProofs = new AuditProofs({
      rawEvents: stores.rawEvents,
      disclosuresOf: disclosuresBy(stores),
      auditTrail: views.auditTrail,
      ledger: views.ledger,
      checkpoints,
      publicKey,
    });
    const securityLog = new SecurityLog(stores.events, () => new Date());
    return {
      async begin({ format, filter, after, until: asked }) {
        const call = callOfOperator();
        const request = { format, filter: filterOf(filter), after, until: asked === null ? null : BigInt(asked) };
        const exporting = { auditTrail: views.auditTrail, auditProofs, securityLog, program: version };
        const { until, recordedAt, checkpoint, bytes } = await beginAuditExport(exporting, call, request);
        return { program: version, exportedBy: call.actor, until: until.toString(), recordedAt: recordedAt.toString(), checkpoint, bytes };
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

function serviceSource(url: string, { tokenFile }: ServiceToAsk): ExportSource {
  if (tokenFile === undefined)
    throw new CommandFailed('The service is running, and has to be asked: name a file that holds a token of an auditor or an administrator, by --token-file.');
  if (!existsSync(tokenFile)) throw new CommandFailed(`There is no file ${tokenFile}. Name the one that holds the token, by --token-file.`);
  const token = readFileSync(tokenFile, 'utf8').trim();
  return {
    begin: (part) => askService(url, token, part),
    close: () => Promise.resolve(),
  };
}

async function askService(url: string, token: string, { format, filter, after, until }: ExportPart): Promise<ExportBegun> {
  const parameters = new URLSearchParams([['format', format], ...filter.map(([key, value]): [string, string] => [key, value])]);
  if (after !== null) parameters.set('after', after.toString());
  if (until !== null) parameters.set('until', until);
  const answer = await answerOf(new URL(`/audit/export?${parameters.toString()}`, url), token);
  if (!answer.ok || answer.body === null) throw new CommandFailed(await refusalIn(answer));
  const said = (name: string): string => {
    const value = answer.headers.get(name);
    if (value === null) throw new CommandFailed(`What answers at ${url} is no Postledger that exports: its answer has no ${name}.`);
    return value;
  };
  return {
    program: said('postledger-version'),
    exportedBy: JSON.parse(decodeURIComponent(said('postledger-export-by'))) as Actor,
    until: said('postledger-export-until'),
    recordedAt: said('postledger-export-record'),
    checkpoint: JSON.parse(decodeURIComponent(said('postledger-export-checkpoint'))) as ExportCheckpoint,
    bytes: bytesOf(answer.body, format),
  };
}

async function answerOf(url: URL, token: string): Promise<Response> {
  try {
    return await fetch(url, { headers: { authorization: `Bearer ${token}` }, redirect: 'error' });
  } catch (error) {
    throw new CommandFailed(`The service does not answer at ${url.origin}. Name its address by --url.`, { cause: error });
  }
}

async function* bytesOf(body: NonNullable<Response['body']>, format: ExportFormatName): AsyncGenerator<Buffer, void, undefined> {
  try {
    for await (const chunk of body) yield Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  } catch (error) {
    const what = `The service broke the ${exportFormats[format].ending} off before its end`;
    throw new CommandFailed(`${what}: it stopped, or the token no longer stands. With --out, run the same command again with --resume.`, { cause: error });
  }
}

async function refusalIn(answer: Response): Promise<string> {
  const text = await answer.text();
  const message = /"message":("(?:[^"\\]|\\.)*")/.exec(text)?.[1];
  return message === undefined ? `The service answered ${answer.status}.` : String(JSON.parse(message));
}
