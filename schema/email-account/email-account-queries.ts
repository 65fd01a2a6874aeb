import { Arg, Args, Ctx, ID, Int, Query, Resolver } from 'type-graphql';
import { pastAt, pastsOf } from '../as-of.js';
import { ofAccounts } from '../cost.js';
import { DateTime } from '../date-time/date-time-scalar.js';
import { PageArguments } from '../paging/page-arguments.js';
import type { RequestContext } from '../request-context.js';
import { badUserInput } from '../top-level-error.js';
import { accountsFitting, accountsFittingThen, accountThen } from './accounts-fitting.js';
import { defaultOrder, EmailAccountConnection, EmailAccountFilter, EmailAccountOrder } from './account-list.js';
import { EmailAccount } from './email-account.js';

@Resolver()
export class EmailAccountQueries {
  @Query(() => EmailAccount, {
    nullable: true,
    description:
      'One account, a deleted one too; null when there is none of this id, or it was erased. As it is now, or as it was: at a version, or at a time, ' +
      'together with the truststores and authentication profiles that it named, as they were then.',
  })
  async emailAccount(
    @Arg('accountId', () => ID, { description: 'Which account. Matched ignoring case.' }) accountId: string,
    @Arg('atVersion', () => Int, {
      nullable: true,
      description: 'As it was right after the event that made this version; null is answered when there was none. Not together with `at`.',
    })
    atVersion: number | null | undefined,
    @Arg('at', () => DateTime, {
      nullable: true,
      description:
        'As it was at this time, its millisecond included; null is answered when it was not there. A time that has not passed is refused. Not together with `atVersion`.',
    })
    at: Date | null | undefined,
    @Ctx() context: RequestContext,
  ): Promise<EmailAccount | null> {
    if (isGiven(atVersion) && isGiven(at)) throw badUserInput('Take either atVersion or at, not both.', 'at');
    if (isGiven(atVersion)) {
      const past = await pastsOf(context).ofVersion(accountId, atVersion);
      return past && accountThen(accountId, past);
    }
    if (isGiven(at)) return accountThen(accountId, await pastAt(at, context));
    const snapshot = context.accounts.find(accountId);
    return snapshot && new EmailAccount(snapshot);
  }

  @Query(() => EmailAccountConnection, {
    description: 'The accounts, a page at a time. Deleted ones only when the filter asks for them.',
    complexity: ofAccounts,
  })
  async emailAccounts(
    @Arg('filter', () => EmailAccountFilter, { nullable: true, description: 'Which accounts. Default: all but the deleted.' })
    filter: EmailAccountFilter | null | undefined,
    @Arg('orderBy', () => EmailAccountOrder, { nullable: true, description: 'In which order. Default: by accountId, ascending.' })
    orderBy: EmailAccountOrder | null | undefined,
    @Arg('at', () => DateTime, {
      nullable: true,
      description:
        'As they all were at this time, its millisecond included, in every field and filter: accounts that were deleted since are there, those that were created later are not. ' +
        'Erased ones are in no list of any time. A time that has not passed is refused. Default: as they are.',
    })
    at: Date | null | undefined,
    @Args(() => PageArguments) page: PageArguments,
    @Ctx() context: RequestContext,
  ): Promise<EmailAccountConnection> {
    const [which, order] = [filter ?? {}, orderBy ?? defaultOrder];
    if (isGiven(at)) return accountsFittingThen(which, page, await pastAt(at, context), context, order);
    return accountsFitting(which, page, context, order);
  }
}

function isGiven<T>(value: T | null | undefined): value is T {
  return value !== null && value !== undefined;
}
