import { Ctx, InputType, Mutation, ObjectType, Resolver } from 'type-graphql';
import { Input } from '../change.js';
import type { RequestContext } from '../request-context.js';
import { AccountChangeInput, AccountChangePayload, accountPayload } from './account-change.js';

@InputType({ description: 'The account to restore.' })
export class RestoreEmailAccountInput extends AccountChangeInput {}

@ObjectType({ description: 'What came of `restoreEmailAccount`.' })
export class RestoreEmailAccountPayload extends AccountChangePayload {}

@Resolver()
export class RestoreEmailAccount {
  @Mutation(() => RestoreEmailAccountPayload, {
    description: 'Brings a deleted account back, disabled if it was. Errors: NOT_FOUND.',
  })
  async restoreEmailAccount(
    @Input(() => RestoreEmailAccountInput) { accountId, ...options }: RestoreEmailAccountInput,
    @Ctx() { call, accountCommands }: RequestContext,
  ): Promise<RestoreEmailAccountPayload> {
    return accountPayload(await accountCommands.restore(call, { accountId }, options));
  }
}
