import { Field, ID, InputType, ObjectType } from 'type-graphql';
import type { Changed } from '../../src/commands/change.js';
import type { EmailAccountSnapshot } from '../../src/domain/email-account/snapshot.js';
import { ChangePayload, changePayload, VersionedChangeInput } from '../change.js';
import { EmailAccount } from './email-account.js';

@InputType()
export abstract class AccountChangeInput extends VersionedChangeInput {
  @Field(() => ID, { description: 'Which account. Matched ignoring case.' })
  readonly accountId!: string;
}

@ObjectType()
export abstract class AccountChangePayload extends ChangePayload {
  @Field(() => EmailAccount, { nullable: true, description: 'The account after the change; null when it was refused, or the account is no more.' })
  readonly account!: EmailAccount | null;
}

/** What came of it, as every payload of an account's mutations says it. */
export function accountPayload(changed: Changed<EmailAccountSnapshot>): AccountChangePayload {
  return { account: changed.entity && new EmailAccount(changed.entity), ...changePayload(changed) };
}
