import { auditedStreamPrefixes } from '../src/domain/streams.js';
import { AuditEntries } from './audit-entries.js';
import { erasureTables } from './audit-erasure.js';
import { AuditIndex } from './audit-index.js';
import { AuditReader } from './audit-reader.js';
import { AuditVocabulary } from './audit-vocabulary.js';
import { AuditWriter } from './audit-writer.js';
import { writtenBlockTables } from './audit-written-blocks.js';
import { entriesABlock } from './audit-places.js';
import type { Projection } from './projection.js';

/**
 * Every event of the log as an entry: who, when, why, on what, and which fields changed. Entries are numbered in the order of the log, so that a position and a time
 * are found by halving, and searched by an index of their own: see {@link AuditIndex}.
 */
export const auditTrail: Projection<AuditReader> = auditTrailOf(entriesABlock);

/** The audit trail with an index whose blocks have so many entries. */
export function auditTrailOf(blockSize: number): Projection<AuditReader> {
  return {
    name: 'audit-trail',
    version: 2,
    // All that happens; a cluster holds the sealed secrets in streams of their own, which are none of it.
    streamPrefixes: auditedStreamPrefixes,
    tables: `
    CREATE TABLE entry (
      ordinal INTEGER PRIMARY KEY, position INTEGER NOT NULL, id TEXT NOT NULL, recorded_at INTEGER NOT NULL, -- milliseconds since 1970
      kind INTEGER NOT NULL, actor INTEGER NOT NULL, entity_key TEXT NOT NULL, version INTEGER, -- key: the id in lower case; version: null where nothing changed
      correlation_id TEXT NOT NULL, command_id TEXT, -- null for what no retry can repeat
      detail TEXT NOT NULL -- JSON; last, so that what stands before it is read without it
    ) STRICT;
    CREATE TABLE entry_kind (number INTEGER PRIMARY KEY, action TEXT NOT NULL, entity_type TEXT NOT NULL, outcome TEXT NOT NULL, entries INTEGER NOT NULL) STRICT;
    CREATE TABLE entry_actor (number INTEGER PRIMARY KEY, kind TEXT NOT NULL, actor_id TEXT NOT NULL, name TEXT NOT NULL) STRICT;
    CREATE INDEX entry_by_version ON entry (entity_key, version) WHERE version IS NOT NULL; -- from the beginning: the writer looks accounts up by it
    ${erasureTables}
    ${writtenBlockTables}`,
    indexes: ['CREATE INDEX entry_by_id ON entry (id)', 'CREATE INDEX entry_by_command ON entry (command_id) WHERE command_id IS NOT NULL'],
    open: (view) => {
      const vocabulary = new AuditVocabulary(view);
      const entries = new AuditEntries(view, vocabulary);
      const index = new AuditIndex(view, (ordinal) => entries.termsSince(ordinal), blockSize);
      index.load();
      return { writer: new AuditWriter(view, vocabulary, entries, index), reader: new AuditReader(view, vocabulary, entries, index) };
    },
  };
}
