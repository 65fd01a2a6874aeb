import { streamPrefixes } from '../src/domain/streams.js';
import { accountColumns } from './account-columns.js';
import { AccountReader } from './account-reader.js';
import { AccountRecords, forEver } from './account-records.js';
import { AccountWriter } from './account-writer.js';
import type { Projection } from './projection.js';
import { tokenizer } from './words.js';

const running = `WHERE valid_to = ${forEver}`;
/** What many accounts have in common is looked at inside of an order's index: few of them may fit, and each row is somewhere else in the file. */
const alongside = 'status, provider, ready, test_outcome, sender_kind, receiver_kind';

/**
 * The accounts as they are, and as they were: a row of `account` says from where to where in the log an account looked which way to a filter. What else there was to an
 * account then is read from its own events. Of an erased account nothing is left but its id.
 */
export const emailAccounts: Projection<AccountReader> = {
  name: 'email-accounts',
  version: 3,
  streamPrefixes: [streamPrefixes.emailAccount],
  tables: `
    CREATE TABLE account (
      number INTEGER PRIMARY KEY, key TEXT NOT NULL, -- the account id in lower case
      valid_from INTEGER NOT NULL, valid_to INTEGER NOT NULL, -- the positions of the events that made it look so, and otherwise
      wording INTEGER NOT NULL, worded_at INTEGER NOT NULL, -- the row of account_words, and when it began
      ${accountColumns}
    ) STRICT;
    CREATE INDEX account_by_key ON account (key, valid_to); -- from the beginning: the writer looks accounts up by it, and lists of the past their rows
    CREATE TABLE account_snapshot ( -- of the present row, apart from it, so that lists read narrow rows; with all that is asked of one account, so that no other row is read
      number INTEGER PRIMARY KEY, since INTEGER NOT NULL, since_position INTEGER NOT NULL, wording INTEGER NOT NULL, worded_at INTEGER NOT NULL, snapshot TEXT NOT NULL
    ) STRICT;
    CREATE VIRTUAL TABLE account_words USING fts5(words, content = '', columnsize = 0, detail = none, ${tokenizer});
    INSERT INTO account_words (account_words, rank) VALUES ('hashsize', 8388608);
    CREATE TABLE account_tally (status TEXT PRIMARY KEY, accounts INTEGER NOT NULL) STRICT;
    CREATE TABLE erased_account (number INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE) STRICT;`,
  indexes: [
    `CREATE INDEX account_by_id ON account (key, ${alongside}) ${running}`,
    `CREATE INDEX account_by_name ON account (name_key, key, ${alongside}) ${running}`,
    `CREATE INDEX account_by_creation ON account (created_at, key, ${alongside}) ${running}`,
    `CREATE INDEX account_by_update ON account (updated_at, key, ${alongside}) ${running}`,
    `CREATE INDEX account_by_address ON account (email_address) ${running}`,
    `CREATE INDEX account_by_sender_host ON account (sender_host) ${running}`,
    `CREATE INDEX account_by_receiver_host ON account (receiver_host) ${running}`,
    `CREATE INDEX account_by_wording ON account (wording) ${running}`,
    // Takes what was deleted out of the index, and sees to it that from now on it never stays there.
    `INSERT INTO account_words (account_words) VALUES ('optimize')`,
    `INSERT INTO account_words (account_words, rank) VALUES ('secure-delete', 1)`,
  ],
  open: (view) => {
    const records = new AccountRecords(view);
    return { writer: new AccountWriter(view, records), reader: new AccountReader(view, records) };
  },
};
