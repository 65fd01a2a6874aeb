import { Differences, type Difference } from './differences.js';
import { Found } from './found.js';
import { judgedCheckpoints } from './judgement.js';
import { LogIntake, type LeafOfLog } from './log-intake.js';
import { LookAhead } from './look-ahead.js';
import { RecordCheck } from './record-check.js';
import { trustedCheckpoints } from './trusted-checkpoints.js';
import type { LedgerRecord, RecordedLeaf, VerificationInput } from './verification-input.js';
import { outcomeOf, type VerificationReport } from './verification-report.js';
import { WatchedTree } from './watched-tree.js';

/** So far ahead the log and its record are searched for where they agree again. */
const window = 1_024;
/** After so many events in a row that agree with nothing, only every so manieth is searched for. */
const patience = 64;

/**
 * Verifies a log from nothing: makes its tree anew, compares it leaf by leaf with what the service recorded, and with every checkpoint that a trusted key has signed. What the service recorded
 * may have been made to fit a changed log; a checkpoint cannot be, as long as the signing key and a copy of it are out of reach.
 */
export async function verifyLog(input: VerificationInput): Promise<VerificationReport> {
  const found = new Found();
  const { trusted, findings } = trustedCheckpoints(input.checkpoints, input.keys);
  found.addAll(findings);
  const sizes = [...new Set(trusted.map(({ size }) => size))];
  const intake = new LogIntake(input, found);
  const comparison = new Comparison(intake, input, found, sizes);
  await comparison.run();
  const { logTree, recordTree, differences, recordedLeaves } = comparison;
  const judged = judgedCheckpoints({ trusted, given: input.checkpoints, logTree, recordTree, recordedLeaves: recordedLeaves ?? 0, differences, found });
  const damaged = found.kept.filter(({ leafIndex, kind }) => leafIndex !== null && kind !== 'RECORD_ALTERED');
  const first = damaged.reduce<(typeof damaged)[number] | null>((least, each) => ((each.leafIndex ?? 0) < (least?.leafIndex ?? Infinity) ? each : least), null);
  return {
    outcome: outcomeOf(found.kept),
    events: intake.events,
    otherEvents: intake.otherEvents,
    treeSize: logTree.size,
    rootHash: logTree.root().toString('base64'),
    lastPosition: intake.lastPosition,
    lastRecordedAt: intake.lastRecordedAt,
    recordedLeaves,
    ...judged,
    firstBad: first && { leafIndex: first.leafIndex ?? 0, position: first.position },
    findings: found.kept.toSorted((one, other) => (one.leafIndex ?? -1) - (other.leafIndex ?? -1)),
    findingCount: found.count + differences.more,
  };
}

/** Goes along the log and its record together. */
class Comparison {
  readonly logTree: WatchedTree;
  /** What the record says the tree is, once that is another one than the log's. */
  #recordTree: WatchedTree | null = null;
  readonly differences = new Differences();
  readonly #log: LookAhead<LeafOfLog>;
  readonly #record: LookAhead<RecordedLeaf>;
  readonly #check: RecordCheck | null;
  /** How many events in a row agreed with nothing. */
  #strange = 0;

  constructor(intake: LogIntake, { record }: Pick<VerificationInput, 'record'>, found: Found, sizes: readonly number[]) {
    this.logTree = new WatchedTree(sizes);
    this.#log = new LookAhead(intake.leaves());
    this.#record = new LookAhead(record ? readable(record, found) : []);
    this.#check = record && new RecordCheck(record, found);
  }

  /** The log's own tree as long as the record agrees with it. */
  get recordTree(): WatchedTree {
    return this.#recordTree ?? this.logTree;
  }

  get recordedLeaves(): number | null {
    return this.#check?.leaves ?? null;
  }

