import { pageOf } from '../paging/connection.js';
import { loadedPage } from '../paging/loaded-page.js';
import type { PageArguments } from '../paging/page-arguments.js';
import { readPage } from '../paging/read-page.js';
import type { Past, RequestContext } from '../request-context.js';
import { defaultOrder, EmailAccountConnection, type EmailAccountFilter, type EmailAccountOrder } from './account-list.js';
import { EmailAccount } from './email-account.js';

/** The accounts that fit, as they are now. @throws {GraphQLError} BAD_USER_INPUT for arguments that no page can be cut by. */
export function accountsFitting(
  filter: EmailAccountFilter,
  page: PageArguments,
  { accounts }: RequestContext,
  order: EmailAccountOrder = defaultOrder,
): EmailAccountConnection {
  const found = readPage(page, (request) => accounts.page(filter, order, request));
  return new EmailAccountConnection(
    pageOf(found, (snapshot) => new EmailAccount(snapshot)),
    () => accounts.count(filter),
  );
}

/** The accounts that fitted at a time, as they were then: which fitted, the view knows; what each was, its own history tells. @throws {GraphQLError} as above. */
export async function accountsFittingThen(
  filter: EmailAccountFilter,
  page: PageArguments,
  past: Past,
  { accounts, auditTrail }: RequestContext,
  order: EmailAccountOrder = defaultOrder,
): Promise<EmailAccountConnection> {
  // Lists know how accounts looked at the end of a millisecond, and a version may have been made in the middle of one.
  const { position, time } = past.moment;
  const last = auditTrail.lastAt(time).position;
  const listed = last !== null && last > position ? last : position;
  const found = readPage(page, (request) => accounts.pageAt(filter, order, request, listed));
  // One that was erased since the view was read is gone.
  return new EmailAccountConnection(await loadedPage(found, (accountId) => accountThen(accountId, past)), () => accounts.countAt(filter, listed));
}

/** The account as it was; null when it was not there, or is erased. */
export async function accountThen(accountId: string, past: Past): Promise<EmailAccount | null> {
  const snapshot = await past.account(accountId);
  return snapshot && new EmailAccount(snapshot, past);
}

/** The accounts that name something, deleted ones too: those that named it then, to the millisecond, where it is shown as it was. */
export function accountsNaming(
  filter: Pick<EmailAccountFilter, 'truststore' | 'authenticationProfile'>,
  page: PageArguments,
  past: Past | null,
  context: RequestContext,
): EmailAccountConnection | Promise<EmailAccountConnection> {
  const naming: EmailAccountFilter = { ...filter, status: ['ACTIVE', 'DISABLED', 'DELETED'] };
  if (past === null) return accountsFitting(naming, page, context);
  return accountsFittingThen(naming, page, past, context);
}
