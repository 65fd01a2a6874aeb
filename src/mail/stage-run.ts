import type {
  ConnectionTestStage,
  ConnectionTestStageName,
  DiagnosisCode,
  Direction,
  StageOutcome,
  TlsSession,
} from '../domain/email-account/connection-test.js';
import type { SecretValue } from '../secret-store/secret-value.js';
import { failureOf } from './failure-of.js';
import { shownServerText } from './server-text.js';

/** What a stage came to that did not fail. */
export interface Found<Value> {
  readonly value: Value;
  readonly message: string;
  readonly outcome?: Exclude<StageOutcome, 'FAILED'>;
  readonly code?: DiagnosisCode;
  readonly hint?: string;
  readonly serverResponse?: string | null;
  readonly tls?: TlsSession;
}

/** A stage failed and was reported: nothing after it can be tried. */
export class StageFailed extends Error {
  override readonly name = 'StageFailed';
  constructor(readonly stage: ConnectionTestStage) {
    super(stage.message);
  }
}

/** One direction's way through its stages. Each is reported when it ends, exactly once; what was planned and not reached ends as skipped. */
export class StageRun {
  /** The address that is connected to, once there is one. */
  address: string | null = null;
  readonly #reported = new Set<ConnectionTestStageName>();
  #beside: Promise<readonly (readonly ConnectionTestStage[])[]> | null = null;

  constructor(
    readonly direction: Direction,
    readonly plan: readonly ConnectionTestStageName[],
    readonly port: number,
    /** What a server may echo and nobody may see. An access token joins when it is there. */
    readonly secrets: SecretValue[],
    readonly report: (stage: ConnectionTestStage) => void,
    readonly isTest = false,
  ) {}

  /** @throws {StageFailed} */
  async take<Value>(stage: ConnectionTestStageName, work: () => Promise<Found<Value>>, failsAs: () => 'FAILED' | 'WARNED' = () => 'FAILED'): Promise<Value> {
    const startedAt = performance.now();
    try {
      const { value, message, outcome = 'PASSED', code = 'OK', hint = null, serverResponse = null, tls = null } = await work();
      this.#finish(stage, startedAt, { outcome, code, message, hint, serverResponse, tls });
      return value;
    } catch (error) {
      const { code, message, hint, serverResponse, tls } = failureOf(error, this.secrets);
      throw new StageFailed(this.#finish(stage, startedAt, { outcome: failsAs(), code, message, hint, serverResponse, tls }));
    }
  }

  /** For a test: work beside its course, whose stages {@link end} reports once the course is over. For anything else there is no time for it. */
  meanwhile(work: () => Promise<readonly (readonly ConnectionTestStage[])[]>): void {
    if (this.isTest) this.#beside = work();
    // Whoever waits hears of it; a course that ends before is not disturbed.
    this.#beside?.catch(() => undefined);
  }

  /** Reports what was found beside the course. */
  async end(): Promise<void> {
    for (const stages of (await this.#beside) ?? []) for (const stage of stages) this.report(stage);
  }

  /** Reports what was planned and not reached. */
  skipRest(): void {
    for (const stage of this.plan)
      if (!this.#reported.has(stage))
        this.#finish(stage, performance.now(), {
          outcome: 'SKIPPED',
          code: 'UNKNOWN',
          message: 'It was not reached: an earlier step failed.',
          hint: null,
          serverResponse: null,
          tls: null,
        });
  }

  #finish(
    stage: ConnectionTestStageName,
    startedAt: number,
    { serverResponse, ...ended }: Pick<ConnectionTestStage, 'outcome' | 'code' | 'message' | 'hint' | 'serverResponse' | 'tls'>,
  ): ConnectionTestStage {
    const reached = stage !== 'DNS' && this.address !== null && ended.outcome !== 'SKIPPED';
    const result: ConnectionTestStage = {
      direction: this.direction,
      stage,
      ...ended,
      serverResponse: shownServerText(serverResponse, this.secrets),
      address: reached ? this.address : null,
      port: reached ? this.port : null,
      durationMilliseconds: Math.round(performance.now() - startedAt),
    };
    this.#reported.add(stage);
    this.report(result);
    return result;
  }
}
