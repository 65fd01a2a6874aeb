import { Arg, Args, Ctx, ID, Int, Query, Resolver } from 'type-graphql';
import { DateTime } from '../date-time/date-time-scalar.js';
import { pageOf } from '../paging/connection.js';
import { PageArguments } from '../paging/page-arguments.js';
import { readPage } from '../paging/read-page.js';
import type { RequestContext } from '../request-context.js';
import { badUserInput } from '../top-level-error.js';
import { defaultOrder, EmailAccountConnection, EmailAccountFilter, EmailAccountOrder } from './account-list.js';
import { EmailAccount } from './email-account.js';

@Resolver()
export class EmailAccountQueries {
  @Query(() => EmailAccount, {
    nullable: true,
    description:
      'One account, a deleted one too; null when there is none of this id, or it was erased. As it is now, or as it was: at a version, or at a time.',
  })
  async emailAccount(
    @Arg('accountId', () => ID, { description: 'Which account. Matched ignoring case.' }) accountId: string,
    @Arg('atVersion', () => Int, { nullable: true, description: 'As it was at this version; null is answered when there was none. Not together with `at`.' })
    atVersion: number | null | undefined,
    @Arg('at', () => DateTime, {
      nullable: true,
      description: 'As it was at this time; null is answered when it was not there. Not together with `atVersion`.',
    })
    at: Date | null | undefined,
    @Ctx() { accounts, accountHistory }: RequestContext,
  ): Promise<EmailAccount | null> {
    if (isGiven(atVersion) && isGiven(at)) throw badUserInput('Take either atVersion or at, not both.', 'at');
    const snapshot = isGiven(atVersion)
      ? await accountHistory.atVersion(accountId, atVersion)
      : isGiven(at)
        ? await accountHistory.at(accountId, at)
        : accounts.find(accountId);
    return snapshot && new EmailAccount(snapshot);
  }

  @Query(() => EmailAccountConnection, { description: 'The accounts, a page at a time. Deleted ones only when the filter asks for them.' })
  async emailAccounts(
    @Arg('filter', () => EmailAccountFilter, { nullable: true, description: 'Which accounts. Default: all but the deleted.' })
    filter: EmailAccountFilter | null | undefined,
    @Arg('orderBy', () => EmailAccountOrder, { nullable: true, description: 'In which order. Default: by accountId, ascending.' })
    orderBy: EmailAccountOrder | null | undefined,
    @Arg('at', () => DateTime, {
      nullable: true,
      description: 'As they all were at this time; erased ones are in no list of any time. Default: as they are.',
    })
    at: Date | null | undefined,
    @Args(() => PageArguments) page: PageArguments,
    @Ctx() context: RequestContext,
  ): Promise<EmailAccountConnection> {
    const [which, order] = [filter ?? {}, orderBy ?? defaultOrder];
    if (isGiven(at)) return accountsAt(which, order, page, at, context);
    const { accounts } = context;
    const found = readPage(page, (request) => accounts.page(which, order, request));
    return new EmailAccountConnection(
      pageOf(found, (snapshot) => new EmailAccount(snapshot)),
      () => accounts.count(which),
    );
  }
}

/** Which accounts fitted then, the view knows; what each was, its own history tells. */
async function accountsAt(
  filter: EmailAccountFilter,
  order: EmailAccountOrder,
  page: PageArguments,
  at: Date,
  { accounts, accountHistory }: RequestContext,
): Promise<EmailAccountConnection> {
  const { entries, ...ends } = readPage(page, (request) => accounts.pageAt(filter, order, request, at));
  const then = await Promise.all(entries.map(async ({ row, cursor }) => ({ snapshot: await accountHistory.at(row, at), cursor })));
  // One that was erased since the view was read is gone.
  const found = then.flatMap(({ snapshot, cursor }) => (snapshot ? [{ row: new EmailAccount(snapshot), cursor }] : []));
  return new EmailAccountConnection({ ...ends, entries: found }, () => accounts.countAt(filter, at));
}

function isGiven<T>(value: T | null | undefined): value is T {
  return value !== null && value !== undefined;
}
