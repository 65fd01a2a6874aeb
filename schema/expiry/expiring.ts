import { Arg, Ctx, Int, Query, Resolver } from 'type-graphql';
import { isAllowed } from '../../src/domain/access/policy.js';
import type { ExpiryOwner } from '../../src/domain/expiry/expiring-thing.js';
import type { RequestContext } from '../request-context.js';
import { badUserInput } from '../top-level-error.js';
import { Expiry } from './expiry.js';

const most = 500;
const mostAccounts = 100;
const longestDays = 3_650;

@Resolver()
export class Expiring {
  @Query(() => [Expiry], {
    description:
      'What ends within so many days, or has ended, the earliest first: certificates, client secrets, API tokens until their end is on record as ApiTokenExpired, and certificates that mail servers showed. ' +
      'The first 500. ' +
      'What comes to its end is recorded in the audit trail 30, 7 and 1 days before, as ExpiryApproached.',
    complexity: ({ childComplexity }) => 20 * (1 + childComplexity),
  })
  expiring(
    @Arg('withinDays', () => Int, { defaultValue: 30, description: 'From 0 (what has ended) to 3,650.' }) withinDays: number,
    @Ctx() context: RequestContext,
  ): readonly Expiry[] {
    if (withinDays < 0 || withinDays > longestDays) throw badUserInput(`withinDays must be between 0 and ${longestDays.toLocaleString('en')}.`, 'withinDays');
    const seesTokens = isAllowed(context.call.role, 'Query.apiTokens');
    return context.expiries
      .endingWithin(withinDays, most)
      .filter(({ owner }) => seesTokens || owner.entityType !== 'ApiToken')
      .map(({ subject, owner, expiresAt, certificate }) => {
        const usedBy = accountsOf(owner, context);
        return { subject, name: owner.entityId, expiresAt, usedBy, certificate };
      });
  }
}

function accountsOf(owner: ExpiryOwner, context: RequestContext): readonly string[] {
  switch (owner.entityType) {
    case 'EmailAccount':
      return [owner.entityId];
    case 'Truststore':
      return accountsBy({ truststore: owner.entityId }, context);
    case 'AuthenticationProfile':
      return accountsBy({ authenticationProfile: owner.entityId }, context);
    case 'ApiToken':
      return [];
  }
}

function accountsBy(filter: { readonly truststore?: string; readonly authenticationProfile?: string }, { accounts }: RequestContext): readonly string[] {
  const page = accounts.page(filter, { field: 'ACCOUNT_ID', direction: 'ASC' }, { take: 'first', size: mostAccounts, after: null, before: null });
  return page.entries.map(({ row }) => row.account.accountId);
}
