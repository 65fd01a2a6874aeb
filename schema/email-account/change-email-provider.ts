import { Ctx, Field, ID, InputType, Mutation, ObjectType, Resolver } from 'type-graphql';
import { Input } from '../change.js';
import type { RequestContext } from '../request-context.js';
import { AccountChangeInput, AccountChangePayload, accountPayload } from './account-change.js';

@InputType({ description: 'The new provider of an account.' })
export class ChangeEmailProviderInput extends AccountChangeInput {
  @Field(() => ID, { description: 'An id of the query `emailProviders`.' })
  readonly provider!: string;
}

@ObjectType({ description: 'What came of `changeEmailProvider`.' })
export class ChangeEmailProviderPayload extends AccountChangePayload {}

@Resolver()
export class ChangeEmailProvider {
  @Mutation(() => ChangeEmailProviderPayload, {
    description:
      'Gives an account to another provider of the catalogue. Its settings stay as they are: `providerDiverged` tells whether they still match. Errors: NOT_FOUND, ACCOUNT_DELETED.',
  })
  async changeEmailProvider(
    @Input(() => ChangeEmailProviderInput) { accountId, provider, ...options }: ChangeEmailProviderInput,
    @Ctx() { call, accountCommands }: RequestContext,
  ): Promise<ChangeEmailProviderPayload> {
    return accountPayload(await accountCommands.changeProvider(call, { accountId, provider }, options));
  }
}
