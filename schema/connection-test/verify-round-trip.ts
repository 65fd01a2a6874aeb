import { Ctx, Field, ID, InputType, Int, Mutation, ObjectType, Resolver } from 'type-graphql';
import { ChangePayload, changePayload, Input } from '../change.js';
import type { RequestContext } from '../request-context.js';
import { RoundTrip } from './round-trip.js';

@InputType({ description: 'A round trip to verify.' })
export class VerifyRoundTripInput {
  @Field(() => ID, { description: 'The account, which needs a sender and a receiver. Matched ignoring case.' })
  readonly accountId!: string;

  @Field(() => Int, {
    nullable: true,
    description: 'How long to wait for the message in the mailbox, in seconds: at least 1, at most 5 less than an operation may take in all. Default: 20.',
  })
  readonly timeoutSeconds?: number | null;
}

@ObjectType({ description: 'What came of `verifyRoundTrip`.' })
export class VerifyRoundTripPayload extends ChangePayload {
  @Field(() => RoundTrip, { nullable: true, description: 'The whole round trip, passed or failed; null when it could not be begun.' })
  readonly roundTrip!: RoundTrip | null;
}

@Resolver()
export class VerifyRoundTrip {
  @Mutation(() => VerifyRoundTripPayload, {
    description:
      "Sends a short message through the account's sender to the address of its receiver (its user ID where that is an email address, else the sender's address), waits for it in the mailbox, reads it and removes it. " +
      'Nothing is sent when the mailbox cannot be opened. Where it stops is no error but a round trip whose outcome is FAILED; a message that came too late then stays in the mailbox. ' +
      'Errors: NOT_FOUND, NOT_READY, ACCOUNT_DELETED, ACCOUNT_DISABLED, SECRET_REBIND_REQUIRED, OUT_OF_RANGE.',
  })
  async verifyRoundTrip(
    @Input(() => VerifyRoundTripInput) input: VerifyRoundTripInput,
    @Ctx() { call, roundTrips, signal }: RequestContext,
  ): Promise<VerifyRoundTripPayload> {
    const verified = await roundTrips.verify(call, input, signal);
    return { roundTrip: verified.roundTrip && new RoundTrip(verified.roundTrip), ...changePayload(verified) };
  }
}
