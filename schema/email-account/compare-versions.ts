import { Arg, Ctx, Field, ID, Int, ObjectType, Query, Resolver } from 'type-graphql';
import { AuditEntry, FieldChange } from '../audit/audit-entry.js';
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
  compareEmailAccountVersions(
    @Arg('accountId', () => ID, { description: 'Which account. Matched ignoring case.' }) _accountId: string,
    @Arg('from', () => Int, { description: 'The version to compare from, 1 or higher.' }) _from: number,
    @Arg('to', () => Int, { description: 'The version to compare to, 1 or higher.' }) _to: number,
    @Ctx() _context: RequestContext,
  ): EmailAccountComparison | null {
    return null;
  }
}
