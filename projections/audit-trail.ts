import { auditedStreamPrefixes } from '../src/domain/streams.js';
import { AuditReader } from './audit-reader.js';
import { AuditVocabulary } from './audit-vocabulary.js';
import { AuditWriter } from './audit-writer.js';
import type { Projection } from './projection.js';
import { tokenizer } from './words.js';

/**
 * Every event of the log as an entry: who, when, why, on what, and which fields changed. Entries are found by their position in the log; each index ends with it,
 * so that a page of any filter is read from the place where it begins.
 */
export const auditTrail: Projection<AuditReader> = {
  name: 'audit-trail',
  version: 1,
  // All that happens; a cluster holds the sealed secrets in streams of their own, which are none of it.
  streamPrefixes: auditedStreamPrefixes,
  tables: `
    CREATE TABLE entry (
      position INTEGER PRIMARY KEY, id TEXT NOT NULL, recorded_at INTEGER NOT NULL, -- milliseconds since 1970
      kind INTEGER NOT NULL, actor INTEGER NOT NULL, entity_key TEXT NOT NULL, version INTEGER, -- key: the id in lower case; version: null where nothing changed
      correlation_id TEXT NOT NULL, command_id TEXT -- null for what no retry can repeat
    ) STRICT;
    CREATE TABLE entry_detail (position INTEGER PRIMARY KEY, detail TEXT NOT NULL) STRICT; -- JSON; apart, so that searches read narrow rows
    CREATE TABLE entry_kind (number INTEGER PRIMARY KEY, action TEXT NOT NULL, entity_type TEXT NOT NULL, outcome TEXT NOT NULL, entries INTEGER NOT NULL) STRICT;
    CREATE TABLE entry_actor (number INTEGER PRIMARY KEY, kind TEXT NOT NULL, actor_id TEXT NOT NULL, name TEXT NOT NULL) STRICT;
    CREATE INDEX entry_by_entity ON entry (entity_key, kind); -- from the beginning: the writer looks accounts up by it
    CREATE VIRTUAL TABLE entry_words USING fts5(words, content = '', columnsize = 0, detail = none, ${tokenizer});
    INSERT INTO entry_words (entry_words, rank) VALUES ('hashsize', 8388608);`,
  indexes: [
    'CREATE INDEX entry_by_id ON entry (id)',
    'CREATE INDEX entry_by_kind ON entry (kind)',
    'CREATE INDEX entry_by_actor ON entry (actor, kind)',
    'CREATE INDEX entry_by_correlation ON entry (correlation_id)',
    'CREATE INDEX entry_by_command ON entry (command_id) WHERE command_id IS NOT NULL',
    'CREATE INDEX entry_actor_by_id ON entry_actor (actor_id)',
  ],
  open: (view) => {
    const vocabulary = new AuditVocabulary(view);
    return { writer: new AuditWriter(view, vocabulary), reader: new AuditReader(view, vocabulary) };
  },
};
