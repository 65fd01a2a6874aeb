import { Ctx, FieldResolver, Resolver, Root } from 'type-graphql';
import { MicrosoftGraphConnection, ReceiverConnection, SmtpConnection } from '../email-account/connection-settings.js';
import type { RequestContext } from '../request-context.js';
import { AuthenticationProfile } from './authentication-profile.js';

const description = 'That profile, as it is now; null for none, and where there is none of the name.';

/** Said here and not in the connections' own file: a profile knows the accounts that use it. */
@Resolver(() => SmtpConnection)
export class ProfileOfSender {
  @FieldResolver(() => AuthenticationProfile, { nullable: true, description })
  authenticationProfile(@Root() connection: SmtpConnection, @Ctx() { profiles }: RequestContext): AuthenticationProfile | null {
    return named(connection.authenticationProfileName, profiles);
  }
}

@Resolver(() => ReceiverConnection)
export class ProfileOfReceiver {
  @FieldResolver(() => AuthenticationProfile, { nullable: true, description })
  authenticationProfile(@Root() connection: ReceiverConnection, @Ctx() { profiles }: RequestContext): AuthenticationProfile | null {
    return named(connection.authenticationProfileName, profiles);
  }
}

@Resolver(() => MicrosoftGraphConnection)
export class ProfileOfGraph {
  @FieldResolver(() => AuthenticationProfile, { nullable: true, description })
  authenticationProfile(@Root() connection: MicrosoftGraphConnection, @Ctx() { profiles }: RequestContext): AuthenticationProfile | null {
    return named(connection.authenticationProfileName, profiles);
  }
}

function named(name: string | null, profiles: RequestContext['profiles']): AuthenticationProfile | null {
  const snapshot = name === null ? null : profiles.find(name);
  return snapshot && new AuthenticationProfile(snapshot);
}
