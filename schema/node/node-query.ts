import { Arg, Ctx, ID, Query, Resolver } from 'type-graphql';
import { isAllowed } from '../../src/domain/access/policy.js';
import { ApiToken } from '../api-token/api-token.js';
import { AuthenticationProfile } from '../authentication-profile/authentication-profile.js';
import { lastTestOf, parseStoredTestKey } from '../connection-test/connection-test.js';
import { EmailAccount } from '../email-account/email-account.js';
import type { RequestContext } from '../request-context.js';
import { parseGlobalId } from './global-id.js';
import { Truststore } from '../truststore/truststore.js';
import { Node } from './node.js';

@Resolver()
export class NodeQuery {
  @Query(() => Node, {
    nullable: true,
    description:
      'The object of this `id`: an account, the connection test of a saved account, an authentication profile, a truststore, or, for those who may see API tokens, an API token. ' +
      'Null when there is none, when the caller may not see it, and for what is no id at all.',
  })
  async node(@Arg('id', () => ID, { description: 'The `id` of an object.' }) id: string, @Ctx() context: RequestContext): Promise<Node | null> {
    const parsed = parseGlobalId(id);
    switch (parsed?.type) {
      case undefined:
        return null;
      case 'EmailAccount': {
        const snapshot = context.accounts.find(parsed.key);
        return snapshot && new EmailAccount(snapshot);
      }
      case 'ConnectionTest':
        return storedTest(parsed.key, context);
      case 'AuthenticationProfile': {
        const snapshot = context.profiles.find(parsed.key);
        return snapshot && new AuthenticationProfile(snapshot);
      }
      case 'Truststore': {
        const snapshot = context.truststores.find(parsed.key);
        return snapshot && new Truststore(snapshot);
      }
      case 'ApiToken': {
        const token = isAllowed(context.call.role, 'Query.apiTokens') ? context.tokens.find(parsed.key) : null;
        return token && new ApiToken(token);
      }
    }
  }
}

/** The test stands in the account as it was when the test was recorded; whether it is stale, the account says as it is now. */
async function storedTest(key: string, { accounts, accountHistory }: RequestContext): Promise<Node | null> {
  const stored = parseStoredTestKey(key);
  const current = stored && accounts.find(stored.accountId);
  if (!stored || !current) return null;
  const then = await accountHistory.atVersion(stored.accountId, stored.recordedAtVersion);
  return then?.connectionTest?.recordedAtVersion === stored.recordedAtVersion ? lastTestOf(then, current) : null;
}
