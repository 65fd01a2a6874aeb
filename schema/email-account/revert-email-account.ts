import { Ctx, Field, InputType, Int, Mutation, ObjectType, Resolver } from 'type-graphql';
import { Input } from '../change.js';
import type { RequestContext } from '../request-context.js';
import { AccountChangeInput, AccountChangePayload, accountPayload } from './account-change.js';

@InputType({ description: 'The version to bring back.' })
export class RevertEmailAccountInput extends AccountChangeInput {
  @Field(() => Int, { description: 'The version whose settings come back, 1 to the current one.' })
  readonly toVersion!: number;
}

@ObjectType({ description: 'What came of `revertEmailAccount`.' })
export class RevertEmailAccountPayload extends AccountChangePayload {}

@Resolver()
export class RevertEmailAccount {
  @Mutation(() => RevertEmailAccountPayload, {
    description:
      'Gives an account the name, provider and sections of an earlier version, as a new version: nothing of the history is lost. A password that is no longer kept must be entered again, and the account says so. Errors: NOT_FOUND, ACCOUNT_DELETED, OUT_OF_RANGE.',
  })
  async revertEmailAccount(
    @Input(() => RevertEmailAccountInput) { accountId, toVersion, ...options }: RevertEmailAccountInput,
    @Ctx() { call, accountCommands }: RequestContext,
  ): Promise<RevertEmailAccountPayload> {
    return accountPayload(await accountCommands.revert(call, { accountId, toVersion }, options));
  }
}
