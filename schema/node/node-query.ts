import { Arg, Ctx, ID, Query, Resolver } from 'type-graphql';
import { isAllowed } from '../../src/domain/access/policy.js';
import { pastsOf } from '../as-of.js';
import { ApiToken } from '../api-token/api-token.js';
import { profileThen } from '../authentication-profile/authentication-profile-queries.js';
import { AuthenticationProfile } from '../authentication-profile/authentication-profile.js';
import { lastTestOf, parseStoredTestKey } from '../connection-test/connection-test.js';
import { accountThen } from '../email-account/accounts-fitting.js';
import { EmailAccount } from '../email-account/email-account.js';
import type { Past, RequestContext } from '../request-context.js';
import { parseGlobalId, parseKeyThen, type NodeType } from './global-id.js';
import { truststoreThen } from '../truststore/truststore-queries.js';
import { Truststore } from '../truststore/truststore.js';
import { Node } from './node.js';

@Resolver()
export class NodeQuery {
  @Query(() => Node, {
    nullable: true,
    description:
      'The object of this `id`: an account, the connection test of a saved account, an authentication profile, a truststore, or, for those who may see API tokens, an API token. ' +
      'Of something as it was at a version or a time the id finds it as it was again. Null when there is none, when the caller may not see it, and for what is no id at all.',
  })
  async node(@Arg('id', () => ID, { description: 'The `id` of an object.' }) id: string, @Ctx() context: RequestContext): Promise<Node | null> {
    const parsed = parseGlobalId(id);
    if (parsed === null) return null;
    const { key, moment } = parseKeyThen(parsed.key);
    if (moment === null) return nodeNow(parsed.type, key, context);
    const past = await pastsOf(context).named(moment);
    return past && nodeThen(parsed.type, key, past);
  }
}

async function nodeNow(type: NodeType, key: string, context: RequestContext): Promise<Node | null> {
  switch (type) {
    case 'EmailAccount': {
      const snapshot = context.accounts.find(key);
      return snapshot && new EmailAccount(snapshot);
    }
    case 'ConnectionTest':
      return storedTest(key, context);
    case 'AuthenticationProfile': {
      const snapshot = context.profiles.find(key);
      return snapshot && new AuthenticationProfile(snapshot);
    }
    case 'Truststore': {
      const snapshot = context.truststores.find(key);
      return snapshot && new Truststore(snapshot);
    }
    case 'ApiToken': {
      const token = isAllowed(context.call.role, 'Query.apiTokens') ? context.tokens.find(key) : null;
      return token && new ApiToken(token);
    }
  }
}

async function nodeThen(type: NodeType, key: string, past: Past): Promise<Node | null> {
  switch (type) {
    case 'EmailAccount':
      return accountThen(key, past);
    case 'ConnectionTest': {
      const stored = parseStoredTestKey(key);
      const snapshot = stored && (await past.account(stored.accountId));
      return stored && snapshot?.connectionTest?.recordedAtVersion === stored.recordedAtVersion ? lastTestOf(snapshot, { past }) : null;
    }
    case 'AuthenticationProfile':
      return profileThen(key, past);
    case 'Truststore':
      return truststoreThen(key, past);
    case 'ApiToken':
      return null;
  }
}

/** The test stands in the account as it was when the test was recorded; whether it is stale, the account says as it is now. */
async function storedTest(key: string, { accounts, accountHistory }: RequestContext): Promise<Node | null> {
  const stored = parseStoredTestKey(key);
  const current = stored && accounts.find(stored.accountId);
  if (!stored || !current) return null;
  const then = await accountHistory.atVersion(stored.accountId, stored.recordedAtVersion);
  return then?.connectionTest?.recordedAtVersion === stored.recordedAtVersion ? lastTestOf(then, { current }) : null;
}
