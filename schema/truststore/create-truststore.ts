import { Ctx, Field, ID, InputType, Mutation, ObjectType, Resolver } from 'type-graphql';
import { ChangeInput, Input } from '../change.js';
import type { RequestContext } from '../request-context.js';
import { pemDescription, TruststoreChangePayload, truststorePayload } from './truststore-change.js';

@InputType({ description: 'A new truststore, with its first certificates if they are at hand.' })
export class CreateTruststoreInput extends ChangeInput {
  @Field(() => ID, {
    description: 'The name that accounts will refer to it by: a letter, then up to 63 letters, digits or hyphens. Unique ignoring case, and final.',
  })
  readonly name!: string;

  @Field(() => String, { nullable: true, description: `${pemDescription} Default: none yet.` })
  readonly pem?: string | null;

  @Field(() => Boolean, {
    nullable: true,
    description: "Whether the public CAs that the service's runtime trusts are trusted beside them. Final. Default: false.",
  })
  readonly includeSystemRoots?: boolean | null;
}

@ObjectType({ description: 'What came of `createTruststore`.' })
export class CreateTruststorePayload extends TruststoreChangePayload {}

@Resolver()
export class CreateTruststore {
  @Mutation(() => CreateTruststorePayload, {
    description:
      'Creates a named set of certificates that connections may trust. Accounts that named it before are ready from then on. ' +
      'Errors: ALREADY_EXISTS, INVALID_FORMAT, INVALID_CERTIFICATE, PRIVATE_KEY_REFUSED, TOO_LONG.',
  })
  async createTruststore(
    @Input(() => CreateTruststoreInput) { reason, idempotencyKey, ...input }: CreateTruststoreInput,
    @Ctx() { call, truststoreCommands }: RequestContext,
  ): Promise<CreateTruststorePayload> {
    return truststorePayload(await truststoreCommands.create(call, input, { reason, idempotencyKey }));
  }
}
