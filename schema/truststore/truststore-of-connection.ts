import { Ctx, FieldResolver, Resolver, Root } from 'type-graphql';
import { ReceiverConnection, SmtpConnection } from '../email-account/connection-settings.js';
import type { RequestContext } from '../request-context.js';
import { Truststore } from './truststore.js';

const description = 'That truststore, as it is now; null for none, and where there is none of the name.';

/** Said here and not in the connections' own file: a truststore knows the accounts that use it. */
@Resolver(() => SmtpConnection)
export class TruststoreOfSender {
  @FieldResolver(() => Truststore, { nullable: true, description })
  truststore(@Root() connection: SmtpConnection, @Ctx() { truststores }: RequestContext): Truststore | null {
    return named(connection.truststoreName, truststores);
  }
}

@Resolver(() => ReceiverConnection)
export class TruststoreOfReceiver {
  @FieldResolver(() => Truststore, { nullable: true, description })
  truststore(@Root() connection: ReceiverConnection, @Ctx() { truststores }: RequestContext): Truststore | null {
    return named(connection.truststoreName, truststores);
  }
}

function named(name: string | null, truststores: RequestContext['truststores']): Truststore | null {
  const snapshot = name === null ? null : truststores.find(name);
  return snapshot && new Truststore(snapshot);
}
