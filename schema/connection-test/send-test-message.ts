import { Ctx, Field, ID, InputType, Mutation, ObjectType, Resolver } from 'type-graphql';
import { ChangeInput, ChangePayload, changePayload, Input } from '../change.js';
import type { RequestContext } from '../request-context.js';

@InputType({ description: 'A test message to send.' })
export class SendTestMessageInput extends ChangeInput {
  @Field(() => ID, { description: 'The account that sends it. Matched ignoring case.' })
  readonly accountId!: string;

  @Field(() => String, { description: 'The address that it goes to.' })
  readonly to!: string;
}

@ObjectType({ description: 'What came of `sendTestMessage`.' })
export class SendTestMessagePayload extends ChangePayload {
  @Field(() => String, { nullable: true, description: "The message's Message-ID (RFC 5322); null when the server did not take it." })
  readonly messageId!: string | null;

  @Field(() => String, { nullable: true, description: 'What the server said to it; null when it said nothing.' })
  readonly serverResponse!: string | null;
}

@Resolver()
export class SendTestMessage {
  @Mutation(() => SendTestMessagePayload, {
    description:
      "Sends a short message through an account's sender, as applications will. It is really sent. Errors: NOT_FOUND, NOT_READY, ACCOUNT_DELETED, ACCOUNT_DISABLED, and what is wrong with the address.",
  })
  async sendTestMessage(
    @Input(() => SendTestMessageInput) { accountId, to, ...options }: SendTestMessageInput,
    @Ctx() { call, testMessages, signal }: RequestContext,
  ): Promise<SendTestMessagePayload> {
    const sent = await testMessages.send(call, { accountId, to }, options, signal);
    return { messageId: sent.messageId, serverResponse: sent.serverResponse, ...changePayload(sent) };
  }
}
