import { Field, ID, InputType } from 'type-graphql';
import { DateTimeRange } from '../date-time/date-time-range.js';
import { AuditOutcome } from './audit-entry.js';
import type { AuditOutcome as Outcome } from './audit-row.js';

@InputType({
  description: 'Which entries: those that every field given here holds for. A list holds for an entry that fits one of its values; an empty list fits none.',
})
export class AuditTrailFilter {
  @Field(() => [ID], { nullable: true, description: 'Who did it: the `id` of the actor.' })
  readonly actor?: readonly string[] | null;

  @Field(() => [String], { nullable: true, description: 'What happened, e.g. `AccountRenamed`.' })
  readonly action?: readonly string[] | null;

  @Field(() => [String], { nullable: true, description: 'What kind of thing it was done to, e.g. `EmailAccount`.' })
  readonly entityType?: readonly string[] | null;

  @Field(() => [ID], { nullable: true, description: 'Which one, e.g. an accountId. Ignoring case.' })
  readonly entityId?: readonly string[] | null;

  @Field(() => [AuditOutcome], { nullable: true, description: 'What came of it.' })
  readonly outcome?: readonly Outcome[] | null;

  @Field(() => DateTimeRange, { nullable: true, description: 'When it was recorded.' })
  readonly occurredAt?: DateTimeRange | null;

  @Field(() => ID, { nullable: true, description: 'What came of one request: its correlation id.' })
  readonly correlationId?: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'Words, or beginnings of words, in the entry: entity, actor, reason, changed fields and values. All of them must be there.',
  })
  readonly text?: string | null;
}
