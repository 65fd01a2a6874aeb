import { Field, ID, Int, ObjectType, type ClassType } from 'type-graphql';
import { upcast, type PostledgerEvent, type PostledgerEventType } from '../../src/domain/event-catalogue.js';
import type { AuthenticationFailure as Failure } from '../../src/domain/security-log/events.js';
import { serverInWords } from '../../src/domain/truststore/mail-server.js';
import { Role } from '../access/role.js';
import { ConnectionTestOutcome } from '../connection-test/connection-test.js';
import { Certificate, ConnectionTestStage, DiagnosisCode } from '../connection-test/connection-test-stage.js';
import { RoundTripStageName } from '../connection-test/round-trip.js';
import { EventStoreEngine } from '../service/service-status.js';
import { DateTime } from '../date-time/date-time-scalar.js';
import { secretStatus, SecretStatus } from '../email-account/connection-settings.js';
import { Receiver, receiverOf } from '../email-account/receiver.js';
import { Sender, senderOf } from '../email-account/sender.js';
import { enumeration } from '../enumeration.js';
import { ExpirySubject } from '../expiry/expiry.js';
import { AuditEntry } from './audit-entry.js';
import type { AuditRow } from './audit-row.js';

export const AuthenticationFailure = enumeration<Failure>('AuthenticationFailure', 'Why somebody was not recognised.', {
  MALFORMED: 'What was shown is no token at all, or is mistyped.',
  UNKNOWN: 'There is no such token.',
  EXPIRED: 'The token has expired.',
  REVOKED: 'The token was revoked.',
});

@ObjectType({ description: 'One thing that was wrong with a refused command. Never holds what was sent.' })
export class RefusedProblem {
  @Field(() => String, { description: 'As UserErrorCode names it.' })
  readonly code!: string;

  @Field(() => [String], { nullable: true, description: 'The path inside `input`; null when it was about the whole.' })
  readonly field!: readonly string[] | null;
}

@ObjectType({ description: 'What somebody looked for in the audit trail.' })
export class AuditSearch {
  @Field(() => String, { description: 'The query or subscription, e.g. `auditTrail`.' })
  readonly field!: string;

  @Field(() => String, { description: 'Its filter, as JSON. Of a text only that there was one.' })
  readonly filter!: string;
}

export const AuditExportFormat = enumeration<DataOf<'AuditExported'>['format']>('AuditExportFormat', 'How exported entries are written.', {
  JSONL: 'One JSON object a line.',
  CSV: 'RFC 4180, for spreadsheets.',
  CEF: 'Common Event Format, for systems that watch security events.',
});

@ObjectType({ description: 'A view that was built anew.' })
export class RebuiltView {
  @Field(() => String, { description: 'Which view.' })
  readonly name!: string;

  @Field(() => Int, { description: 'How many events it took.' })
  readonly events!: number;
}

type DataOf<Type extends PostledgerEventType> = Extract<PostledgerEvent, { readonly type: Type }>['data'];

/** What an entry adds to AuditEntry: the field's type, what it means, and where in the event's data it stands. */
interface Extra<Data> {
  readonly type: () => ClassType | object | [object];
  readonly nullable?: true;
  readonly description: string;
  readonly of: (data: Data) => unknown;
}
type Extras<Data> = Readonly<Record<string, Extra<Data>>>;
type EntryTable = { readonly [Type in PostledgerEventType]: { readonly description: string; readonly adds: Extras<DataOf<Type>> } };

const accountName: Extra<{ readonly accountName: string }> = {
  type: () => String,
  description: "The account's name from here on.",
  of: (data) => data.accountName,
};
const provider: Extra<{ readonly provider: string }> = {
  type: () => ID,
  description: "The account's provider from here on: an id of the catalogue.",
  of: (data) => data.provider,
};
const command: Extra<{ readonly command: string }> = {
  type: () => String,
  description: 'The mutation, query or subscription that was attempted.',
  of: (data) => data.command,
};
const told: Extra<{ readonly count?: number }> = {
  type: () => Int,
  description: 'How often: attempts of one caller that are alike and of one minute are told together, once there are many.',
  of: (data) => data.count ?? 1,
};
const program: Extras<DataOf<'ServiceStarted'>> = {
  programVersion: { type: () => String, description: 'Which release of Postledger it was.', of: (data) => data.programVersion },
  engine: { type: () => EventStoreEngine, description: 'What keeps the log of events.', of: (data) => data.engine },
  node: { type: () => String, description: 'The name of the machine that it runs on.', of: (data) => data.node },
};
const testOutcome: Extra<{ readonly outcome: 'PASSED' | 'FAILED' }> = {
  type: () => ConnectionTestOutcome,
  description: 'How it ended.',
  of: (data) => data.outcome,
};
const password: Extra<DataOf<'SenderPasswordChanged'>> = {
  type: () => SecretStatus,
  description: 'What may be known of the password from here on.',
  of: (data) => secretStatus(data.password),
};

