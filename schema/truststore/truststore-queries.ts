import { Arg, Args, Ctx, ID, Query, Resolver } from 'type-graphql';
import { pageOf } from '../paging/connection.js';
import { PageArguments } from '../paging/page-arguments.js';
import { readPage } from '../paging/read-page.js';
import type { RequestContext } from '../request-context.js';
import { Truststore, TruststoreConnection } from './truststore.js';

@Resolver()
export class TruststoreQueries {
  @Query(() => Truststore, { nullable: true, description: 'One truststore; null when there is none of this name.' })
  truststore(
    @Arg('name', () => ID, { description: 'Which truststore. Matched ignoring case.' }) name: string,
    @Ctx() { truststores }: RequestContext,
  ): Truststore | null {
    const snapshot = truststores.find(name);
    return snapshot && new Truststore(snapshot);
  }

  @Query(() => TruststoreConnection, { description: 'The truststores by name, a page at a time.' })
  truststores(@Args(() => PageArguments) page: PageArguments, @Ctx() { truststores }: RequestContext): TruststoreConnection {
    const found = readPage(page, (request) => truststores.page(request));
    return new TruststoreConnection(
      pageOf(found, (snapshot) => new Truststore(snapshot)),
      () => truststores.count(),
    );
  }
}
