import { Ctx, Field, InputType, Mutation, ObjectType, Resolver } from 'type-graphql';
import type { PasswordInput } from '../../src/commands/email-account-inputs.js';
import { Input } from '../change.js';
import type { RequestContext } from '../request-context.js';
import { Secret } from '../secret/secret-scalar.js';
import { AccountChangeInput, AccountChangePayload, accountPayload } from './account-change.js';

@InputType({ description: 'The new password of a receiver.' })
export class ChangeReceiverPasswordInput extends AccountChangeInput {
  @Field(() => Secret, { nullable: true, description: 'The new password. Null: none from here on, and the account is not ready. Left out: nothing changes.' })
  readonly password?: PasswordInput;
}

@ObjectType({ description: 'What came of `changeReceiverPassword`.' })
export class ChangeReceiverPasswordPayload extends AccountChangePayload {}

@Resolver()
export class ChangeReceiverPassword {
  @Mutation(() => ChangeReceiverPasswordPayload, {
    description:
      "Replaces or clears the IMAP or POP3 password of an account, and nothing else. Errors: NOT_FOUND where there is no account or no IMAP or POP3 receiver, ACCOUNT_DELETED, CONTRADICTION where the sender's password or an authentication profile takes its place.",
  })
  async changeReceiverPassword(
    @Input(() => ChangeReceiverPasswordInput) { accountId, password, ...options }: ChangeReceiverPasswordInput,
    @Ctx() { call, accountCommands }: RequestContext,
  ): Promise<ChangeReceiverPasswordPayload> {
    return accountPayload(await accountCommands.changeReceiverPassword(call, { accountId, password }, options));
  }
}
