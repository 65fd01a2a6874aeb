import { Ctx, InputType, Mutation, ObjectType, Resolver } from 'type-graphql';
import { Input } from '../change.js';
import type { RequestContext } from '../request-context.js';
import { AccountChangeInput, AccountChangePayload, accountPayload } from './account-change.js';

@InputType({ description: 'The account whose receiver is removed.' })
export class RemoveReceiverInput extends AccountChangeInput {}

@ObjectType({ description: 'What came of `removeReceiver`.' })
export class RemoveReceiverPayload extends AccountChangePayload {}

@Resolver()
export class RemoveReceiver {
  @Mutation(() => RemoveReceiverPayload, {
    description: 'Removes how an account receives, and destroys its password. Errors: NOT_FOUND, ACCOUNT_DELETED.',
  })
  async removeReceiver(
    @Input(() => RemoveReceiverInput) { accountId, ...options }: RemoveReceiverInput,
    @Ctx() { call, accountCommands }: RequestContext,
  ): Promise<RemoveReceiverPayload> {
    return accountPayload(await accountCommands.removeReceiver(call, { accountId }, options));
  }
}
