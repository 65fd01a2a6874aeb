import { Ctx, Field, ID, InputType, Mutation, ObjectType, Resolver } from 'type-graphql';
import { Input, VersionedChangeInput } from '../change.js';
import type { RequestContext } from '../request-context.js';
import { pemDescription, TruststoreChangePayload, truststorePayload } from './truststore-change.js';

@InputType({ description: 'Certificates for a truststore.' })
export class AddCertificateInput extends VersionedChangeInput {
  @Field(() => ID, { description: 'Which truststore. Matched ignoring case.' })
  readonly truststore!: string;

  @Field(() => String, { description: pemDescription })
  readonly pem!: string;
}

@ObjectType({ description: 'What came of `addCertificate`.' })
export class AddCertificatePayload extends TruststoreChangePayload {}

@Resolver()
export class AddCertificate {
  @Mutation(() => AddCertificatePayload, {
    description:
      'Adds certificates to a truststore, all or none of them. Those that it has already change nothing. The next connection trusts them. ' +
      'Errors: NOT_FOUND, INVALID_CERTIFICATE, PRIVATE_KEY_REFUSED, TOO_LONG for a text or a truststore that becomes too large.',
  })
  async addCertificate(
    @Input(() => AddCertificateInput) { reason, idempotencyKey, expectedVersion, ...input }: AddCertificateInput,
    @Ctx() { call, truststoreCommands }: RequestContext,
  ): Promise<AddCertificatePayload> {
    return truststorePayload(await truststoreCommands.addCertificate(call, input, { reason, idempotencyKey, expectedVersion }));
  }
}
