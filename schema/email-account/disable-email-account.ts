import { Ctx, InputType, Mutation, ObjectType, Resolver } from 'type-graphql';
import { Input } from '../change.js';
import type { RequestContext } from '../request-context.js';
import { AccountChangeInput, AccountChangePayload, accountPayload } from './account-change.js';

@InputType({ description: 'The account to take out of use.' })
export class DisableEmailAccountInput extends AccountChangeInput {}

@ObjectType({ description: 'What came of `disableEmailAccount`.' })
export class DisableEmailAccountPayload extends AccountChangePayload {}

@Resolver()
export class DisableEmailAccount {
  @Mutation(() => DisableEmailAccountPayload, {
    description: 'Takes an account out of use until it is enabled again: applications neither send nor receive through it. Errors: NOT_FOUND, ACCOUNT_DELETED.',
  })
  async disableEmailAccount(
    @Input(() => DisableEmailAccountInput) { accountId, ...options }: DisableEmailAccountInput,
    @Ctx() { call, accountCommands }: RequestContext,
  ): Promise<DisableEmailAccountPayload> {
    return accountPayload(await accountCommands.disable(call, { accountId }, options));
  }
}
