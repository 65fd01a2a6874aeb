import { Ctx, Field, ID, InputType, Mutation, ObjectType, Resolver } from 'type-graphql';
import { Input, VersionedChangeInput } from '../change.js';
import type { RequestContext } from '../request-context.js';
import { TruststoreChangePayload, truststorePayload } from './truststore-change.js';

@InputType({ description: 'The certificate to trust no more.' })
export class RemoveCertificateInput extends VersionedChangeInput {
  @Field(() => ID, { description: 'Which truststore. Matched ignoring case.' })
  readonly truststore!: string;

  @Field(() => String, { description: 'SHA-256 over the DER form: 64 hex digits, with or without colons.' })
  readonly fingerprintSha256!: string;
}

@ObjectType({ description: 'What came of `removeCertificate`.' })
export class RemoveCertificatePayload extends TruststoreChangePayload {}

@Resolver()
export class RemoveCertificate {
  @Mutation(() => RemoveCertificatePayload, {
    description:
      'Takes a certificate out of a truststore. Connections that are made from then on do not trust it any more. ' +
      'Errors: NOT_FOUND for a truststore or a certificate in it that is not there, INVALID_FORMAT.',
  })
  async removeCertificate(
    @Input(() => RemoveCertificateInput) { reason, idempotencyKey, expectedVersion, ...input }: RemoveCertificateInput,
    @Ctx() { call, truststoreCommands }: RequestContext,
  ): Promise<RemoveCertificatePayload> {
    return truststorePayload(await truststoreCommands.removeCertificate(call, input, { reason, idempotencyKey, expectedVersion }));
  }
}
