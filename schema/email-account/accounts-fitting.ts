import { pageOf } from '../paging/connection.js';
import type { PageArguments } from '../paging/page-arguments.js';
import { readPage } from '../paging/read-page.js';
import type { RequestContext } from '../request-context.js';
import { defaultOrder, EmailAccountConnection, type EmailAccountFilter } from './account-list.js';
import { EmailAccount } from './email-account.js';

/** The accounts that fit, as they are now, by accountId. @throws {GraphQLError} BAD_USER_INPUT for arguments that no page can be cut by. */
export function accountsFitting(filter: EmailAccountFilter, page: PageArguments, { accounts }: RequestContext): EmailAccountConnection {
  const found = readPage(page, (request) => accounts.page(filter, defaultOrder, request));
  return new EmailAccountConnection(
    pageOf(found, (snapshot) => new EmailAccount(snapshot)),
    () => accounts.count(filter),
  );
}
