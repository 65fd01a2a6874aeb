import { Field, Int, ObjectType } from 'type-graphql';
import type { RoundTrip as VerifiedRoundTrip } from '../../src/commands/round-trips.js';
import type { DiagnosisCode as Code, StageOutcome as Outcome } from '../../src/domain/email-account/connection-test.js';
import type { RoundTripStage as Stage, RoundTripStageName as StageName } from '../../src/domain/email-account/round-trip.js';
import { enumeration } from '../enumeration.js';
import { DiagnosisCode, StageOutcome } from './connection-test-stage.js';
import { ConnectionTestOutcome } from './connection-test.js';

export const RoundTripStageName = enumeration<StageName>('RoundTripStageName', 'The steps of a message from the sender into the mailbox and out of it.', {
  SENT: "The sender's server took it.",
  ARRIVED: "It is in the receiver's mailbox.",
  READ: 'It was read from there, and is the one that was sent.',
  REMOVED: 'It was removed from the mailbox.',
});

@ObjectType({ description: 'One step of a round trip, as it ended.' })
export class RoundTripStage {
  @Field(() => RoundTripStageName, { description: 'Which step.' })
  readonly stage!: StageName;

  @Field(() => StageOutcome, { description: 'How it ended. SKIPPED: an earlier step failed.' })
  readonly outcome!: Outcome;

  @Field(() => DiagnosisCode, { description: 'What was found, for programs. OK where nothing is wrong.' })
  readonly code!: Code;

  @Field(() => String, { description: 'What was found, for people.' })
  readonly message!: string;

  @Field(() => String, { nullable: true, description: 'What a person can do about it; null when there is nothing to do.' })
  readonly hint!: string | null;

  @Field(() => Int, { description: 'How long it took, in milliseconds.' })
  readonly durationMilliseconds!: number;
}

@ObjectType({ description: "A message's way through the account's sender into its receiver's mailbox." })
export class RoundTrip {
  @Field(() => ConnectionTestOutcome, { description: 'PASSED when the message came all the way and was removed, or marked as deleted.' })
  readonly outcome!: 'PASSED' | 'FAILED';

  @Field(() => String, { description: "The message's Message-ID (RFC 5322): what to look for in a mailbox or a log." })
  readonly messageId!: string;

  @Field(() => [RoundTripStage], { description: 'All four steps, in order.' })
  readonly stages!: readonly Stage[];

  @Field(() => Int, { description: 'How long it took in all, in milliseconds.' })
  readonly durationMilliseconds!: number;

  constructor(roundTrip: VerifiedRoundTrip) {
    Object.assign(this, roundTrip);
  }
}
