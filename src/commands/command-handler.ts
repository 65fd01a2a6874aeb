import { randomUUID } from 'node:crypto';
import type { EventMetadata } from '../domain/event-metadata.js';
import { problemOfNeededReason, type ReasonPolicy } from '../domain/access/reason-policy.js';
import { CommandRefused, refuse, type Decider, type Problem } from '../domain/decider.js';
import { upcast, type PostledgerEvent } from '../domain/event-catalogue.js';
import type { Attempt } from '../domain/security-log/events.js';
import { checkLine, checkParagraph } from '../domain/text/line.js';
import {
  ConcurrencyConflict,
  StoreUnavailable,
  type Appended,
  type EventStore,
  type NewEvent,
  type Position,
  type RecordedEvent,
  type StreamId,
} from '../event-store/event-store.js';
import type { Call, Changed, ChangeOptions } from './change.js';
import { commandIdOf, eventIdOfInput, eventsToAppend, hashOfInput } from './event-metadata.js';
import type { SecurityLog } from './security-log.js';
import { WorkQueue } from './work-queue.js';

/** How a writer learns that the local views show what was written. */
export interface ReadYourWrites {
  /** True when the views reached the position within the deadline. */
  reached(position: Position): Promise<boolean>;
  token(position: Position): string;
  /** Where events of the command stand already, wherever in the log; null when the views know of none. */
  streamOfCommand(commandId: string): StreamId | null;
}

/** What a command was given, for telling a retry from a reuse of its key. */
interface GivenInput {
  /** The input with secrets replaced by keyed fingerprints. Null where what they were keyed with is destroyed: the key alone has to tell then. */
  readonly fingerprintedInput: () => Promise<unknown>;
  /** The same input in forms that were hashed before, and are no more. */
  readonly formerInputs?: () => Promise<readonly unknown[]>;
}

/** One command on one stream, as the handler carries it out. */
export interface Change<State, Command, Event extends PostledgerEvent, Entity> extends GivenInput {
  readonly call: Call;
  readonly attempt: Attempt;
  readonly options: ChangeOptions;
  readonly streamId: StreamId;
  /** Of a revert: the version that it brings back. */
  readonly revertsTo?: number;
  readonly decider: Decider<State, Command, Event>;
  /** Whether an event of the stream belongs to this decider. */
  readonly isOwn: (event: PostledgerEvent) => event is Event;
  /** The command for this history. `commandId` is the same in a retry. */
  readonly command: (history: History<State>, commandId: string) => Command | Promise<Command>;
  /** Called with the decided events before they are appended; answers the events to append. Here secrets are sealed. */
  readonly beforeAppend?: (history: History<State>, command: Command, events: readonly Event[]) => Promise<readonly Event[]>;
  /**
   * Called once the events are durable, and again when the command is repeated: a first call may have been lost. `after` is then the state as it is now.
   * A fault here is logged and mended later, and does not undo the change.
   */
  readonly afterAppend?: (before: State, after: State) => Promise<void>;
  /** Events that change nothing that a caller may have looked at: they cause no VERSION_CONFLICT. */
  readonly isSilent?: (event: Event) => boolean;
  /** Whether what the caller may have looked at is no more: then there is no version to expect, and the decision says so. */
  readonly isGone?: (state: State) => boolean;
  /** What the caller gets: the entity as of this version (the stream's revision + 1). */
  readonly entity: (version: number, recorded: readonly RecordedEvent[]) => Promise<Entity | null>;
}

export interface History<State> {
  readonly state: State;
  readonly recorded: readonly RecordedEvent[];
}

const attempts = 10;
const maximumReason = 500;
const maximumIdempotencyKey = 200;

/** Reads, folds, decides, appends; retries what may be retried; leaves a trace of whatever was refused. */
export class CommandHandler {
  /** So that writers of this process do not run into each other's conflicts. */
  readonly #streams = new WorkQueue();
  /** So that a key that came twice at the same moment is known the second time. */
  readonly #commands = new WorkQueue();
  readonly #running = new Set<Promise<unknown>>();

  constructor(
    readonly store: EventStore,
    readonly securityLog: SecurityLog,
    readonly readYourWrites: ReadYourWrites,
    /** Told of faults after a change is already durable. */
    readonly onLateFault: (error: unknown, attempt: Attempt) => void,
    readonly reasonRequiredFor: ReasonPolicy,
  ) {}

  /**
   * @returns what came of it; a refusal is in `problems`, never thrown.
   * @throws {StoreUnavailable} the outcome is unknown: retry with the same idempotency key.
   */
  async handle<State, Command, Event extends PostledgerEvent, Entity>(change: Change<State, Command, Event, Entity>): Promise<Changed<Entity>> {
    const running = this.#carriedOut(change);
    this.#running.add(running);
    try {
      return await running;
    } finally {
      this.#running.delete(running);
    }
  }

