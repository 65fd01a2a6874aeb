import { streamPrefixes } from '../src/domain/streams.js';
import { accountColumns } from './account-columns.js';
import { AccountReader } from './account-reader.js';
import { AccountRecords } from './account-records.js';
import { AccountWriter } from './account-writer.js';
import type { Projection } from './projection.js';
import { tokenizer } from './words.js';

/**
 * The accounts as they are, and as they were: `account_period` says from when until when an account looked which way to a filter. What else there was to an
 * account then is read from its own events. Of an erased account nothing is left but its id.
 */
export const emailAccounts: Projection<AccountReader> = {
  name: 'email-accounts',
  version: 1,
  streamPrefixes: [streamPrefixes.emailAccount],
  tables: `
    CREATE TABLE account (
      number INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, -- the account id in lower case
      period INTEGER NOT NULL, since INTEGER NOT NULL, wording INTEGER NOT NULL, ${accountColumns}
    ) STRICT;
    CREATE TABLE account_snapshot (number INTEGER PRIMARY KEY, snapshot TEXT NOT NULL) STRICT; -- apart, so that lists read narrow rows
    CREATE TABLE account_period (
      key TEXT NOT NULL, number INTEGER NOT NULL, valid_from INTEGER NOT NULL, valid_to INTEGER NOT NULL, -- milliseconds since 1970; to: excluded
      wording INTEGER NOT NULL, ${accountColumns},
      PRIMARY KEY (key, number)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE account_wording (number INTEGER PRIMARY KEY, words TEXT NOT NULL) STRICT; -- numbered as the period that it began with
    CREATE VIRTUAL TABLE account_words USING fts5(words, content = 'account_wording', content_rowid = 'number', columnsize = 0, detail = none, ${tokenizer});
    INSERT INTO account_words (account_words, rank) VALUES ('secure-delete', 1);
    CREATE TABLE account_tally (status TEXT PRIMARY KEY, accounts INTEGER NOT NULL) STRICT;
    CREATE TABLE erased_account (number INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE) STRICT;`,
  indexes: [
    'CREATE INDEX IF NOT EXISTS account_by_id ON account (key, status)',
    'CREATE INDEX IF NOT EXISTS account_by_name ON account (name_key, key, status)',
    'CREATE INDEX IF NOT EXISTS account_by_creation ON account (created_at, key, status)',
    'CREATE INDEX IF NOT EXISTS account_by_update ON account (updated_at, key, status)',
    'CREATE INDEX IF NOT EXISTS account_by_address ON account (email_address)',
    'CREATE INDEX IF NOT EXISTS account_by_sender_host ON account (sender_host)',
    'CREATE INDEX IF NOT EXISTS account_by_receiver_host ON account (receiver_host)',
    'CREATE INDEX IF NOT EXISTS account_by_wording ON account (wording)',
  ],
  open: (view) => {
    const records = new AccountRecords(view);
    return { writer: new AccountWriter(view, records), reader: new AccountReader(view, records) };
  },
};
