import { Args, Ctx, Field, ID, Int, ObjectType } from 'type-graphql';
import { divergesFromProvider } from '../../src/domain/email-account/provider-divergence.js';
import { readinessOf } from '../../src/domain/email-account/readiness.js';
import type { EmailAccountSnapshot } from '../../src/domain/email-account/snapshot.js';
import { Actor } from '../actor/actor.js';
import { auditEntries, AuditEntryConnection } from '../audit/audit-entry-connection.js';
import { ConnectionTest, lastTestOf } from '../connection-test/connection-test.js';
import { DateTime } from '../date-time/date-time-scalar.js';
import { globalId, keyThen } from '../node/global-id.js';
import { Node } from '../node/node.js';
import { PageArguments } from '../paging/page-arguments.js';
import { EmailProvider, emailProviderOf } from '../provider/email-provider.js';
import type { Past, RequestContext } from '../request-context.js';
import { EmailAccountStatus, type AccountStatus } from './account-status.js';
import { Readiness } from './readiness.js';
import { Receiver, receiverOf } from './receiver.js';
import { Sender, senderOf } from './sender.js';

const statuses = { active: 'ACTIVE', disabled: 'DISABLED', deleted: 'DELETED' } as const;

@ObjectType({ implements: Node, description: 'An email account: who it is, how it sends, how it receives.' })
export class EmailAccount implements Node {
  readonly #snapshot: EmailAccountSnapshot;
  readonly #past: Past | null;

  /** @param past what there was beside the account when it was like this; null for the account as it is now. */
  constructor(snapshot: EmailAccountSnapshot, past: Past | null = null) {
    this.#snapshot = snapshot;
    this.#past = past;
  }

  get id(): string {
    return globalId('EmailAccount', keyThen(this.#snapshot.account.accountId.toLowerCase(), this.#past?.moment));
  }

  @Field(() => ID, { description: 'The key that applications name it by. Unique ignoring case, and final.' })
  get accountId(): string {
    return this.#snapshot.account.accountId;
  }

  @Field(() => String, { description: 'Its name, for people. Need not be unique.' })
  get accountName(): string {
    return this.#snapshot.account.accountName;
  }

  @Field(() => EmailProvider, { description: 'The provider of the catalogue that prefilled what the caller left out.' })
  get provider(): EmailProvider {
    return emailProviderOf(this.#snapshot.account.provider);
  }

  @Field(() => Boolean, { description: 'Whether host, port or security of a section no longer match what the provider presets. Never so for `custom`.' })
  get providerDiverged(): boolean {
    return divergesFromProvider(this.#snapshot.account);
  }

  @Field(() => EmailAccountStatus, { description: 'Whether it is in use. A deleted account is still found by its accountId, and can be restored.' })
  get status(): AccountStatus {
    return statuses[this.#snapshot.account.status];
  }

  @Field(() => Int, {
    description: 'Counts the events of the account, connection tests among them; 3 after a create with both sections. For `expectedVersion` and `atVersion`.',
  })
  get version(): number {
    return this.#snapshot.version;
  }

  @Field(() => Sender, { nullable: true, description: 'How it sends; null when it does not.' })
  get sender(): Sender | null {
    const { sender } = this.#snapshot.account;
    return sender && senderOf(sender, this.#past);
  }

  @Field(() => Receiver, { nullable: true, description: 'How it receives; null when it does not.' })
  get receiver(): Receiver | null {
    const { receiver } = this.#snapshot.account;
    return receiver && receiverOf(receiver, this.#past);
  }

  @Field(() => Readiness, {
    description:
      'Whether it has all that it needs before it can be used. Of an earlier version or time: whether it had, by the truststores and profiles that there were then, and what was about to expire then.',
  })
  readiness(@Ctx() { knownNames }: RequestContext): Readiness | Promise<Readiness> {
    return this.#past === null ? readinessOf(this.#snapshot.account, knownNames) : this.#past.readiness(this.#snapshot);
  }

  @Field(() => ConnectionTest, { nullable: true, description: 'How the last connection test of the saved account went; null when there was none.' })
  get connectionTest(): ConnectionTest | null {
    return lastTestOf(this.#snapshot, { past: this.#past });
  }

  @Field(() => DateTime, { description: 'When it was created.' })
  get createdAt(): string {
    return this.#snapshot.createdAt;
  }

  @Field(() => DateTime, { description: 'When the account itself last changed. A connection test is no change of it.' })
  get updatedAt(): string {
    return this.#snapshot.updatedAt;
  }

  @Field(() => Actor, { description: 'Who created it.' })
  get createdBy(): Actor {
    return this.#snapshot.createdBy;
  }

  @Field(() => Actor, { description: 'Who last changed it.' })
  get updatedBy(): Actor {
    return this.#snapshot.updatedBy;
  }

  @Field(() => AuditEntryConnection, {
    description:
      'All that was done to the account and attempted on it, oldest first: `last: 20` gives the newest. The whole history, also on an older version of the account.',
  })
  history(@Args(() => PageArguments) page: PageArguments, @Ctx() context: RequestContext): AuditEntryConnection {
    return auditEntries('EmailAccount.history', { entityType: ['EmailAccount'], entityId: [this.accountId] }, page, context);
  }
}
