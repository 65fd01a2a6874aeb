import { Field, ID, InputType } from 'type-graphql';
import { ConnectionTestOutcome } from '../connection-test/connection-test.js';
import { DateTimeRange } from '../date-time/date-time-range.js';
import { enumeration } from '../enumeration.js';
import { connectionOf } from '../paging/connection.js';
import { EmailAccountStatus, type AccountStatus } from './account-status.js';
import { EmailAccount } from './email-account.js';

export const EmailAccountConnection = connectionOf('EmailAccount', 'email accounts', () => EmailAccount, true);
export type EmailAccountConnection = InstanceType<typeof EmailAccountConnection>;

type SenderKindName = 'SMTP' | 'MICROSOFT_GRAPH' | 'NONE';
export const SenderKind = enumeration<SenderKindName>('SenderKind', 'How accounts send.', {
  SMTP: 'By SMTP.',
  MICROSOFT_GRAPH: 'Through Microsoft Graph.',
  NONE: 'They do not send.',
});

type ReceiverKindName = 'IMAP' | 'POP3' | 'MICROSOFT_GRAPH' | 'NONE';
export const ReceiverKind = enumeration<ReceiverKindName>('ReceiverKind', 'How accounts receive.', {
  IMAP: 'By IMAP.',
  POP3: 'By POP3.',
  MICROSOFT_GRAPH: 'Through Microsoft Graph.',
  NONE: 'They do not receive.',
});

type OrderFieldName = 'ACCOUNT_ID' | 'ACCOUNT_NAME' | 'CREATED_AT' | 'UPDATED_AT';
export const EmailAccountOrderField = enumeration<OrderFieldName>('EmailAccountOrderField', 'What accounts are ordered by. Among equals, by accountId.', {
  ACCOUNT_ID: 'Their accountId, ignoring case.',
  ACCOUNT_NAME: 'Their name, ignoring case.',
  CREATED_AT: 'When they were created.',
  UPDATED_AT: 'When they last changed.',
});

export const SortDirection = enumeration<'ASC' | 'DESC'>('SortDirection', 'Which comes first.', {
  ASC: 'The lowest, the first of the alphabet, the oldest.',
  DESC: 'The highest, the last of the alphabet, the newest.',
});

@InputType({ description: 'Which order a list of accounts has.' })
export class EmailAccountOrder {
  @Field(() => EmailAccountOrderField, { description: 'By what.' })
  readonly field!: OrderFieldName;

  @Field(() => SortDirection, { description: 'In which direction.' })
  readonly direction!: 'ASC' | 'DESC';
}

@InputType({
  description: 'Which accounts: those that every field given here holds for. A list holds for an account that fits one of its values; an empty list fits none.',
})
export class EmailAccountFilter {
  @Field(() => String, {
    nullable: true,
    description: 'Words, or beginnings of words, in their id, name, addresses, user IDs and hosts. All of them must be there.',
  })
  readonly text?: string | null;

  @Field(() => [EmailAccountStatus], { nullable: true, description: 'Their status. Default: active and disabled; deleted accounts only when asked for.' })
  readonly status?: readonly AccountStatus[] | null;

  @Field(() => [ID], { nullable: true, description: 'Their provider, an id of the catalogue.' })
  readonly provider?: readonly string[] | null;

  @Field(() => [ID], { nullable: true, description: 'Their accountId, ignoring case.' })
  readonly accountId?: readonly string[] | null;

  @Field(() => String, { nullable: true, description: "The sender's whole address or the sign-in name at Microsoft Graph, ignoring case." })
  readonly emailAddress?: string | null;

  @Field(() => String, { nullable: true, description: 'The whole host of sender or receiver, ignoring case.' })
  readonly host?: string | null;

  @Field(() => [SenderKind], { nullable: true, description: 'How they send.' })
  readonly senderKind?: readonly SenderKindName[] | null;

  @Field(() => [ReceiverKind], { nullable: true, description: 'How they receive.' })
  readonly receiverKind?: readonly ReceiverKindName[] | null;

  @Field(() => Boolean, { nullable: true, description: 'Whether they have all that they need.' })
  readonly ready?: boolean | null;

  @Field(() => [ConnectionTestOutcome], { nullable: true, description: 'How their last connection test ended, stale or not. Accounts never tested fit none.' })
  readonly connectionTest?: readonly ('PASSED' | 'FAILED')[] | null;

  @Field(() => ID, { nullable: true, description: 'The name of a truststore that sender or receiver names, ignoring case.' })
  readonly truststore?: string | null;

  @Field(() => ID, { nullable: true, description: 'The name of an authentication profile that sender or receiver names, ignoring case.' })
  readonly authenticationProfile?: string | null;

  @Field(() => DateTimeRange, { nullable: true, description: 'When they last changed.' })
  readonly updatedAt?: DateTimeRange | null;
}

export type AccountFilter = EmailAccountFilter;
export type AccountOrder = EmailAccountOrder;
export const defaultOrder: AccountOrder = { field: 'ACCOUNT_ID', direction: 'ASC' };
