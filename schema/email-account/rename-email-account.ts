import { Ctx, Field, InputType, Mutation, ObjectType, Resolver } from 'type-graphql';
import { Input } from '../change.js';
import type { RequestContext } from '../request-context.js';
import { AccountChangeInput, AccountChangePayload, accountPayload } from './account-change.js';

@InputType({ description: 'The new name of an account.' })
export class RenameEmailAccountInput extends AccountChangeInput {
  @Field(() => String, { description: 'The new name, 1 to 128 characters. Need not be unique.' })
  readonly accountName!: string;
}

@ObjectType({ description: 'What came of `renameEmailAccount`.' })
export class RenameEmailAccountPayload extends AccountChangePayload {}

@Resolver()
export class RenameEmailAccount {
  @Mutation(() => RenameEmailAccountPayload, {
    description: 'Gives an account another name. Errors: NOT_FOUND, ACCOUNT_DELETED, and what is wrong with the name.',
  })
  async renameEmailAccount(
    @Input(() => RenameEmailAccountInput) { accountId, accountName, ...options }: RenameEmailAccountInput,
    @Ctx() { call, accountCommands }: RequestContext,
  ): Promise<RenameEmailAccountPayload> {
    return accountPayload(await accountCommands.rename(call, { accountId, accountName }, options));
  }
}
