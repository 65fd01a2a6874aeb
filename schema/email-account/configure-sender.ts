import { Ctx, Field, InputType, Mutation, ObjectType, Resolver } from 'type-graphql';
import { Input } from '../change.js';
import type { RequestContext } from '../request-context.js';
import { AccountChangeInput, AccountChangePayload, accountPayload } from './account-change.js';
import { senderForm, SenderInput } from './sender-input.js';

@InputType({ description: 'The whole sender of an account.' })
export class ConfigureSenderInput extends AccountChangeInput {
  @Field(() => SenderInput, { description: 'The whole section: what is left out gets its default, except a password, which is kept.' })
  readonly sender!: SenderInput;
}

@ObjectType({ description: 'What came of `configureSender`.' })
export class ConfigureSenderPayload extends AccountChangePayload {}

@Resolver()
export class ConfigureSender {
  @Mutation(() => ConfigureSenderPayload, {
    description:
      'Configures how an account sends: the whole section. A password left out is kept, null clears it; another protocol destroys it. A stored password goes to no other endpoint than the one it was entered for: SECRET_REBIND_REQUIRED. Errors: NOT_FOUND, ACCOUNT_DELETED, and what is wrong with the section, all of it at once.',
  })
  async configureSender(
    @Input(() => ConfigureSenderInput) { accountId, sender, ...options }: ConfigureSenderInput,
    @Ctx() { call, accountCommands }: RequestContext,
  ): Promise<ConfigureSenderPayload> {
    return accountPayload(await accountCommands.configureSender(call, { accountId, sender: senderForm(sender) }, options));
  }
}
