import { Ctx, InputType, Mutation, ObjectType, Resolver } from 'type-graphql';
import { Input } from '../change.js';
import type { RequestContext } from '../request-context.js';
import { AccountChangeInput, AccountChangePayload, accountPayload } from './account-change.js';

@InputType({ description: 'The account to delete.' })
export class DeleteEmailAccountInput extends AccountChangeInput {}

@ObjectType({ description: 'What came of `deleteEmailAccount`.' })
export class DeleteEmailAccountPayload extends AccountChangePayload {}

@Resolver()
export class DeleteEmailAccount {
  @Mutation(() => DeleteEmailAccountPayload, {
    description:
      'Deletes an account: it leaves the lists, and keeps its settings, passwords and history until it is restored or erased. Its id stays taken. Errors: NOT_FOUND.',
  })
  async deleteEmailAccount(
    @Input(() => DeleteEmailAccountInput) { accountId, ...options }: DeleteEmailAccountInput,
    @Ctx() { call, accountCommands }: RequestContext,
  ): Promise<DeleteEmailAccountPayload> {
    return accountPayload(await accountCommands.delete(call, { accountId }, options));
  }
}
