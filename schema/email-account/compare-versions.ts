import { Arg, Ctx, Field, ID, Int, ObjectType, Query, Resolver } from 'type-graphql';
import { fieldChanges } from '../../src/domain/email-account/field-changes.js';
import { AuditEntry, FieldChange } from '../audit/audit-entry.js';
import { auditEntryOf } from '../audit/entries.js';
import type { RequestContext } from '../request-context.js';

@ObjectType({ description: 'What is different between two versions of an account.' })
export class EmailAccountComparison {
  @Field(() => ID, { description: 'Which account, as its id is written.' })
  readonly accountId!: string;

  @Field(() => Int, { description: 'The version compared from.' })
  readonly from!: number;

  @Field(() => Int, { description: 'The version compared to.' })
  readonly to!: number;

  @Field(() => [FieldChange], { description: 'Field by field, as it is at `from` and at `to`. What changed and changed back in between is not among them.' })
  readonly changes!: readonly FieldChange[];

  @Field(() => [AuditEntry], {
    description: 'All that was done between the two, oldest first: the versions after the lower one, up to the higher one. At most 100, the newest.',
  })
  readonly entries!: readonly AuditEntry[];
}

@Resolver()
export class CompareEmailAccountVersions {
  @Query(() => EmailAccountComparison, {
    nullable: true,
    description: 'Compares two versions of an account, either way round. Null when there is no such account, or it has no such version.',
  })
  async compareEmailAccountVersions(
    @Arg('accountId', () => ID, { description: 'Which account. Matched ignoring case.' }) accountId: string,
    @Arg('from', () => Int, { description: 'The version to compare from, 1 or higher.' }) from: number,
    @Arg('to', () => Int, { description: 'The version to compare to, 1 or higher.' }) to: number,
    @Ctx() { accountHistory, auditTrail }: RequestContext,
  ): Promise<EmailAccountComparison | null> {
    const [before, after] = await Promise.all([accountHistory.atVersion(accountId, from), accountHistory.atVersion(accountId, to)]);
    if (before === null || after === null) return null;
    return {
      accountId: after.account.accountId,
      from,
      to,
      changes: fieldChanges(before.account, after.account),
      entries: auditTrail.between(accountId, Math.min(from, to), Math.max(from, to)).map(auditEntryOf),
    };
  }
}
