import { Arg, Ctx, Field, ID, Int, ObjectType, Query, Resolver } from 'type-graphql';
import type { AccountVersions } from '../../src/commands/account-history.js';
import { fieldChanges } from '../../src/domain/email-account/field-changes.js';
import type { EmailAccountSnapshot } from '../../src/domain/email-account/snapshot.js';
import { AuditEntry, FieldChange } from '../audit/audit-entry.js';
import { auditEntryOf } from '../audit/entries.js';
import type { RequestContext } from '../request-context.js';
import { badUserInput } from '../top-level-error.js';

@ObjectType({ description: 'What is different between two versions of an account.' })
export class EmailAccountComparison {
  @Field(() => ID, { description: 'Which account, as its id is written.' })
  readonly accountId!: string;

  @Field(() => Int, { description: 'The version compared from.' })
  readonly from!: number;

  @Field(() => Int, { description: 'The version compared to.' })
  readonly to!: number;

  @Field(() => [FieldChange], {
    description:
      'Field by field, as it is at `from` and at `to`. What changed and changed back in between is not among them; of a secret it is not told that it came back.',
  })
  readonly changes!: readonly FieldChange[];

  @Field(() => [AuditEntry], {
    description: 'All that was done between the two, oldest first: what made the versions after the lower one, up to the higher one. At most 100, the newest.',
  })
  readonly entries!: readonly AuditEntry[];
}

@Resolver()
export class CompareEmailAccountVersions {
  @Query(() => EmailAccountComparison, {
    nullable: true,
    description:
      'Compares two versions of an account, either way round: from the higher to the lower gives the changes that would lead back. Null when there is no such account, ' +
      'or it was erased; a version that the account does not have is BAD_USER_INPUT.',
  })
  async compareEmailAccountVersions(
    @Arg('accountId', () => ID, { description: 'Which account. Matched ignoring case.' }) accountId: string,
    @Arg('from', () => Int, { description: 'The version to compare from, 1 to the current one.' }) from: number,
    @Arg('to', () => Int, { description: 'The version to compare to, 1 to the current one.' }) to: number,
    @Ctx() { accountHistory, auditTrail, auditSearches, call }: RequestContext,
  ): Promise<EmailAccountComparison | null> {
    auditSearches.note(call, 'compareEmailAccountVersions', { accountId, from, to });
    const versions = await accountHistory.versions(accountId);
    if (versions === null) return null;
    const [before, after] = [snapshotOf(versions, from, 'from'), snapshotOf(versions, to, 'to')];
    return {
      accountId: after.account.accountId,
      from,
      to,
      changes: fieldChanges(before.account, after.account),
      entries: auditTrail.between(accountId, Math.min(from, to), Math.max(from, to)).map(auditEntryOf),
    };
  }
}

function snapshotOf(versions: AccountVersions, version: number, argument: 'from' | 'to'): EmailAccountSnapshot {
  const snapshot = versions.at(version);
  if (snapshot === null) throw badUserInput(`The account has the versions 1 to ${versions.newest}, and none that is ${version}.`, argument);
  return snapshot;
}
