import type { Views } from '../../projections/views.js';
import type { NamingAccounts } from '../domain/authentication-profile/commands.js';
import { StoreUnavailable, type EventStore } from '../event-store/event-store.js';

const mostNamed = 5;

/**
 * The accounts that name something, as of everything that is in the log by now. Deleted ones count: they can be restored.
 * @throws {StoreUnavailable} the views do not get there in time.
 */
export async function accountsNaming(
  what: { readonly authenticationProfile: string } | { readonly truststore: string },
  events: Pick<EventStore, 'headPosition'>,
  { accounts, readYourWrites }: Pick<Views, 'accounts' | 'readYourWrites'>,
): Promise<NamingAccounts> {
  const head = await events.headPosition();
  if (head !== undefined && !(await readYourWrites.reached(head)))
    throw new StoreUnavailable('The views lag behind the log: which accounts name it is not known.');
  const filter = { ...what, status: ['ACTIVE', 'DISABLED', 'DELETED'] as const };
  const { entries } = accounts.page(filter, { field: 'ACCOUNT_ID', direction: 'ASC' }, { take: 'first', size: mostNamed, after: null, before: null });
  return { total: accounts.count(filter), accountIds: entries.map(({ row }) => row.account.accountId) };
}
