import { Arg, Args, Ctx, ID, Query, Resolver } from 'type-graphql';
import { pastAt } from '../as-of.js';
import { DateTime } from '../date-time/date-time-scalar.js';
import { pageOf } from '../paging/connection.js';
import { loadedPage } from '../paging/loaded-page.js';
import { PageArguments } from '../paging/page-arguments.js';
import { readPage } from '../paging/read-page.js';
import type { Past, RequestContext } from '../request-context.js';
import { AuthenticationProfile, AuthenticationProfileConnection } from './authentication-profile.js';

@Resolver()
export class AuthenticationProfileQueries {
  @Query(() => AuthenticationProfile, {
    nullable: true,
    description: 'One authentication profile, as it is now or as it was at a time; null when there is, or was, none of this name.',
  })
  async authenticationProfile(
    @Arg('name', () => ID, { description: 'Which profile. Matched ignoring case.' }) name: string,
    @Arg('at', () => DateTime, {
      nullable: true,
      description:
        'As it was at this time, its millisecond included, also when it was deleted since. A time that has not passed is refused. Default: as it is.',
    })
    at: Date | null | undefined,
    @Ctx() context: RequestContext,
  ): Promise<AuthenticationProfile | null> {
    if (at) return profileThen(name, await pastAt(at, context));
    const snapshot = context.profiles.find(name);
    return snapshot && new AuthenticationProfile(snapshot);
  }

  @Query(() => AuthenticationProfileConnection, { description: 'The authentication profiles by name, a page at a time.' })
  async authenticationProfiles(
    @Arg('at', () => DateTime, {
      nullable: true,
      description:
        'Those that there were at this time, its millisecond included, as they were then. A time that has not passed is refused. Default: as they are.',
    })
    at: Date | null | undefined,
    @Args(() => PageArguments) page: PageArguments,
    @Ctx() context: RequestContext,
  ): Promise<AuthenticationProfileConnection> {
    const { profiles } = context;
    if (at) {
      const past = await pastAt(at, context);
      const { position } = past.moment;
      const found = readPage(page, (request) => profiles.pageAt(request, position));
      return new AuthenticationProfileConnection(await loadedPage(found, (name) => profileThen(name, past)), () => profiles.countAt(position));
    }
    const found = readPage(page, (request) => profiles.page(request));
    return new AuthenticationProfileConnection(
      pageOf(found, (snapshot) => new AuthenticationProfile(snapshot)),
      () => profiles.count(),
    );
  }
}

/** As it was; null where there was none. */
export async function profileThen(name: string, past: Past): Promise<AuthenticationProfile | null> {
  const snapshot = await past.profile(name);
  return snapshot && new AuthenticationProfile(snapshot, past);
}
