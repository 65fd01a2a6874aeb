import { Ctx, Field, ID, InputType, Int, Mutation, ObjectType, Resolver } from 'type-graphql';
import { Input, VersionedChangeInput } from '../change.js';
import { ServerSecurity, type Security } from '../provider/email-provider.js';
import type { RequestContext } from '../request-context.js';
import { TruststoreChangePayload, truststorePayload } from './truststore-change.js';

@InputType({ description: 'A certificate that a server shows, and the truststore that it goes into.' })
export class TrustServerCertificateInput extends VersionedChangeInput {
  @Field(() => ID, { description: 'Which truststore. Matched ignoring case.' })
  readonly truststore!: string;

  @Field(() => String, { description: 'Host name, IPv4 or IPv6 address of the server.' })
  readonly host!: string;

  @Field(() => Int, { description: 'TCP port, 1 to 65535.' })
  readonly port!: number;

  @Field(() => ServerSecurity, { description: 'How the connection gets to TLS. NONE shows no certificate, and is refused.' })
  readonly security!: Security;

  @Field(() => String, {
    description:
      'Which certificate of the chain, as `inspectServerCertificate` showed it: SHA-256 over the DER form, 64 hex digits, with or without colons. A CA lasts longer than the certificate of one server.',
  })
  readonly fingerprintSha256!: string;
}

@ObjectType({ description: 'What came of `trustServerCertificate`.' })
export class TrustServerCertificatePayload extends TruststoreChangePayload {}

@Resolver()
export class TrustServerCertificate {
  @Mutation(() => TrustServerCertificatePayload, {
    description:
      "Fetches a server's chain again and puts the certificate of this fingerprint into a truststore: what was shown is what gets trusted. No user ID and no password is sent. " +
      'Compare the fingerprint with what the operator of the server tells you on another way: whoever stands between could show another certificate. ' +
      'Counts as a connection test for the rate limit. Errors: NOT_FOUND, INVALID_CERTIFICATE when the chain does not hold it or cannot be had, EGRESS_DENIED, TOO_LONG, CONTRADICTION, and what is wrong with host, port or fingerprint.',
  })
  async trustServerCertificate(
    @Input(() => TrustServerCertificateInput) { reason, idempotencyKey, expectedVersion, ...input }: TrustServerCertificateInput,
    @Ctx() { call, truststoreCommands, signal }: RequestContext,
  ): Promise<TrustServerCertificatePayload> {
    return truststorePayload(await truststoreCommands.trustServerCertificate(call, input, { reason, idempotencyKey, expectedVersion }, signal));
  }
}
