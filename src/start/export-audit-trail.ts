import { existsSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { stderr, stdout } from 'node:process';
import { pipeline } from 'node:stream/promises';
import { exportFormats, type ExportFormatName } from '../../projections/audit-export/format.js';
import { ExportRefused, filterOf, type FilterPair } from '../../projections/audit-export/request.js';
import type { Config } from '../config.js';
import { CommandFailed } from './command-failed.js';
import {
  appendTo,
  isComplete,
  noteUnderway,
  refuseExisting,
  refuseOtherExport,
  underwayIn,
  wholeRecordsIn,
  writeManifest,
  type ExportUnderway,
} from './export-file.js';
import { ExportRecords } from './export-records.js';
import { exportSource, type ExportBegun, type ExportPart, type ServiceToAsk } from './export-source.js';
import { ProgressBar } from './progress-bar.js';

export interface AuditExportOptions extends ServiceToAsk {
  readonly format: ExportFormatName;
  readonly from?: string;
  readonly to?: string;
  readonly filter: readonly string[];
  readonly out?: string;
  readonly resume: boolean;
}

/** Exports the audit trail to a file with its manifest, or to standard output without one. @throws {CommandFailed} with what to do. */
export async function exportAuditTrail(config: Config, options: AuditExportOptions): Promise<void> {
  const { format, out, resume } = options;
  const wanted = { format, filter: pairsOf(options) };
  if (out === undefined) {
    if (resume) throw new CommandFailed('Only an export to a file can go on: name it by --out.');
    return toStandardOutput(config, options, { ...wanted, after: null, until: null });
  }
  const file = fileOf(out, format);
  if (resume && isComplete(file)) {
    refuseOtherExport(file, wanted);
    stdout.write(`${file} is complete already.\n`);
    return;
  }
  if (!resume) refuseExisting(file);
  await toFile(config, options, { file, ...wanted, underway: resume ? underwayIn(file) : null });
}

async function toStandardOutput(config: Config, service: ServiceToAsk, part: ExportPart): Promise<void> {
  await withSource(config, service, part, async (begun) => {
    const records = new ExportRecords(exportFormats[part.format]);
    const followed = async function* () {
      for await (const chunk of begun.bytes) {
        records.add(chunk);
        yield chunk;
      }
    };
    try {
      await pipeline(followed, stdout, { end: false });
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EPIPE')) throw error;
      throw new CommandFailed('Whoever read the entries has gone before the end. They are not complete.', { cause: error });
    }
    stderr.write(`${records.entries.toLocaleString('en')} entries, up to position ${begun.until}\n`);
  });
}

interface FileExport {
  readonly file: string;
  readonly format: ExportFormatName;
  readonly filter: readonly FilterPair[];
  readonly underway: ExportUnderway | null;
}

async function toFile(config: Config, service: ServiceToAsk, { file, format, filter, underway }: FileExport): Promise<void> {
  if (underway !== null && !isSame(underway, { format, filter }))
    throw new CommandFailed(
      `The interrupted export is of another format or filter: --format ${underway.format} ${underway.filter.map(([key, value]) => `${key}=${value}`).join(' ')}`,
    );
  const startedAt = new Date().toISOString();
  const records = await wholeRecordsIn(file, exportFormats[format]);
  await withSource(config, service, { format, filter, after: records.last, until: underway?.until ?? null }, async (begun) => {
    const { program, exportedBy, until, recordedAt } = begun;
    if (underway !== null && (underway.program !== program || underway.until !== until))
      throw new CommandFailed(
        `The interrupted export was made by Postledger ${underway.program} up to position ${underway.until}; this is ${program}, up to ${until}. Begin anew, with another file.`,
      );
    const noted = underway ?? { program, format, filter, until, exportedBy, startedAt, records: [] };
    const current = { ...noted, records: [...noted.records, recordedAt] };
    noteUnderway(file, current);
    const bar = new ProgressBar('Exporting', 'positions of the log');
    const show = () => bar.show(Number(records.last ?? 0n), Number(until));
    await appendTo(file, begun.bytes, records, show);
    bar.show(Number(until), Number(until));
    bar.finish();
    const { checkpoint, problem } = begun.checkpoint;
    if (problem !== null) stderr.write(`The manifest has no checkpoint. ${problem}\n`);
    writeManifest(file, current, records, checkpoint);
    stdout.write(`${file}: ${records.entries.toLocaleString('en')} entries, ${(records.wholeBytes / 1e6).toFixed(1)} MB, SHA-256 ${records.fileHash()}\n`);
  });
}

async function withSource(config: Config, service: ServiceToAsk, part: ExportPart, work: (begun: ExportBegun) => Promise<void>): Promise<void> {
  const source = await exportSource(config, service);
  try {
    await work(await source.begin(part));
  } finally {
    await source.close();
  }
}

function isSame(underway: ExportUnderway, { format, filter }: Pick<FileExport, 'format' | 'filter'>): boolean {
  return underway.format === format && JSON.stringify(underway.filter) === JSON.stringify(filter);
}

/** A directory gets a file of the format's own name. @throws {CommandFailed} there is no directory for the file. */
function fileOf(out: string, format: ExportFormatName): string {
  const path = resolve(out);
  if (existsSync(path) && statSync(path).isDirectory()) return join(path, `audit-trail.${exportFormats[format].ending}`);
  if (!existsSync(dirname(path))) throw new CommandFailed(`There is no directory ${dirname(path)}. Make it, or name another.`);
  return path;
}

/** @throws {CommandFailed} what is wrong with the filter, before anything is opened. */
function pairsOf({ filter, from, to }: AuditExportOptions): readonly FilterPair[] {
  const pairs = filter.map((text): FilterPair => {
    const equals = text.indexOf('=');
    if (equals < 1) throw new CommandFailed(`--filter ${text.slice(0, 40)} is not of the form key=value, e.g. action=AccountRenamed.`);
    return [text.slice(0, equals), text.slice(equals + 1)];
  });
  const all: readonly FilterPair[] = [...pairs, ...(from === undefined ? [] : [['from', from] as const]), ...(to === undefined ? [] : [['to', to] as const])];
  try {
    filterOf(all);
  } catch (error) {
    if (error instanceof ExportRefused) throw new CommandFailed(error.message, { cause: error });
    throw error;
  }
  return all;
}
