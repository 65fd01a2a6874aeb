import { Ctx, Field, ID, InputType, Mutation, ObjectType, Resolver } from 'type-graphql';
import type { TestConnection as TestConnectionForm } from '../../src/commands/email-account-inputs.js';
import type { Direction as Half } from '../../src/domain/email-account/connection-test.js';
import { ChangePayload, changePayload, Input } from '../change.js';
import { receiverForm, ReceiverInput } from '../email-account/receiver-input.js';
import { senderForm, SenderInput } from '../email-account/sender-input.js';
import type { RequestContext } from '../request-context.js';
import { Direction } from './connection-test-stage.js';
import { ConnectionTest } from './connection-test.js';

@InputType({ description: 'The form of an account before it is saved.' })
export class EmailAccountDraftInput {
  @Field(() => ID, {
    nullable: true,
    description: "An id of the query `emailProviders`, whose settings fill in what the sections leave out. Default: the saved account's, else custom.",
  })
  readonly provider?: string | null;

  @Field(() => SenderInput, { nullable: true, description: 'How it would send. Default: as the saved account, if one is named.' })
  readonly sender?: SenderInput | null;

  @Field(() => ReceiverInput, { nullable: true, description: 'How it would receive. Default: as the saved account, if one is named.' })
  readonly receiver?: ReceiverInput | null;
}

@InputType({
  description:
    'What to test. `accountId` alone: the account as saved. `draft` alone: the form before it is saved. Both: the edited form in front of the saved account, ' +
    'whose password is used only where its endpoint is unchanged.',
})
export class TestConnectionInput {
  @Field(() => ID, { nullable: true, description: 'The saved account. Matched ignoring case. Default: none.' })
  readonly accountId?: string | null;

  @Field(() => EmailAccountDraftInput, { nullable: true, description: 'The form before it is saved. Default: none.' })
  readonly draft?: EmailAccountDraftInput | null;

  @Field(() => [Direction], { nullable: true, description: 'Which halves. Default: those that there are.' })
  readonly directions?: readonly Half[] | null;

  @Field(() => String, { nullable: true, description: 'For whom the server is asked to take mail; nothing is sent. Default: the sender itself.' })
  readonly recipient?: string | null;
}

@ObjectType({ description: 'What came of `testConnection`.' })
export class TestConnectionPayload extends ChangePayload {
  @Field(() => ConnectionTest, { nullable: true, description: 'The whole test, passed or failed; null when it could not be begun.' })
  readonly test!: ConnectionTest | null;
}

@Resolver()
export class TestConnection {
  @Mutation(() => TestConnectionPayload, {
    description:
      'Connects for real, step by step, by the code that sends and receives, and tells how each step ended. Nothing is sent, nothing is read. Ends after 20 seconds at the latest. ' +
      "A saved account's test becomes part of its history. A failing server is no error but a test whose outcome is FAILED. " +
      'Errors: NOT_FOUND, REQUIRED, NOT_READY, ACCOUNT_DELETED, SECRET_REBIND_REQUIRED, and what is wrong with the draft.',
  })
  async testConnection(
    @Input(() => TestConnectionInput) input: TestConnectionInput,
    @Ctx() { call, connectionTests, signal }: RequestContext,
  ): Promise<TestConnectionPayload> {
    const tested = await connectionTests.test(call, testConnectionForm(input), signal);
    return { test: tested.test && new ConnectionTest(tested.test), ...changePayload(tested) };
  }
}

/** The input as commands take it. */
export function testConnectionForm({ accountId, draft, directions, recipient }: TestConnectionInput): TestConnectionForm {
  return {
    accountId,
    draft: draft
      ? { provider: draft.provider, sender: draft.sender && senderForm(draft.sender), receiver: draft.receiver && receiverForm(draft.receiver) }
      : null,
    directions,
    recipient,
  };
}