/** Every event there is, with what is typed about it. A field of one name has one type in all entries, so that fragments on several of them can stand side by side. */
const table: EntryTable = {
  AccountCreated: {
    description: 'An account was created.',
    adds: { accountId: { type: () => ID, description: "The account's id, as it was written.", of: (data) => data.accountId }, accountName, provider },
  },
  AccountRenamed: { description: 'An account got another name.', adds: { accountName } },
  ProviderChanged: { description: 'An account was given to another provider of the catalogue.', adds: { provider } },
  SenderConfigured: {
    description: "An account's sender was configured, the whole section.",
    adds: { sender: { type: () => Sender, description: 'The sender from here on.', of: (data) => senderOf(data.sender) } },
  },
  SenderRemoved: { description: "An account's sender was removed, and its password destroyed.", adds: {} },
  ReceiverConfigured: {
    description: "An account's receiver was configured, the whole section.",
    adds: { receiver: { type: () => Receiver, description: 'The receiver from here on.', of: (data) => receiverOf(data.receiver) } },
  },
  ReceiverRemoved: { description: "An account's receiver was removed, and its password destroyed.", adds: {} },
  SenderPasswordChanged: { description: "The password of an account's sender was replaced or cleared.", adds: { password } },
  ReceiverPasswordChanged: { description: "The password of an account's receiver was replaced or cleared.", adds: { password } },
  AccountDisabled: { description: 'An account was disabled.', adds: {} },
  AccountEnabled: { description: 'An account was enabled.', adds: {} },
  AccountDeleted: { description: 'An account was deleted. It can be restored.', adds: {} },
  AccountRestored: { description: 'A deleted account was restored.', adds: {} },
  AccountErased: { description: 'An account was erased for good: the key of its secrets is destroyed.', adds: {} },
  ConnectionTested: {
    description: "A saved account's connections were tested.",
    adds: {
      testOutcome: { ...testOutcome, of: (data) => data.test.outcome },
      testedVersion: { type: () => Int, description: 'The version of the account whose settings were tested.', of: (data) => data.testedVersion },
      stages: { type: () => [ConnectionTestStage], description: 'The steps in the order in which they ended.', of: (data) => data.test.stages },
    },
  },
  ApiTokenIssued: {
    description: 'An API token was issued. The token itself is stored nowhere.',
    adds: {
      tokenName: { type: () => String, description: "The token's name.", of: (data) => data.name },
      role: { type: () => Role, description: 'The role that its holder has.', of: (data) => data.role },
      expiresAt: { type: () => DateTime, nullable: true, description: 'When it ends; null when it does not.', of: (data) => data.expiresAt },
    },
  },
  ApiTokenRevoked: { description: 'An API token was revoked: it opens nothing any more.', adds: {} },
  ApiTokenUsed: { description: 'An API token was used. Recorded at most once an hour for each token.', adds: {} },
  ExpiryApproached: {
    description: 'Something comes to its end: recorded once for each of 30, 7 and 1 days before.',
    adds: {
      subject: { type: () => ExpirySubject, description: 'What it is.', of: (data) => data.subject },
      expiresAt: { type: () => DateTime, description: 'When it ends.', of: (data) => data.expiresAt },
      withinDays: { type: () => Int, description: 'Within how many days from then: 30, 7 or 1.', of: (data) => data.withinDays },
      fingerprintSha256: {
        type: () => String,
        nullable: true,
        description: "The certificate's SHA-256 fingerprint; null for what is none.",
        of: (data) => (data.key === '' ? null : data.key),
      },
    },
  },
  AuthenticationProfileCreated: {
    description: 'An authentication profile was created.',
    adds: { profileName: { type: () => ID, description: "The profile's name, as it was written.", of: (data) => data.profile.name } },
  },
  AuthenticationProfileChanged: { description: 'An authentication profile was changed.', adds: {} },
  AuthenticationProfileDeleted: { description: 'An authentication profile was deleted, and its secrets were destroyed.', adds: {} },
  ConsentGranted: {
    description:
      'The owner of a mailbox consented to an authentication profile. The actor is who began the consent, the origin is where the browser came back from.',
    adds: {
      scopes: { type: () => [String], nullable: true, description: 'What was granted; null where the provider did not say.', of: (data) => data.scopes },
    },
  },
  ConsentLost: {
    description: "The provider takes an authentication profile's refresh token no more: somebody has to act before there is access again.",
    adds: { lossMessage: { type: () => String, description: 'Why, for people.', of: (data) => data.message } },
  },
  RefreshTokenRotated: {
    description: "The provider gave a new refresh token in place of an authentication profile's own, which was destroyed.",
    adds: {},
  },
  TruststoreCreated: {
    description: 'A truststore was created.',
    adds: {
      truststoreName: { type: () => ID, description: "The truststore's name, as it was written.", of: (data) => data.name },
      includeSystemRoots: { type: () => Boolean, description: "Whether it trusts the runtime's public CAs as well.", of: (data) => data.includeSystemRoots },
    },
  },
  CertificateAdded: {
    description: 'A certificate was added to a truststore.',
    adds: {
      certificate: { type: () => Certificate, description: 'The certificate that is trusted from here on.', of: (data) => data.certificate },
      fetchedFrom: {
        type: () => String,
        nullable: true,
        description: 'The server that showed it, e.g. `mail.example.com:143 (IMAP_STARTTLS)`; null for one that somebody entered.',
        of: (data) => data.fetchedFrom && serverInWords(data.fetchedFrom),
      },
    },
  },
  CertificateRemoved: {
    description: 'A certificate was taken out of a truststore.',
    adds: {
      fingerprintSha256: {
        type: () => String,
        nullable: true,
        description: "The certificate's SHA-256 fingerprint. Never null here.",
        of: (data) => data.fingerprintSha256,
      },
    },
  },
  TruststoreDeleted: { description: 'A truststore was deleted, with its certificates.', adds: {} },
  CommandRefused: {
    description: 'A change was refused by a rule.',
    adds: { command, problems: { type: () => [RefusedProblem], description: 'All that was wrong with it.', of: (data) => data.problems }, count: told },
  },
  CommandConflicted: {
    description: 'A change was refused, because somebody else had made another since the caller looked.',
    adds: {
      command,
      expectedVersion: { type: () => Int, description: 'The version that the caller took for the current one.', of: (data) => data.expectedVersion },
      currentVersion: { type: () => Int, description: 'The version that was the current one.', of: (data) => data.currentVersion },
    },
  },
  CommandChangedNothing: { description: 'A change was allowed, and everything was so already.', adds: { command } },
  CommandFailed: {
    description: 'A change failed through a fault of the service.',
    adds: { command, reference: { type: () => ID, description: "What the caller's error and the service's log name it by.", of: (data) => data.reference } },
  },
  AccessDenied: {
    description: 'Somebody asked for what their role does not allow.',
    adds: { command, role: { type: () => Role, description: 'The role that they had.', of: (data) => data.role }, count: told },
  },
  DraftConnectionTested: {
    description: 'Connections were tested that no account holds yet: a draft.',
    adds: {
      command,
      targets: { type: () => [String], description: 'The endpoints, e.g. `smtp://mail.example.com:587?tls=required`.', of: (data) => data.targets },
      testOutcome,
    },
  },
  ServerCertificateInspected: {
    description: 'Somebody looked at the certificates of a mail server.',
    adds: {
      command,
      server: { type: () => String, description: 'The server, e.g. `mail.example.com:143 (IMAP_STARTTLS)`.', of: (data) => serverInWords(data.server) },
      code: { type: () => DiagnosisCode, description: 'What came of it: OK for a chain that is trusted.', of: (data) => data.code },
    },
  },
  TestMessageSent: {
    description: "A test message was handed to a sender's server, or was not taken.",
    adds: {
      command,
      messageId: { type: () => String, description: "The message's Message-ID (RFC 5322).", of: (data) => data.messageId },
      code: { type: () => DiagnosisCode, description: 'What came of it: OK when the server took it.', of: (data) => data.code },
      serverResponse: {
        type: () => String,
        nullable: true,
        description: 'What the server said; null when it said nothing.',
        of: (data) => data.serverResponse,
      },
    },
  },
  RoundTripVerified: {
    description: 'A message was sent through an account and looked for in its own mailbox.',
    adds: {
      command,
      messageId: { type: () => String, description: "The message's Message-ID (RFC 5322).", of: (data) => data.messageId },
      stoppedAt: {
        type: () => RoundTripStageName,
        nullable: true,
        description: 'The step that failed; null when it came all the way.',
        of: (data) => data.stoppedAt,
      },
      code: { type: () => DiagnosisCode, description: 'What came of it: OK when it came all the way.', of: (data) => data.code },
    },
  },
  AuthenticationFailed: {
    description: 'Somebody called and did not prove who they are.',
    adds: {
      cause: { type: () => AuthenticationFailure, description: 'Why they were not recognised.', of: (data) => data.cause },
      count: { type: () => Int, description: 'How often: failures of one minute and address are told together.', of: (data) => data.count },
    },
  },
  ConsentBegun: {
    description: 'Somebody was sent to a provider to consent to an authentication profile. What came of it stands under the correlation id `consentId`.',
    adds: { command, consentId: { type: () => ID, description: 'The correlation id of what comes of it.', of: (data) => data.consentId } },
  },
  SettingsDiscovered: {
    description: 'Somebody had the settings of an email address searched for.',
    adds: {
      command,
      domain: { type: () => String, description: 'The domain of the address. The mailbox is not recorded.', of: (data) => data.domain },
      candidates: {
        type: () => Int,
        nullable: true,
        description: 'How many were found; null for a search that was broken off.',
        of: (data) => data.candidates,
      },
    },
  },
  AuditSearched: {
    description: 'Somebody read the audit trail. Recorded at most once a minute for each caller.',
    adds: {
      count: { type: () => Int, description: 'How often since the entry before, of this caller and node.', of: (data) => data.count },
      searches: { type: () => [AuditSearch], description: 'What was looked for, each once, at most 20.', of: (data) => data.searches },
    },
  },
  AuditExported: {
    description: 'Entries of the audit trail were exported: recorded before the first of them left the service.',
    adds: {
      format: { type: () => AuditExportFormat, description: 'How they were written.', of: (data) => data.format },
      filter: { type: () => String, description: 'Which entries, as JSON. Of a text only that there was one.', of: (data) => data.filter },
      after: {
        type: () => String,
        nullable: true,
        description: 'Only those after this position: an export that went on. Null for the beginning.',
        of: (data) => data.after,
      },
      until: { type: () => String, description: 'The last position that could be among them.', of: (data) => data.until },
      entries: {
        type: () => Int,
        nullable: true,
        description: 'How many there were; null where a count would have cost a scan. Whether all were fetched is not known here.',
        of: (data) => data.entries,
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
  RootKeysRotated: {
    description: 'Every key was wrapped anew under the root key in use.',
    adds: {
      rootKeyId: { type: () => ID, description: 'The id of that root key.', of: (data) => data.rootKeyId },
      keys: { type: () => Int, description: 'How many keys were wrapped anew.', of: (data) => data.keys },
      failedAccounts: { type: () => Int, description: 'How many accounts have a key that could not be unwrapped.', of: (data) => data.failedAccounts },
    },
  },
};

@ObjectType({ implements: AuditEntry, description: 'An event that this version of the service does not know: a newer one wrote it. `action` names it.' })
export class UnknownEntry extends AuditEntry {}

function entryType(name: string, description: string, adds: Extras<object>): new (row: AuditRow, data: object) => AuditEntry {
  class Entry extends AuditEntry {
    readonly #data: object;

    constructor(row: AuditRow, data: object) {
      super(row);
      this.#data = data;
    }

    static adds(field: string, extra: Extra<object>): void {
      Object.defineProperty(Entry.prototype, field, {
        get(this: Entry) {
          return extra.of(this.#data);
        },
      });
      Field(extra.type, { description: extra.description, nullable: extra.nullable ?? false })(Entry.prototype, field);
    }
  }
  for (const [field, extra] of Object.entries(adds)) Entry.adds(field, extra);
  ObjectType(name, { implements: AuditEntry, description })(Entry);
  return Entry;
}

/** One class an event, made from the table: `AccountCreatedEntry` implements AuditEntry and adds the fields listed. */
const entryTypes = new Map<string, new (row: AuditRow, data: object) => AuditEntry>(
  Object.entries(table).map(([event, { description, adds }]) => [event, entryType(`${event}Entry`, description, adds as Extras<object>)]),
);

/** The row as the type of its event. */
export function auditEntryOf(row: AuditRow): AuditEntry {
  const event = upcast({ type: row.action, data: row.data, metadata: row.metadata });
  const EntryType = event && entryTypes.get(event.type);
  return EntryType ? new EntryType(row, event.data) : new UnknownEntry(row);
}
