import { Ctx, InputType, Mutation, ObjectType, Resolver } from 'type-graphql';
import { Input } from '../change.js';
import type { RequestContext } from '../request-context.js';
import { AccountChangeInput, AccountChangePayload, accountPayload } from './account-change.js';

@InputType({ description: 'The account whose sender is removed.' })
export class RemoveSenderInput extends AccountChangeInput {}

@ObjectType({ description: 'What came of `removeSender`.' })
export class RemoveSenderPayload extends AccountChangePayload {}

@Resolver()
export class RemoveSender {
  @Mutation(() => RemoveSenderPayload, {
    description:
      "Removes how an account sends, and destroys its password. Refused while the receiver uses the sender's credentials (IN_USE). Errors: NOT_FOUND, ACCOUNT_DELETED.",
  })
  async removeSender(
    @Input(() => RemoveSenderInput) { accountId, ...options }: RemoveSenderInput,
    @Ctx() { call, accountCommands }: RequestContext,
  ): Promise<RemoveSenderPayload> {
    return accountPayload(await accountCommands.removeSender(call, { accountId }, options));
  }
}
