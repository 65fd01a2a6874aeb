import { Arg, Field, InputType, Int, ObjectType } from 'type-graphql';
import type { Changed } from '../src/commands/change.js';
import { UserError, userErrors } from './user-error.js';

@InputType()
export abstract class ChangeInput {
  @Field(() => String, {
    nullable: true,
    description:
      'Why, for the audit trail, where it stays for good, that of an erased account too: name nobody who may have to be forgotten. At most 500 characters. Default: none, unless `viewer.reasonRequiredFor` names the mutation: it is then refused without one of 10 letters or digits.',
  })
  readonly reason?: string | null;

  @Field(() => String, {
    nullable: true,
    description:
      'Makes a retry safe: once the change was accepted, the same key with the same input gives the first answer again, with another input the error IDEMPOTENCY_KEY_REUSED. ' +
      'What was refused or changed nothing is not remembered: it is decided anew. At most 200 characters, kept for good. Default: none, and every request is a change of its own.',
  })
  readonly idempotencyKey?: string | null;
}

@InputType()
export abstract class VersionedChangeInput extends ChangeInput {
  @Field(() => Int, {
    nullable: true,
    description: 'The version that the caller looked at. Was there a change since, nothing is done, and the error is VERSION_CONFLICT. Default: not checked.',
  })
  readonly expectedVersion?: number | null;
}

@ObjectType()
export abstract class ChangePayload {
  @Field(() => [UserError], { description: 'What is wrong with the input, for its author to mend. Empty when the change was made.' })
  readonly errors!: UserError[];

  @Field(() => String, {
    nullable: true,
    description:
      'Send it back with a later request (its `extensions.consistencyToken`, or the header `Consistency-Token`) to read no older state than this change, on any node. Opaque.',
  })
  readonly consistencyToken!: string | null;

  @Field(() => Boolean, {
    description: "True when the change is stored but this node's views did not show it within the deadline. Read with the consistency token then.",
  })
  readonly pending!: boolean;
}

/** What every payload says of how the change went. */
export function changePayload({ problems, consistencyToken, pending }: Omit<Changed<unknown>, 'entity'>): ChangePayload {
  return { errors: userErrors(problems), consistencyToken, pending };
}

/** The one argument of a mutation. */
export function Input(type: () => abstract new () => object): ReturnType<typeof Arg> {
  return Arg('input', type, { description: 'All that the mutation takes.' });
}
