/** A rule book for one kind of entity. Pure: time, ids and randomness arrive inside the command. */
export interface Decider<State, Command, Event> {
  readonly initialState: State;
  /** What follows from the command in this state: events, none if nothing changes. Throws {@link CommandRefused}. */
  readonly decide: (state: State, command: Command) => readonly Event[];
  /** What the state is after the event. Never refuses: what happened has happened. */
  readonly evolve: (state: State, event: Event) => State;
}

/** Stable codes of what a user can mend; the same names as `UserErrorCode` in the GraphQL contract. */
export const problemCodes = [
  'REQUIRED',
  'INVALID_FORMAT',
  'OUT_OF_RANGE',
  'TOO_LONG',
  'FORBIDDEN_CHARACTER',
  'CONTRADICTION',
  'NOT_FOUND',
  'ALREADY_EXISTS',
  'IN_USE',
  'VERSION_CONFLICT',
  'IDEMPOTENCY_KEY_REUSED',
  'SECRET_REBIND_REQUIRED',
  'ACCOUNT_DELETED',
  'ACCOUNT_DISABLED',
  'NOT_READY',
  'REASON_REQUIRED',
  'INVALID_CERTIFICATE',
  'PRIVATE_KEY_REFUSED',
  'EGRESS_DENIED',
  'CONSENT_FAILED',
] as const;
export type ProblemCode = (typeof problemCodes)[number];

/** Why a command may not happen, in words for the person who sent it. Never holds a value that could be a secret. */
export interface Problem {
  readonly code: ProblemCode;
  readonly message: string;
  /** The path inside the command's input: `['sender', 'smtp', 'connection', 'port']`. */
  readonly field?: readonly string[];
  /** With VERSION_CONFLICT alone. */
  readonly versions?: { readonly expected: number; readonly current: number };
}

export class CommandRefused extends Error {
  override readonly name = 'CommandRefused';
  constructor(readonly problems: readonly [Problem, ...Problem[]]) {
    super(problems.map((problem) => problem.message).join(' '));
  }
}

export function refuse(code: ProblemCode, message: string, field?: readonly string[]): never {
  throw new CommandRefused([field ? { code, message, field } : { code, message }]);
}
