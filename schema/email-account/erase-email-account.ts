import { Ctx, Field, ID, InputType, Mutation, ObjectType, Resolver } from 'type-graphql';
import { Input } from '../change.js';
import type { RequestContext } from '../request-context.js';
import { AccountChangeInput, AccountChangePayload, accountPayload } from './account-change.js';

@InputType({ description: 'The account to erase for good.' })
export class EraseEmailAccountInput extends AccountChangeInput {
  @Field(() => ID, { description: 'The accountId once more, so that nothing is erased by a slip.' })
  readonly confirmation!: string;

  @Field(() => String, { description: 'Why, for the audit trail, where it stays. 1 to 500 characters.' })
  override readonly reason!: string;
}

@ObjectType({ description: 'What came of `eraseEmailAccount`. Its `account` is always null.' })
export class EraseEmailAccountPayload extends AccountChangePayload {}

@Resolver()
export class EraseEmailAccount {
  @Mutation(() => EraseEmailAccountPayload, {
    description:
      'Erases an account for good: the key of its passwords and personal data is destroyed, and its id is never given out again. The audit trail keeps who did what and when, and shows `[erased …]` in the place of personal data. ' +
      'It cannot be undone. Where the log is kept in a cluster, encrypted remains of the passwords stay in the files of its servers until each of them has scavenged twice: ' +
      '`serviceStatus.warnings` says so while they may be there. Errors: NOT_FOUND, CONTRADICTION where the confirmation differs, REASON_REQUIRED.',
  })
  async eraseEmailAccount(
    @Input(() => EraseEmailAccountInput) { accountId, confirmation, ...options }: EraseEmailAccountInput,
    @Ctx() { call, accountCommands }: RequestContext,
  ): Promise<EraseEmailAccountPayload> {
    return accountPayload(await accountCommands.erase(call, { accountId, confirmation }, options));
  }
}
