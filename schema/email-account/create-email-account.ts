import { Ctx, Field, ID, InputType, Mutation, ObjectType, Resolver } from 'type-graphql';
import { ChangeInput, Input } from '../change.js';
import type { RequestContext } from '../request-context.js';
import { AccountChangePayload, accountPayload } from './account-change.js';
import { receiverForm, ReceiverInput } from './receiver-input.js';
import { senderForm, SenderInput } from './sender-input.js';

@InputType({ description: 'A new account. Sender and receiver are each optional; an account that has neither is not ready.' })
export class CreateEmailAccountInput extends ChangeInput {
  @Field(() => ID, {
    description: 'The key that applications will name it by: a letter, then up to 63 letters, digits or hyphens. Unique ignoring case, and final.',
  })
  readonly accountId!: string;

  @Field(() => String, { description: 'Its name, 1 to 128 characters. Need not be unique.' })
  readonly accountName!: string;

  @Field(() => ID, {
    nullable: true,
    description: 'An id of the query `emailProviders`, whose settings fill in what both sections leave out. Default: custom.',
  })
  readonly provider?: string | null;

  @Field(() => SenderInput, { nullable: true, description: 'How it sends. Default: it does not.' })
  readonly sender?: SenderInput | null;

  @Field(() => ReceiverInput, { nullable: true, description: 'How it receives. Default: it does not.' })
  readonly receiver?: ReceiverInput | null;
}

@ObjectType({ description: 'What came of `createEmailAccount`.' })
export class CreateEmailAccountPayload extends AccountChangePayload {}

@Resolver()
export class CreateEmailAccount {
  @Mutation(() => CreateEmailAccountPayload, {
    description:
      'Creates an account, with its sections, all at once or not at all. Errors: ALREADY_EXISTS, also for the id of an erased account, and all that is wrong with the form.',
  })
  async createEmailAccount(
    @Input(() => CreateEmailAccountInput) { accountId, accountName, provider, sender, receiver, ...options }: CreateEmailAccountInput,
    @Ctx() { call, accountCommands }: RequestContext,
  ): Promise<CreateEmailAccountPayload> {
    const input = { accountId, accountName, provider, sender: sender && senderForm(sender), receiver: receiver && receiverForm(receiver) };
    return accountPayload(await accountCommands.create(call, input, options));
  }
}
