import { Args, Ctx, Field, ID, Int, ObjectType } from 'type-graphql';
import type { Certificate as CertificateFacts } from '../../src/domain/email-account/connection-test.js';
import type { TruststoreSnapshot } from '../../src/domain/truststore/snapshot.js';
import { auditEntries, AuditEntryConnection } from '../audit/audit-entry-connection.js';
import { Certificate } from '../connection-test/connection-test-stage.js';
import { ofAccountsNaming } from '../cost.js';
import { DateTime } from '../date-time/date-time-scalar.js';
import { EmailAccountConnection } from '../email-account/account-list.js';
import { accountsNaming } from '../email-account/accounts-fitting.js';
import { globalId, keyThen } from '../node/global-id.js';
import { Node } from '../node/node.js';
import { connectionOf } from '../paging/connection.js';
import { PageArguments } from '../paging/page-arguments.js';
import type { Past, RequestContext } from '../request-context.js';

/** A truststore may hold a hundred certificates of 2 KB each. */
const costOfCertificates = 10;

@ObjectType({
  implements: Node,
  description:
    'A named set of certificates that connections trust which name it: root CAs, intermediate CAs, or the certificate of one server. Host name and dates are always checked as well.',
})
export class Truststore implements Node {
  readonly #snapshot: TruststoreSnapshot;
  readonly #past: Past | null;

  /** @param past what there was beside the truststore when it was like this; null for the truststore as it is now. */
  constructor(snapshot: TruststoreSnapshot, past: Past | null = null) {
    this.#snapshot = snapshot;
    this.#past = past;
  }

  get id(): string {
    return globalId('Truststore', keyThen(this.name.toLowerCase(), this.#past?.moment));
  }

  @Field(() => ID, { description: 'The name that accounts refer to it by. Unique ignoring case, and final.' })
  get name(): string {
    return this.#snapshot.truststore.name;
  }

  @Field(() => [Certificate], {
    description: 'What it trusts, in the order in which they were added: at most 100. Empty: nobody is trusted, unless the system roots are.',
    complexity: ({ childComplexity }) => costOfCertificates * (1 + childComplexity),
  })
  get certificates(): readonly CertificateFacts[] {
    return this.#snapshot.truststore.certificates;
  }

  @Field(() => Boolean, { description: "Whether the public CAs that the service's runtime trusts are trusted beside them." })
  get includeSystemRoots(): boolean {
    return this.#snapshot.truststore.includeSystemRoots;
  }

  @Field(() => Int, { description: 'Counts the events of the name, those of an earlier truststore of the name too. For `expectedVersion`.' })
  get version(): number {
    return this.#snapshot.version;
  }

  @Field(() => DateTime, { description: 'When it was created.' })
  get createdAt(): string {
    return this.#snapshot.createdAt;
  }

  @Field(() => DateTime, { description: 'When it was last changed.' })
  get updatedAt(): string {
    return this.#snapshot.updatedAt;
  }

  @Field(() => EmailAccountConnection, {
    description:
      'The accounts that name it, by accountId, deleted ones too: while there are any, it cannot be deleted. Of an earlier time: those that named it then, as they were then.',
    complexity: ofAccountsNaming,
  })
  usedBy(@Args(() => PageArguments) page: PageArguments, @Ctx() context: RequestContext): EmailAccountConnection | Promise<EmailAccountConnection> {
    return accountsNaming({ truststore: this.name }, page, this.#past, context);
  }

  @Field(() => AuditEntryConnection, {
    description:
      'All that was done to the truststore and attempted on it, oldest first: `last: 20` gives the newest. An earlier truststore of the name is in it too. The whole history, also on the truststore as it was.',
  })
  history(@Args(() => PageArguments) page: PageArguments, @Ctx() context: RequestContext): AuditEntryConnection {
    return auditEntries('Truststore.history', { entityType: ['Truststore'], entityId: [this.name] }, page, context);
  }
}

export const TruststoreConnection = connectionOf('Truststore', 'truststores', () => Truststore, true);
export type TruststoreConnection = InstanceType<typeof TruststoreConnection>;
