import { Field, Int, ObjectType } from 'type-graphql';
import { enumeration } from '../../enumeration.js';
import type { DataOf, EntriesOf } from './entry-table.js';

@ObjectType({ description: 'What somebody looked for in the audit trail.' })
export class AuditSearch {
  @Field(() => String, { description: 'The field, e.g. `auditTrail` or `EmailAccount.history`; or the command, e.g. `audit leaves`.' })
  readonly field!: string;

  @Field(() => String, { description: 'Its filter, as JSON. Of a text only that there was one.' })
  readonly filter!: string;
}

export const AuditExportFormat = enumeration<DataOf<'AuditExported'>['format']>('AuditExportFormat', 'How exported entries are written.', {
  JSONL: 'One JSON object a line.',
  CSV: 'RFC 4180, for spreadsheets.',
  CEF: 'Common Event Format, for systems that watch security events.',
});

export const LogVerdict = enumeration<DataOf<'LogVerified'>['verdict']>('LogVerdict', 'What a verification of the log came to.', {
  VERIFIED: 'The log is what was signed.',
  DAMAGED: 'The log, or what vouches for it, was changed.',
  UNVERIFIABLE: 'Nothing was found that was changed, but there was too little to judge by.',
});

/** Who read the audit trail, where it was sent, and whether it was found whole. */
export const reviewEntries: EntriesOf<
  'AuditSearched' | 'AuditExported' | 'LogVerified' | 'AuditStreamDeadLettered' | 'AuditStreamDeadLettersRetried' | 'AuditStreamReplayed'
> = {
  AuditSearched: {
    description: 'Somebody read the audit trail, a history out of it, or a comparison of versions. Recorded at most once a minute for each caller.',
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
  LogVerified: {
    description: 'Somebody had the whole log verified: by its hashes, and by every checkpoint of it that they had.',
    adds: {
      verdict: { type: () => LogVerdict, description: 'What came of it.', of: (data) => data.verdict },
      events: { type: () => Int, description: 'How many events were read.', of: (data) => data.events },
      treeSize: { type: () => String, description: 'How many of them are leaves of the tree.', of: (data) => data.treeSize },
      rootHash: { type: () => String, description: 'The root of the tree, in base64.', of: (data) => data.rootHash },
      checkpoints: { type: () => Int, description: 'How many checkpoints were signed by a trusted key and hold.', of: (data) => data.checkpoints },
    },
  },
  AuditStreamDeadLettered: {
    description:
      'The receiver of the audit stream takes entries and did not take these: they were put aside, and can be sent once more. Recorded at most once a minute.',
    adds: {
      count: { type: () => Int, description: 'How many.', of: (data) => data.count },
      firstPosition: { type: () => String, description: 'The position of the first of them.', of: (data) => data.firstPosition },
      lastPosition: { type: () => String, description: 'The position of the last of them.', of: (data) => data.lastPosition },
    },
  },
  AuditStreamDeadLettersRetried: {
    description: 'Somebody had sent once more what the receiver of the audit stream had not taken.',
    adds: { count: { type: () => Int, description: 'How many entries.', of: (data) => data.count } },
  },
  AuditStreamReplayed: {
    description: 'Somebody had a part of the audit trail streamed to its receiver again.',
    adds: {
      after: { type: () => String, nullable: true, description: 'Everything after this position; null: from the beginning.', of: (data) => data.after },
      reached: { type: () => String, description: 'The position that the stream had come to.', of: (data) => data.reached },
    },
  },
};
