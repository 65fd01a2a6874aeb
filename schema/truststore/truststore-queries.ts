import { Arg, Args, Ctx, ID, Query, Resolver } from 'type-graphql';
import { pastAt } from '../as-of.js';
import { DateTime } from '../date-time/date-time-scalar.js';
import { pageOf } from '../paging/connection.js';
import { loadedPage } from '../paging/loaded-page.js';
import { PageArguments } from '../paging/page-arguments.js';
import { readPage } from '../paging/read-page.js';
import type { Past, RequestContext } from '../request-context.js';
import { Truststore, TruststoreConnection } from './truststore.js';

@Resolver()
export class TruststoreQueries {
  @Query(() => Truststore, {
    nullable: true,
    description: 'One truststore, as it is now or as it was at a time; null when there is, or was, none of this name.',
  })
  async truststore(
    @Arg('name', () => ID, { description: 'Which truststore. Matched ignoring case.' }) name: string,
    @Arg('at', () => DateTime, {
      nullable: true,
      description:
        'As it was at this time, its millisecond included, also when it was deleted since. A time that has not passed is refused. Default: as it is.',
    })
    at: Date | null | undefined,
    @Ctx() context: RequestContext,
  ): Promise<Truststore | null> {
    if (at) return truststoreThen(name, await pastAt(at, context));
    const snapshot = context.truststores.find(name);
    return snapshot && new Truststore(snapshot);
  }

  @Query(() => TruststoreConnection, { description: 'The truststores by name, a page at a time.' })
  async truststores(
    @Arg('at', () => DateTime, {
      nullable: true,
      description:
        'Those that there were at this time, its millisecond included, as they were then. A time that has not passed is refused. Default: as they are.',
    })
    at: Date | null | undefined,
    @Args(() => PageArguments) page: PageArguments,
    @Ctx() context: RequestContext,
  ): Promise<TruststoreConnection> {
    const { truststores } = context;
    if (at) {
      const past = await pastAt(at, context);
      const { position } = past.moment;
      const found = readPage(page, (request) => truststores.pageAt(request, position));
      return new TruststoreConnection(await loadedPage(found, (name) => truststoreThen(name, past)), () => truststores.countAt(position));
    }
    const found = readPage(page, (request) => truststores.page(request));
    return new TruststoreConnection(
      pageOf(found, (snapshot) => new Truststore(snapshot)),
      () => truststores.count(),
    );
  }
}

/** As it was; null where there was none. */
export async function truststoreThen(name: string, past: Past): Promise<Truststore | null> {
  const snapshot = await past.truststore(name);
  return snapshot && new Truststore(snapshot, past);
}
