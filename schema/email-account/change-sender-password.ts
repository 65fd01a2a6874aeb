import { Ctx, Field, InputType, Mutation, ObjectType, Resolver } from 'type-graphql';
import type { PasswordInput } from '../../src/commands/email-account-inputs.js';
import { Input } from '../change.js';
import type { RequestContext } from '../request-context.js';
import { Secret } from '../secret/secret-scalar.js';
import { AccountChangeInput, AccountChangePayload, accountPayload } from './account-change.js';

@InputType({ description: 'The new password of a sender.' })
export class ChangeSenderPasswordInput extends AccountChangeInput {
  @Field(() => Secret, { nullable: true, description: 'The new password. Null: none from here on, and nothing is logged in with. Left out: nothing changes.' })
  readonly password?: PasswordInput;
}

@ObjectType({ description: 'What came of `changeSenderPassword`.' })
export class ChangeSenderPasswordPayload extends AccountChangePayload {}

@Resolver()
export class ChangeSenderPassword {
  @Mutation(() => ChangeSenderPasswordPayload, {
    description:
      'Replaces or clears the SMTP password of an account, and nothing else. Errors: NOT_FOUND where there is no account or no SMTP sender, ACCOUNT_DELETED, CONTRADICTION where an authentication profile takes its place.',
  })
  async changeSenderPassword(
    @Input(() => ChangeSenderPasswordInput) { accountId, password, ...options }: ChangeSenderPasswordInput,
    @Ctx() { call, accountCommands }: RequestContext,
  ): Promise<ChangeSenderPasswordPayload> {
    return accountPayload(await accountCommands.changeSenderPassword(call, { accountId, password }, options));
  }
}
