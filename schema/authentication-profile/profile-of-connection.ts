import { Ctx, FieldResolver, Resolver, Root } from 'type-graphql';
import { pastOf } from '../as-of.js';
import { MicrosoftGraphConnection, ReceiverConnection, SmtpConnection } from '../email-account/connection-settings.js';
import type { RequestContext } from '../request-context.js';
import { AuthenticationProfile } from './authentication-profile.js';

const description =
  'That profile: as it is now, and on an account as it was, or in an entry of the audit trail, as it was then. Null for none, and where there is, or was, none of the name.';

/** Said here and not in the connections' own file: a profile knows the accounts that use it. */
@Resolver(() => SmtpConnection)
export class ProfileOfSender {
  @FieldResolver(() => AuthenticationProfile, { nullable: true, description })
  authenticationProfile(@Root() connection: SmtpConnection, @Ctx() context: RequestContext): Promise<AuthenticationProfile | null> {
    return profileOf(connection, context);
  }
}

@Resolver(() => ReceiverConnection)
export class ProfileOfReceiver {
  @FieldResolver(() => AuthenticationProfile, { nullable: true, description })
  authenticationProfile(@Root() connection: ReceiverConnection, @Ctx() context: RequestContext): Promise<AuthenticationProfile | null> {
    return profileOf(connection, context);
  }
}

@Resolver(() => MicrosoftGraphConnection)
export class ProfileOfGraph {
  @FieldResolver(() => AuthenticationProfile, { nullable: true, description })
  authenticationProfile(@Root() connection: MicrosoftGraphConnection, @Ctx() context: RequestContext): Promise<AuthenticationProfile | null> {
    return profileOf(connection, context);
  }
}

async function profileOf(
  { authenticationProfileName, asOf }: SmtpConnection | ReceiverConnection | MicrosoftGraphConnection,
  context: RequestContext,
): Promise<AuthenticationProfile | null> {
  if (authenticationProfileName === null) return null;
  const past = pastOf(asOf, context);
  const snapshot = past === null ? context.profiles.find(authenticationProfileName) : await past.profile(authenticationProfileName);
  return snapshot && new AuthenticationProfile(snapshot, past);
}