  async run(): Promise<void> {
    try {
      for (;;) {
        // The record first: all that it has by then is in a log that is looked at later.
        const recorded = this.#record.next ?? (await this.#record.ahead(1))[0];
        const logged = this.#log.next ?? (await this.#log.ahead(1))[0];
        if (logged && recorded) {
          if (logged.hash.equals(recorded.hash)) this.#agreed(logged, recorded);
          else await this.#apart(logged, recorded);
        } else if (logged) this.#takeLogged(logged);
        else if (recorded) this.#missing(recorded, 'TRUNCATED');
        else return;
      }
    } finally {
      await this.#log.close();
      await this.#record.close();
    }
  }

  #agreed(logged: LeafOfLog, recorded: RecordedLeaf): void {
    this.#strange = 0;
    if (this.#recordTree === null) {
      if (logged.position !== recorded.position) this.#check?.moved(logged.position, recorded);
      this.#check?.take(recorded, this.logTree.append(logged.hash, logged.position));
      this.#log.skip();
      this.#record.skip();
      return;
    }
    this.#takeLogged(logged);
    this.#takeRecorded(recorded);
  }

  /** Where they differ, what is found further on in the other tells what was done. */
  async #apart(logged: LeafOfLog, recorded: RecordedLeaf): Promise<void> {
    this.#recordTree ??= this.logTree.copy();
    const isSearched = this.#strange < patience || this.#strange % patience === 0;
    const places = isSearched ? await this.#placesOf(logged, recorded) : { ofLogged: -1, ofRecorded: -1 };
    const [isMissing, isStrange] = [places.ofLogged > 0, places.ofRecorded > 0];
    if (isMissing && !isStrange) {
      for (const each of await this.#record.ahead(places.ofLogged)) this.#missing(each, 'REMOVED');
      return;
    }
    if (isStrange && !isMissing) {
      for (const each of await this.#log.ahead(places.ofRecorded)) {
        this.#note('INSERTED', each, null);
        this.#takeLogged(each);
      }
      return;
    }
    this.#note(isMissing ? 'REORDERED' : 'ALTERED', logged, recorded);
    this.#strange = isMissing ? 0 : this.#strange + 1;
    this.#takeLogged(logged);
    this.#takeRecorded(recorded);
  }

  /** How far on the event of the log is in the record, and the other way round; -1: not within the window. */
  async #placesOf(logged: LeafOfLog, recorded: RecordedLeaf): Promise<{ readonly ofLogged: number; readonly ofRecorded: number }> {
    const [log, record] = [await this.#log.ahead(window), await this.#record.ahead(window)];
    return {
      ofLogged: record.findIndex(({ hash }) => hash.equals(logged.hash)),
      ofRecorded: log.findIndex(({ hash }) => hash.equals(recorded.hash)),
    };
  }

  #missing(recorded: RecordedLeaf, kind: 'REMOVED' | 'TRUNCATED'): void {
    this.#recordTree ??= this.logTree.copy();
    this.differences.note({ kind, leafIndex: this.#recordTree.size, position: recorded.position, there: null, recorded: recorded.hash });
    this.#takeRecorded(recorded);
  }

  #note(kind: Difference['kind'], { position, hash, problem }: LeafOfLog, recorded: RecordedLeaf | null): void {
    this.differences.note({ kind, leafIndex: this.logTree.size, position, problem, there: hash, recorded: recorded?.hash ?? null });
  }

  #takeLogged({ hash, position }: LeafOfLog): void {
    this.logTree.append(hash, position);
    this.#log.skip();
  }

  #takeRecorded(recorded: RecordedLeaf): void {
    if (this.#recordTree) this.#check?.take(recorded, this.#recordTree.append(recorded.hash, recorded.position));
    this.#record.skip();
  }
}

/** A record that cannot be read to its end is a finding, and the log is verified though. */
async function* readable({ leaves }: LedgerRecord, found: Found): AsyncGenerator<readonly RecordedLeaf[], void> {
  try {
    yield* leaves;
  } catch (error) {
    const what = error instanceof Error ? error.message : String(error);
    const message = `The record of the log's hashes cannot be read: ${what} Stop the service, and run postledger projections rebuild audit-ledger.`;
    found.add({ kind: 'RECORD_ALTERED', leafIndex: null, endLeafIndex: null, position: null, message });
  }
}
