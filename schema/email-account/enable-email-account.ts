import { Ctx, InputType, Mutation, ObjectType, Resolver } from 'type-graphql';
import { Input } from '../change.js';
import type { RequestContext } from '../request-context.js';
import { AccountChangeInput, AccountChangePayload, accountPayload } from './account-change.js';

@InputType({ description: 'The account to take into use.' })
export class EnableEmailAccountInput extends AccountChangeInput {}

@ObjectType({ description: 'What came of `enableEmailAccount`.' })
export class EnableEmailAccountPayload extends AccountChangePayload {}

@Resolver()
export class EnableEmailAccount {
  @Mutation(() => EnableEmailAccountPayload, {
    description: 'Takes a disabled account into use again. Errors: NOT_FOUND, ACCOUNT_DELETED.',
  })
  async enableEmailAccount(
    @Input(() => EnableEmailAccountInput) { accountId, ...options }: EnableEmailAccountInput,
    @Ctx() { call, accountCommands }: RequestContext,
  ): Promise<EnableEmailAccountPayload> {
    return accountPayload(await accountCommands.enable(call, { accountId }, options));
  }
}
