import { Args, Ctx, Query, Resolver } from 'type-graphql';
import { pageOf } from '../paging/connection.js';
import { PageArguments, pageRequest } from '../paging/page-arguments.js';
import type { RequestContext } from '../request-context.js';
import { ApiToken, ApiTokenConnection } from './api-token.js';

@Resolver()
export class ApiTokens {
  @Query(() => ApiTokenConnection, { description: 'All API tokens ever issued, oldest first, expired and revoked ones too.' })
  apiTokens(@Args(() => PageArguments) page: PageArguments, @Ctx() { tokens }: RequestContext): ApiTokenConnection {
    return new ApiTokenConnection(
      pageOf(tokens.page(pageRequest(page)), (token) => new ApiToken(token)),
      () => tokens.count(),
    );
  }
}
