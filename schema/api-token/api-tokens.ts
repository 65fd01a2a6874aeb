import { Args, Ctx, Query, Resolver } from 'type-graphql';
import { pageOf } from '../paging/connection.js';
import { PageArguments } from '../paging/page-arguments.js';
import { readPage } from '../paging/read-page.js';
import type { RequestContext } from '../request-context.js';
import { ApiToken, ApiTokenConnection } from './api-token.js';

@Resolver()
export class ApiTokens {
  @Query(() => ApiTokenConnection, { description: 'All API tokens ever issued, oldest first, expired and revoked ones too.' })
  apiTokens(@Args(() => PageArguments) page: PageArguments, @Ctx() { tokens }: RequestContext): ApiTokenConnection {
    const found = readPage(page, (request) => tokens.page(request));
    return new ApiTokenConnection(
      pageOf(found, (token) => new ApiToken(token)),
      () => tokens.count(),
    );
  }
}