  /** Resolves once nothing is under way any more: also what a caller asked for who has gone away since. */
  async idle(): Promise<void> {
    while (this.#running.size > 0) await Promise.allSettled(this.#running);
  }

  async #carriedOut<State, Command, Event extends PostledgerEvent, Entity>(change: Change<State, Command, Event, Entity>): Promise<Changed<Entity>> {
    try {
      this.checkOptions(change.options);
      const { idempotencyKey } = change.options;
      const commandId = idempotencyKey ? commandIdOf(change.call, idempotencyKey) : randomUUID();
      return await this.inTurn(commandId, () => this.#streams.run(change.streamId, () => this.#decideAndAppend(change, commandId)));
    } catch (error) {
      if (!(error instanceof CommandRefused)) throw error;
      return await this.refused(change, error.problems);
    }
  }

  /** Does the work once whatever else came under the same command id is done. */
  inTurn<Result>(commandId: string, work: () => Promise<Result>): Promise<Result> {
    return this.#commands.run(commandId, work);
  }

  /** @throws {CommandRefused} a reason or an idempotency key that cannot be kept. */
  checkOptions(options: ChangeOptions): void {
    refuseOptions(options);
  }

  /** For what is not known to be a repeat: what was carried out when no reason was needed has its answer still. @throws {CommandRefused} no reason where there has to be one. */
  requireReason(mutation: string, { reason }: ChangeOptions): void {
    const problem = problemOfNeededReason(this.reasonRequiredFor, mutation, reason);
    if (problem) throw new CommandRefused([problem]);
  }

  /** Records a refusal that was found outside of the handler, and answers it. */
  async refused({ call, attempt, options }: { call: Call; attempt: Attempt; options: ChangeOptions }, problems: readonly Problem[]): Promise<Changed<never>> {
    // A reason that is itself refused is not kept: it may be what the audit trail must not show.
    const reason = problemOfReason(options.reason) === null ? (options.reason ?? null) : null;
    const appended = await this.securityLog.refused(call, attempt, reason, problems);
    return this.#answer<never>(null, problems, appended.position);
  }

  async #decideAndAppend<State, Command, Event extends PostledgerEvent, Entity>(
    change: Change<State, Command, Event, Entity>,
    commandId: string,
  ): Promise<Changed<Entity>> {
    const { call, attempt, options, streamId, decider, revertsTo } = change;
    for (let attemptNumber = 1; ; attemptNumber++) {
      const history = await this.#history(change);
      const repeated = await this.#repeatedCommand(change, history, commandId);
      if (repeated) return repeated;
      this.requireReason(attempt.command, options);
      refuseStaleVersion(change, history);

      const command = await change.command(history, commandId);
      const decided = decider.decide(history.state, command);
      if (decided.length === 0) {
        const { position } = await this.securityLog.changedNothing(call, attempt, options.reason ?? null);
        return await this.#answer(await change.entity(history.recorded.length, history.recorded), [], position);
      }
      const events = change.beforeAppend ? await change.beforeAppend(history, command, decided) : decided;
      const identity = {
        commandId,
        command: attempt.command,
        inputHash: hashOfInput(await change.fingerprintedInput()),
        reason: options.reason ?? null,
        ...(revertsTo !== undefined && { revertedToVersion: revertsTo }),
      };
      const toAppend = eventsToAppend(events, identity, call, (index) => eventIdOfInput(identity, index));
      const appended = await this.#append(streamId, toAppend, history.recorded, attemptNumber);
      if (appended === 'conflict') continue;

      await this.#follow(change, history.state, events.reduce(decider.evolve, history.state));
      const answer = await this.#answer(null, [], appended.position);
      return { ...answer, entity: await change.entity(Number(appended.revision) + 1, history.recorded) };
    }
  }

