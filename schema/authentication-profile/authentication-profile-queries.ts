import { Arg, Args, Ctx, ID, Query, Resolver } from 'type-graphql';
import { pageOf } from '../paging/connection.js';
import { PageArguments } from '../paging/page-arguments.js';
import { readPage } from '../paging/read-page.js';
import type { RequestContext } from '../request-context.js';
import { AuthenticationProfile, AuthenticationProfileConnection } from './authentication-profile.js';

@Resolver()
export class AuthenticationProfileQueries {
  @Query(() => AuthenticationProfile, { nullable: true, description: 'One authentication profile; null when there is none of this name.' })
  authenticationProfile(
    @Arg('name', () => ID, { description: 'Which profile. Matched ignoring case.' }) name: string,
    @Ctx() { profiles }: RequestContext,
  ): AuthenticationProfile | null {
    const snapshot = profiles.find(name);
    return snapshot && new AuthenticationProfile(snapshot);
  }

  @Query(() => AuthenticationProfileConnection, { description: 'The authentication profiles by name, a page at a time.' })
  authenticationProfiles(@Args(() => PageArguments) page: PageArguments, @Ctx() { profiles }: RequestContext): AuthenticationProfileConnection {
    const found = readPage(page, (request) => profiles.page(request));
    return new AuthenticationProfileConnection(
      pageOf(found, (snapshot) => new AuthenticationProfile(snapshot)),
      () => profiles.count(),
    );
  }
}
