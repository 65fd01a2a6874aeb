import { Ctx, Field, ID, InputType, Mutation, ObjectType, Resolver } from 'type-graphql';
import { Input, VersionedChangeInput } from '../change.js';
import type { RequestContext } from '../request-context.js';
import { ProfileChangePayload, profilePayload } from './profile-change.js';

@InputType({ description: 'The authentication profile to delete.' })
export class DeleteAuthenticationProfileInput extends VersionedChangeInput {
  @Field(() => ID, { description: 'Which profile. Matched ignoring case.' })
  readonly name!: string;
}

@ObjectType({ description: 'What came of `deleteAuthenticationProfile`.' })
export class DeleteAuthenticationProfilePayload extends ProfileChangePayload {}

@Resolver()
export class DeleteAuthenticationProfile {
  @Mutation(() => DeleteAuthenticationProfilePayload, {
    description:
      'Deletes an authentication profile for good and destroys its secrets; its name may be given out again. The provider is not told: revoke the application there. Errors: NOT_FOUND, IN_USE while an account names it, a deleted one too.',
  })
  async deleteAuthenticationProfile(
    @Input(() => DeleteAuthenticationProfileInput) { name, ...options }: DeleteAuthenticationProfileInput,
    @Ctx() { call, profileCommands }: RequestContext,
  ): Promise<DeleteAuthenticationProfilePayload> {
    return profilePayload(await profileCommands.delete(call, { name }, options));
  }
}
