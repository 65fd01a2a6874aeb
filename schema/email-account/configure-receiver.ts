import { Ctx, Field, InputType, Mutation, ObjectType, Resolver } from 'type-graphql';
import { Input } from '../change.js';
import type { RequestContext } from '../request-context.js';
import { AccountChangeInput, AccountChangePayload, accountPayload } from './account-change.js';
import { receiverForm, ReceiverInput } from './receiver-input.js';

@InputType({ description: 'The whole receiver of an account.' })
export class ConfigureReceiverInput extends AccountChangeInput {
  @Field(() => ReceiverInput, { description: 'The whole section: what is left out gets its default, except a password, which is kept.' })
  readonly receiver!: ReceiverInput;
}

@ObjectType({ description: 'What came of `configureReceiver`.' })
export class ConfigureReceiverPayload extends AccountChangePayload {}

@Resolver()
export class ConfigureReceiver {
  @Mutation(() => ConfigureReceiverPayload, {
    description:
      'Configures how an account receives: the whole section. A password left out is kept, null clears it; another protocol destroys it. A stored password goes to no other endpoint than the one it was entered for: SECRET_REBIND_REQUIRED. Errors: NOT_FOUND, ACCOUNT_DELETED, and what is wrong with the section, all of it at once.',
  })
  async configureReceiver(
    @Input(() => ConfigureReceiverInput) { accountId, receiver, ...options }: ConfigureReceiverInput,
    @Ctx() { call, accountCommands }: RequestContext,
  ): Promise<ConfigureReceiverPayload> {
    return accountPayload(await accountCommands.configureReceiver(call, { accountId, receiver: receiverForm(receiver) }, options));
  }
}
