import { Field, ID, Int, ObjectType } from 'type-graphql';
import { EventStoreEngine } from '../../service/service-status.js';
import { DateTime } from '../../date-time/date-time-scalar.js';
import { ExpirySubject } from '../../expiry/expiry.js';
import type { DataOf, EntriesOf, Extras } from './entry-table.js';

@ObjectType({ description: 'A view that was built anew.' })
export class RebuiltView {
  @Field(() => String, { description: 'Which view.' })
  readonly name!: string;

  @Field(() => Int, { description: 'How many events it took.' })
  readonly events!: number;
}

@ObjectType({ description: 'A view that was put in place from a copy.' })
export class RestoredView {
  @Field(() => String, { description: 'Which view.' })
  readonly name!: string;

  @Field(() => String, { nullable: true, description: 'Up to where in the log it was; null for an empty one.' })
  readonly position!: string | null;
}

const program: Extras<DataOf<'ServiceStarted'>> = {
  programVersion: { type: () => String, description: 'Which release of Postledger it was.', of: (data) => data.programVersion },
  engine: { type: () => EventStoreEngine, description: 'What keeps the log of events.', of: (data) => data.engine },
  node: { type: () => String, description: 'The name of the machine that it runs on.', of: (data) => data.node },
};

/** What was done to the service itself, and what it told of by itself. */
export const operationEntries: EntriesOf<
  | 'ExpiryApproached'
  | 'ServiceStarted'
  | 'ServiceStopped'
  | 'ViewsRebuilt'
  | 'ViewsRestored'
  | 'SecretsVerified'
  | 'ServersScavenged'
  | 'StoreAccessGranted'
  | 'RootKeysRotated'
  | 'LogRestoreAccepted'
> = {
  ExpiryApproached: {
    description: 'Something comes to its end: recorded once for each of 30, 7 and 1 days before.',
    adds: {
      subject: { type: () => ExpirySubject, description: 'What it is.', of: (data) => data.subject },
      expiresAt: { type: () => DateTime, nullable: true, description: 'When it ends. Never null here.', of: (data) => data.expiresAt },
      withinDays: { type: () => Int, description: 'Within how many days from then: 30, 7 or 1.', of: (data) => data.withinDays },
      fingerprintSha256: {
        type: () => String,
        nullable: true,
        description: "The certificate's SHA-256 fingerprint; null for what is none.",
        of: (data) => (data.key === '' ? null : data.key),
      },
    },
  },
  ServiceStarted: {
    description: 'A node of the service started. Where none of its stops stands between two of its starts, it was killed or failed.',
    adds: program,
  },
  ServiceStopped: { description: 'A node of the service stopped in good order.', adds: program },
  ViewsRebuilt: {
    description: 'Views were built anew from the log, because somebody asked for it.',
    adds: { views: { type: () => [RebuiltView], description: 'Which, in the order in which they were done.', of: (data) => data.views } },
  },
  ViewsRestored: {
    description: 'Views were put in place from a copy that was made at another time or on another node.',
    adds: {
      restoredViews: { type: () => [RestoredView], description: 'Which, and how much of the log each shows.', of: (data) => data.views },
      takenAt: { type: () => DateTime, description: 'When the copy was made.', of: (data) => data.takenAt },
      programVersion: { type: () => String, description: 'Which release of Postledger it was.', of: (data) => data.programVersion },
    },
  },
  SecretsVerified: {
    description: 'Somebody had every stored password opened to see whether it can be. None was shown.',
    adds: {
      checked: { type: () => Int, description: 'How many were opened.', of: (data) => data.checked },
      unreadable: { type: () => Int, description: 'How many could not be.', of: (data) => data.unreadable },
    },
  },
  ServersScavenged: {
    description: 'The servers of the event store took what was erased out of their files, because somebody asked for it.',
    adds: { servers: { type: () => [String], description: 'Which, each with host and port.', of: (data) => data.servers } },
  },
  StoreAccessGranted: {
    description: "An administrator of the event store let the service's user do more there.",
    adds: {
      operator: { type: () => String, description: 'Who granted it: a user of the event store.', of: (data) => data.operator },
      storeUser: { type: () => String, description: 'Whom: a user of the event store.', of: (data) => data.storeUser },
      rights: { type: () => [String], description: 'What they may do from then on.', of: (data) => data.rights },
    },
  },
  RootKeysRotated: {
    description: 'Every key was wrapped anew under the root key in use.',
    adds: {
      rootKeyId: { type: () => ID, description: 'The id of that root key.', of: (data) => data.rootKeyId },
      keys: { type: () => Int, description: 'How many keys were wrapped anew.', of: (data) => data.keys },
      failedAccounts: { type: () => Int, description: 'How many accounts have a key that could not be unwrapped.', of: (data) => data.failedAccounts },
    },
  },
  LogRestoreAccepted: {
    description: 'Somebody said that the log was restored from a backup: what was signed of its lost end is no longer looked for.',
    adds: {
      standingTreeSize: {
        type: () => String,
        description: 'How many events the newest checkpoint covers that the log still begins with; 0 for none.',
        of: (data) => data.standingTreeSize,
      },
      formerTreeSize: { type: () => String, description: 'How many events the newest checkpoint of the lost log covered.', of: (data) => data.formerTreeSize },
      formerRootHash: { type: () => String, description: 'The root of its tree, in base64.', of: (data) => data.formerRootHash },
    },
  },
};
