import { Arg, Ctx, Field, ID, ObjectType, Resolver, Root, Subscription } from 'type-graphql';
import { AuditEntry } from '../audit/audit-entry.js';
import { readPastsAnew } from '../as-of.js';
import type { AuditRow } from '../audit/audit-row.js';
import { auditEntryOf } from '../audit/entries.js';
import { followAuditTrail } from '../audit/follow-audit-trail.js';
import type { RequestContext } from '../request-context.js';
import { EmailAccount } from './email-account.js';

@ObjectType({ description: 'One change of an account, as it was recorded.' })
export class EmailAccountChange {
  readonly #row: AuditRow;
  readonly #account: EmailAccount | null;

  constructor(row: AuditRow, account: EmailAccount | null) {
    this.#row = row;
    this.#account = account;
  }

  @Field(() => String, { description: 'Where in the log: opaque. Send the last one seen as `after` to go on from there.' })
  get cursor(): string {
    return this.#row.position.toString();
  }

  @Field(() => ID, { description: 'Which account.' })
  get accountId(): string {
    return this.#row.entityId;
  }

  @Field(() => EmailAccount, { nullable: true, description: 'The account as it is now, with this change and any that came after it; null when it was erased.' })
  get account(): EmailAccount | null {
    return this.#account;
  }

  @Field(() => AuditEntry, { description: 'What changed, who changed it and why.' })
  get entry(): AuditEntry {
    return auditEntryOf(this.#row);
  }
}

@Resolver()
export class EmailAccountChanged {
  @Subscription(() => EmailAccountChange, {
    description:
      'Tells of every change of an account as it is recorded, connection tests among them; refused attempts are none. With `after`, the cursor last seen, it first tells of all ' +
      'that changed since: a client that reconnects misses nothing and is told nothing twice.',
    subscribe: ({ args, context }: { args: { accountId?: string | null; after?: string | null }; context: RequestContext }) =>
      followAuditTrail(
        context,
        { entityType: ['EmailAccount'], outcome: ['ACCEPTED'], entityId: args.accountId ? [args.accountId] : null },
        args.after ?? null,
      ),
  })
  emailAccountChanged(
    @Root() row: AuditRow,
    @Arg('accountId', () => ID, { nullable: true, description: 'Which account. Matched ignoring case. Default: all.' }) _accountId: string | null | undefined,
    @Arg('after', () => String, { nullable: true, description: 'Only what changed after this cursor. Default: what changes from now on.' })
    _after: string | null | undefined,
    @Ctx() context: RequestContext,
  ): EmailAccountChange {
    readPastsAnew(context);
    const snapshot = context.accounts.find(row.entityId);
    return new EmailAccountChange(row, snapshot && new EmailAccount(snapshot));
  }
}
