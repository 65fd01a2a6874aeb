import { Field, Int, InterfaceType, ObjectType } from 'type-graphql';
import type { Problem, ProblemCode } from '../src/domain/decider.js';
import { enumeration } from './enumeration.js';

export const UserErrorCode = enumeration<ProblemCode>(
  'UserErrorCode',
  'What is wrong with an input. A code never changes its meaning; new situations get new codes.',
  {
    REQUIRED: 'Something that must be there is missing or empty.',
    INVALID_FORMAT: 'The text is not of the form that the field takes, e.g. no email address or no host name.',
    OUT_OF_RANGE: 'The number or time is not between the limits that the message names.',
    TOO_LONG: 'The text has more characters than the message allows.',
    FORBIDDEN_CHARACTER: 'The text holds control, bidirectional or invisible characters. They are refused, never stripped.',
    CONTRADICTION: 'Two statements of the input exclude each other, or the input contradicts what is stored.',
    NOT_FOUND: 'What the input names does not exist.',
    ALREADY_EXISTS: 'The name or id is taken, or was taken by something that is gone for good.',
    IN_USE: "Something else still depends on it, e.g. a receiver that uses the sender's credentials.",
    VERSION_CONFLICT: 'Somebody else made a change since `expectedVersion`. The error is a VersionConflict and holds the current version.',
    IDEMPOTENCY_KEY_REUSED: 'The idempotency key was used for another change. Take a new key for a new change.',
    SECRET_REBIND_REQUIRED: 'A stored password was entered for another endpoint and goes to no other. Enter it again for the new one.',
    ACCOUNT_DELETED: 'The account is deleted. Restore it first.',
    ACCOUNT_DISABLED: 'The account is disabled. Enable it first.',
    NOT_READY: 'The account lacks what the operation needs. Its `readiness` says what.',
    REASON_REQUIRED: 'The change needs a `reason` for the audit trail.',
    INVALID_CERTIFICATE: 'The certificate or its private key cannot be read, does not fit, or has expired.',
    PRIVATE_KEY_REFUSED: 'The input holds a private key where only certificates belong.',
    EGRESS_DENIED: 'The service may not connect to that address: its egress rules exclude it.',
    CONSENT_FAILED: 'A consent at an OAuth 2.0 provider did not come about. The audit trail says so; who came back from the provider was told by a page.',
  },
);

@InterfaceType({ description: 'What is wrong with an input, for its author to mend.' })
export abstract class UserError {
  @Field(() => UserErrorCode, { description: 'What is wrong, for programs.' })
  readonly code: ProblemCode;

  @Field(() => String, { description: 'What is wrong and what to do, for people. Never holds a secret.' })
  readonly message: string;

  @Field(() => [String], {
    nullable: true,
    description: 'Where: the path inside `input`, e.g. `["sender", "smtp", "connection", "useSmtps"]`. Null when it is about the whole.',
  })
  readonly field: readonly string[] | null;

  constructor({ code, message, field }: Problem) {
    this.code = code;
    this.message = message;
    this.field = field ?? null;
  }
}

@ObjectType({ implements: UserError, description: 'Something in the input that its author can mend.' })
export class InputError extends UserError {}

@ObjectType({
  implements: UserError,
  description: 'Somebody else made a change since the version that the caller looked at. Nothing was changed: read again, then repeat the change.',
})
export class VersionConflict extends UserError {
  @Field(() => Int, { description: 'The version that the caller took for the current one.' })
  readonly expectedVersion: number;

  @Field(() => Int, { description: 'The version that is the current one.' })
  readonly currentVersion: number;

  constructor(problem: Problem, versions: NonNullable<Problem['versions']>) {
    super(problem);
    this.expectedVersion = versions.expected;
    this.currentVersion = versions.current;
  }
}

export function userErrors(problems: readonly Problem[]): UserError[] {
  return problems.map((problem) => (problem.versions ? new VersionConflict(problem, problem.versions) : new InputError(problem)));
}
