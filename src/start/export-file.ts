import { createReadStream, existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { basename } from 'node:path';
import type { ExportFormat, ExportFormatName } from '../../projections/audit-export/format.js';
import type { FilterPair } from '../../projections/audit-export/request.js';
import type { ShownCheckpoint } from '../commands/audit-proofs.js';
import type { Actor } from '../domain/access/actor.js';
import { CommandFailed } from './command-failed.js';
import { ExportRecords } from './export-records.js';

/** What an export is of, kept beside its file until that is whole: by this an interrupted one goes on as the same one. */
export interface ExportUnderway {
  readonly program: string;
  readonly format: ExportFormatName;
  readonly filter: readonly FilterPair[];
  readonly until: string;
  readonly exportedBy: Actor;
  readonly startedAt: string;
  /** The positions of the entries that record this export, one a run. */
  readonly records: readonly string[];
}

const manifestOf = (file: string) => `${file}.manifest.json`;
const underwayOf = (file: string) => `${file}.partial.json`;

export function isComplete(file: string): boolean {
  return existsSync(file) && existsSync(manifestOf(file)) && !existsSync(underwayOf(file));
}

/** @throws {CommandFailed} the whole file is of another format or filter. */
export function refuseOtherExport(file: string, { format, filter }: Pick<ExportUnderway, 'format' | 'filter'>): void {
  const of = JSON.parse(readFileSync(manifestOf(file), 'utf8')) as { readonly format: string; readonly filter: readonly string[] };
  if (of.format === format && JSON.stringify(of.filter) === JSON.stringify(filterInWords(filter))) return;
  throw new CommandFailed(`${file} is a whole export of another format or filter: --format ${of.format} ${of.filter.join(' ')}. Name another file.`);
}

function filterInWords(filter: readonly FilterPair[]): readonly string[] {
  return filter.map(([key, value]) => `${key}=${value}`);
}

/** @throws {CommandFailed} something of the name is there already. */
export function refuseExisting(file: string): void {
  const there = [file, manifestOf(file), underwayOf(file)].find((path) => existsSync(path));
  if (there !== undefined) throw new CommandFailed(`${there} is there already. Name another file, or go on with an interrupted export by --resume.`);
}

/** Null when no export to this file was interrupted. @throws {CommandFailed} the file is not one that an export was interrupted in. */
export function underwayIn(file: string): ExportUnderway | null {
  if (existsSync(underwayOf(file))) return JSON.parse(readFileSync(underwayOf(file), 'utf8')) as ExportUnderway;
  if (existsSync(file)) throw new CommandFailed(`${file} was not left by an interrupted export: ${underwayOf(file)} is not there. Name another file.`);
  return null;
}

export function noteUnderway(file: string, underway: ExportUnderway): void {
  writeWhole(underwayOf(file), underway);
}

/** What a file holds of whole records; what a kill left of one more is cut off. A header alone counts as nothing. */
export async function wholeRecordsIn(file: string, format: ExportFormat): Promise<ExportRecords> {
  const found = new ExportRecords(format);
  if (!existsSync(file)) return found;
  for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20 }) as AsyncIterable<Buffer>) found.add(chunk);
  const whole = found.last === null ? new ExportRecords(format) : found;
  const handle = await open(file, 'r+');
  try {
    await handle.truncate(whole.wholeBytes);
    await handle.sync();
  } finally {
    await handle.close();
  }
  whole.forgetRest();
  return whole;
}

/** Appends the bytes to the file (0600), follows them in `records`, and makes them safe on the disk. */
export async function appendTo(file: string, bytes: AsyncIterable<Buffer>, records: ExportRecords, onChunk: () => void): Promise<void> {
  const handle = await open(file, 'a', 0o600);
  try {
    for await (const chunk of bytes) {
      await handle.appendFile(chunk);
      records.add(chunk);
      onChunk();
    }
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** The last thing that is written: a file that has it is whole. @throws {CommandFailed} the last record has no end. */
export function writeManifest(
  file: string,
  { program, format, filter, until, exportedBy, startedAt, records: recordedAt }: ExportUnderway,
  records: ExportRecords,
  checkpoint: ShownCheckpoint | null,
): void {
  if (!records.isWhole) throw new CommandFailed(`The last entry of ${file} has no end. Run the same command again with --resume.`);
  writeWhole(manifestOf(file), {
    manifestVersion: 1,
    program,
    format,
    filter: filterInWords(filter),
    exportedBy,
    startedAt,
    finishedAt: new Date().toISOString(),
    recordedAt,
    until,
    entries: records.entries,
    firstPosition: records.first?.toString() ?? null,
    lastPosition: records.last?.toString() ?? null,
    runningHash: records.runningHash(),
    checkpoint,
    files: [{ name: basename(file), bytes: records.wholeBytes, sha256: records.fileHash() }],
  });
  rmSync(underwayOf(file));
}

function writeWhole(path: string, value: object): void {
  writeFileSync(`${path}.new`, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600, flush: true });
  renameSync(`${path}.new`, path);
}
