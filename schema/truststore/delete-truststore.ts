import { Ctx, Field, ID, InputType, Mutation, ObjectType, Resolver } from 'type-graphql';
import { Input, VersionedChangeInput } from '../change.js';
import type { RequestContext } from '../request-context.js';
import { TruststoreChangePayload, truststorePayload } from './truststore-change.js';

@InputType({ description: 'The truststore to delete.' })
export class DeleteTruststoreInput extends VersionedChangeInput {
  @Field(() => ID, { description: 'Which truststore. Matched ignoring case.' })
  readonly name!: string;
}

@ObjectType({ description: 'What came of `deleteTruststore`.' })
export class DeleteTruststorePayload extends TruststoreChangePayload {}

@Resolver()
export class DeleteTruststore {
  @Mutation(() => DeleteTruststorePayload, {
    description:
      'Deletes a truststore with its certificates; its history stays, and its name may be given out again. ' +
      'Errors: NOT_FOUND, IN_USE while an account names it, a deleted one too: the message names the first five.',
  })
  async deleteTruststore(
    @Input(() => DeleteTruststoreInput) { name, ...options }: DeleteTruststoreInput,
    @Ctx() { call, truststoreCommands }: RequestContext,
  ): Promise<DeleteTruststorePayload> {
    return truststorePayload(await truststoreCommands.delete(call, { name }, options));
  }
}
