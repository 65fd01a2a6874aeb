import { Ctx, FieldResolver, Resolver, Root } from 'type-graphql';
import { pastOf } from '../as-of.js';
import { ReceiverConnection, SmtpConnection } from '../email-account/connection-settings.js';
import type { RequestContext } from '../request-context.js';
import { Truststore } from './truststore.js';

const description =
  'That truststore: as it is now, and on an account as it was, or in an entry of the audit trail, as it was then. Null for none, and where there is, or was, none of the name.';

/** Said here and not in the connections' own file: a truststore knows the accounts that use it. */
@Resolver(() => SmtpConnection)
export class TruststoreOfSender {
  @FieldResolver(() => Truststore, { nullable: true, description })
  truststore(@Root() connection: SmtpConnection, @Ctx() context: RequestContext): Promise<Truststore | null> {
    return truststoreOf(connection, context);
  }
}

@Resolver(() => ReceiverConnection)
export class TruststoreOfReceiver {
  @FieldResolver(() => Truststore, { nullable: true, description })
  truststore(@Root() connection: ReceiverConnection, @Ctx() context: RequestContext): Promise<Truststore | null> {
    return truststoreOf(connection, context);
  }
}

async function truststoreOf({ truststoreName, asOf }: SmtpConnection | ReceiverConnection, context: RequestContext): Promise<Truststore | null> {
  if (truststoreName === null) return null;
  const past = pastOf(asOf, context);
  const snapshot = past === null ? context.truststores.find(truststoreName) : await past.truststore(truststoreName);
  return snapshot && new Truststore(snapshot, past);
}