  async #history<State, Command, Event extends PostledgerEvent, Entity>(change: Change<State, Command, Event, Entity>): Promise<History<State>> {
    const recorded: RecordedEvent[] = [];
    for await (const event of this.store.readStream(change.streamId)) recorded.push(event);
    return { state: stateAfter(change, recorded), recorded };
  }

  /** What has to follow a change that stands in the log. */
  async #follow<State, Command, Event extends PostledgerEvent, Entity>(
    { afterAppend, attempt }: Change<State, Command, Event, Entity>,
    before: State,
    after: State,
  ): Promise<void> {
    await afterAppend?.(before, after).catch((error: unknown) => this.onLateFault(error, attempt));
  }

  /** The first answer, when this very command was carried out before. */
  async #repeatedCommand<State, Command, Event extends PostledgerEvent, Entity>(
    change: Change<State, Command, Event, Entity>,
    { state, recorded }: History<State>,
    commandId: string,
  ): Promise<Changed<Entity> | null> {
    if (!change.options.idempotencyKey) return null;
    const first = recorded.find((event) => metadataOf(event).commandId === commandId);
    const last = recorded.findLast((event) => metadataOf(event).commandId === commandId);
    if (first === undefined || last === undefined) {
      const elsewhere = this.readYourWrites.streamOfCommand(commandId);
      return elsewhere === null || elsewhere === change.streamId ? null : refuseReusedKey();
    }
    const { inputHash, command } = metadataOf(last);
    if (command !== change.attempt.command || !(await isInputOf(change, inputHash))) refuseReusedKey();
    await this.#follow(change, stateAfter(change, recorded.slice(0, Number(first.revision))), state);
    const version = Number(last.revision) + 1;
    return this.#answer(await change.entity(version, recorded), [], last.position);
  }

  /** Retries an outcome that is unknown with the same ids and the same exact revision: it is written once, however often it is sent. */
  async #append(streamId: StreamId, events: readonly NewEvent[], recorded: readonly RecordedEvent[], attemptNumber: number): Promise<Appended | 'conflict'> {
    const revision = recorded.at(-1)?.revision;
    try {
      return await this.store.appendToStream(streamId, events, revision ?? 'no_stream');
    } catch (error) {
      if (attemptNumber < attempts && error instanceof ConcurrencyConflict) return 'conflict';
      throw error instanceof ConcurrencyConflict ? new StoreUnavailable(`Stream ${streamId} changed ${attempts} times in a row.`, { cause: error }) : error;
    }
  }

  /** What a caller needs to read what was just written, once the local views follow or the deadline passes. */
  async freshness(position: Position): Promise<{ readonly consistencyToken: string; readonly pending: boolean }> {
    const reached = await this.readYourWrites.reached(position);
    return { consistencyToken: this.readYourWrites.token(position), pending: !reached };
  }

  async #answer<Entity>(entity: Entity | null, problems: readonly Problem[], position: Position): Promise<Changed<Entity>> {
    return { entity, problems, ...(await this.freshness(position)) };
  }
}

function refuseStaleVersion<State, Command, Event extends PostledgerEvent, Entity>(
  change: Change<State, Command, Event, Entity>,
  { state, recorded }: History<State>,
): void {
  const { expectedVersion } = change.options;
  if (expectedVersion === undefined || expectedVersion === null || recorded.length === 0 || change.isGone?.(state)) return;
  const silent = (event: RecordedEvent) => {
    const known = upcast(event);
    return known !== null && change.isOwn(known) && (change.isSilent?.(known) ?? false);
  };
  const current = recorded.length;
  const lastChange = recorded.findLastIndex((event) => !silent(event)) + 1;
  if (expectedVersion > current || expectedVersion < lastChange)
    throw new CommandRefused([
      {
        code: 'VERSION_CONFLICT',
        message: `Version ${current} is the current one, not ${expectedVersion}: somebody else made a change. Read it again, and repeat your change on it.`,
        field: ['expectedVersion'],
        versions: { expected: expectedVersion, current },
      },
    ]);
}

/** Whether this is the input that the hash is of. */
async function isInputOf({ fingerprintedInput, formerInputs }: GivenInput, inputHash: string): Promise<boolean> {
  const input = await fingerprintedInput();
  if (input === null || hashOfInput(input) === inputHash) return true;
  return ((await formerInputs?.()) ?? []).some((former) => hashOfInput(former) === inputHash);
}

function stateAfter<State, Command, Event extends PostledgerEvent, Entity>(
  { decider, isOwn }: Change<State, Command, Event, Entity>,
  recorded: readonly RecordedEvent[],
): State {
  return recorded.reduce((state, event) => {
    const known = upcast(event);
    return known && isOwn(known) ? decider.evolve(state, known) : state;
  }, decider.initialState);
}

function problemOfReason(reason: string | null | undefined): Problem | null {
  if (reason === undefined || reason === null) return null;
  const checked = checkParagraph(reason, { label: 'The reason', maximum: maximumReason });
  return checked.ok ? null : { code: checked.code, message: checked.message, field: ['reason'] };
}

function refuseOptions({ reason, idempotencyKey }: ChangeOptions): void {
  const problem = problemOfReason(reason);
  if (problem) throw new CommandRefused([problem]);
  if (idempotencyKey !== undefined && idempotencyKey !== null) {
    const checked = checkLine(idempotencyKey, { label: 'The idempotency key', maximum: maximumIdempotencyKey });
    if (!checked.ok) refuse(checked.code, checked.message, ['idempotencyKey']);
  }
}

/** @throws {CommandRefused} IDEMPOTENCY_KEY_REUSED */
export function refuseReusedKey(): never {
  return refuse('IDEMPOTENCY_KEY_REUSED', 'This idempotency key was used for another change. Take a new key for a new change.', ['idempotencyKey']);
}

/** Only this service writes to its log, and always with this metadata. */
function metadataOf(event: RecordedEvent): EventMetadata {
  return event.metadata as unknown as EventMetadata;
}
