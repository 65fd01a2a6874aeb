import { stdout } from 'node:process';
import { LedgerFile } from '../../projections/audit-ledger-file.js';
import type { Config } from '../config.js';
import { verifyLog } from '../ledger/verification.js';
import type { GivenCheckpoint } from '../ledger/verification-input.js';
import type { VerificationOutcome, VerificationReport } from '../ledger/verification-report.js';
import { givenCheckpoints, trustedKeys, type TrustedKeys } from './audit-evidence.js';
import { openAuditLog, type AuditLog } from './audit-log.js';
import { recordInTrail } from './audit-record.js';
import { inWords } from './audit-verify-words.js';
import { ownCheckpoints } from './checkpointing.js';
import { callOfOperator } from './command-line-token.js';
import { ProgressBar } from './progress-bar.js';

export interface AuditVerifyOptions {
  /** Files with copies of the checkpoints that were kept outside. */
  readonly checkpoints: readonly string[];
  /** Files, or keys as text. None: those of the data directory. */
  readonly publicKey: readonly string[];
  readonly json: boolean;
  /** Whether the run is recorded in the trail. */
  readonly record: boolean;
  readonly threads?: number;
}

/** What was verified, and what speaks for it. */
export interface Verification {
  /** What the log is called. */
  readonly log: string;
  readonly report: VerificationReport;
  readonly keys: TrustedKeys;
  /** Whether any of the checkpoints was kept outside. */
  readonly hasOutside: boolean;
}

/**
 * Verifies the whole log. Works on a stopped service and beside a running one, and changes nothing.
 * @param onProgress told how many events are done, and how many there are.
 * @throws {CommandFailed} it cannot be verified.
 */
export async function verifyAuditTrail(
  config: Config,
  options: Pick<AuditVerifyOptions, 'checkpoints' | 'publicKey' | 'threads'>,
  onProgress: (done: number, total: number) => void = () => undefined,
): Promise<Verification> {
  const keys = await trustedKeys(config.dataDirectory, options.publicKey);
  // In this order: what is signed was recorded before, and what is recorded was in the log.
  const checkpoints = givenCheckpoints(config, options.checkpoints);
  const log = await openAuditLog(config);
  try {
    const report = await reportOn(log, config, { keys, checkpoints, threads: options.threads, onProgress });
    return { log: log.name, report, keys, hasOutside: checkpoints.some(({ source }) => source !== ownCheckpoints(config.dataDirectory).path) };
  } finally {
    await log.close();
  }
}

/** The command: verifies, records that, and says what was found. @returns the exit code: 0 good, 1 changed, 2 too little to judge by. */
export async function runAuditVerify(config: Config, options: AuditVerifyOptions): Promise<number> {
  const bar = new ProgressBar('Verifying', 'events');
  const verification = await verifyAuditTrail(config, options, (done, total) => bar.show(done, total));
  bar.finish();
  const { report } = verification;
  const isRecorded = options.record ? await recorded(config, report) : null;
  stdout.write(options.json ? `${asJson(verification, isRecorded)}\n` : inWords(verification, isRecorded));
  return exitCodes[report.outcome];
}

const exitCodes: Readonly<Record<VerificationOutcome, number>> = { VERIFIED: 0, DAMAGED: 1, UNVERIFIABLE: 2 };

interface Evidence {
  readonly keys: TrustedKeys;
  readonly checkpoints: readonly GivenCheckpoint[];
  readonly threads: number | undefined;
  readonly onProgress: (done: number, total: number) => void;
}

async function reportOn(log: AuditLog, { dataDirectory }: Config, { keys, checkpoints, threads, onProgress }: Evidence): Promise<VerificationReport> {
  const ledger = LedgerFile.open(dataDirectory);
  try {
    const total = log.extent?.events ?? 0;
    return await verifyLog({
      log: log.hashed(threads),
      record: ledger?.record() ?? null,
      checkpoints,
      keys: keys.keys,
      countsPositions: log.countsPositions,
      onProgress: (done) => onProgress(done, Math.max(done, total)),
    });
  } finally {
    ledger?.close();
  }
}

async function recorded(config: Config, report: VerificationReport): Promise<boolean> {
  const { outcome, events, treeSize, rootHash, sources } = report;
  const checkpoints = sources.reduce((sum, { holding }) => sum + holding, 0);
  const data = { verdict: outcome, events, treeSize: String(treeSize), rootHash, checkpoints };
  const log = await openAuditLog(config);
  try {
    return await recordInTrail(log, (securityLog) => securityLog.operated(callOfOperator(), 'audit verify', { type: 'LogVerified', data }));
  } finally {
    await log.close();
  }
}

function asJson({ log, report, keys, hasOutside }: Verification, isRecorded: boolean | null): string {
  const told = { log, ...report, keys: keys.keys.map(({ text }) => text), keysAreGiven: keys.areGiven, hasOutside, recorded: isRecorded === true };
  return JSON.stringify(told, (_, value: unknown) => (typeof value === 'bigint' ? value.toString() : value), 2);
}
