import { stdout } from 'node:process';
import type { Config } from '../config.js';
import { describeConnection, parseConnectionString } from '../event-store/kurrentdb/connection-string.js';
import { openKurrentDbEventStore } from '../event-store/kurrentdb.js';
import { callOfOperator } from './command-line-token.js';
import { recordOperation } from './operation-records.js';
import { StoreRefused } from './store-check-at-start.js';
import { CommandFailed } from './command-failed.js';
import { checkStore } from './store-check.js';
import { inOneLine } from './store-check-finding.js';
import { grantAccess } from './store-grant.js';
import { nameOf } from './store-node-request.js';
import { operator } from './store-operator.js';

/** Says what of the event store can be reached and used. @throws {StoreRefused} it cannot be worked with. */
export async function checkStoreNow(config: Pick<Config, 'eventStore'>): Promise<void> {
  const connectionString = connectionStringOf(config);
  stdout.write(`${describeConnection(parseConnectionString(connectionString))}\n`);
  const { nodes, problems, usable } = await checkStore(connectionString);
  for (const { endpoint, state, version } of nodes) stdout.write(`  ${nameOf(endpoint)}  ${state}, version ${version}\n`);
  if (!usable) throw new StoreRefused(problems);
  for (const problem of problems) stdout.write(`  ! ${inOneLine(problem)}\n`);
  stdout.write('  Login, appending, reading, metadata, deleting and reading $all: as needed.\n');
}

/** Grants the service's user what it needs, and records that in the log, which it can write by then. */
export async function grantStoreAccess(config: Pick<Config, 'eventStore'>, { user }: { readonly user: string }): Promise<void> {
  const connectionString = connectionStringOf(config);
  const { credentials } = parseConnectionString(connectionString);
  if (credentials === undefined) throw new CommandFailed('The connection string names no user, and servers without TLS have none: there is nothing to grant.');
  const granted = await grantAccess(operator(connectionString, user), credentials.username);
  if (granted.length > 0) await recordGrant(connectionString, { operator: user, storeUser: credentials.username, rights: granted });
  stdout.write(
    granted.length === 0
      ? `${credentials.username} may do all that is needed already.\n`
      : granted.map((right) => `${credentials.username} may now ${right}.\n`).join(''),
  );
}

async function recordGrant(
  connectionString: string,
  data: { readonly operator: string; readonly storeUser: string; readonly rights: readonly string[] },
): Promise<void> {
  const events = await openKurrentDbEventStore({ connectionString });
  try {
    await recordOperation(events, callOfOperator(), 'store grant', { type: 'StoreAccessGranted', data });
  } finally {
    await events.close();
  }
}

/** @throws {CommandFailed} the log is in the data directory, and there is no server. */
export function connectionStringOf({ eventStore }: Pick<Config, 'eventStore'>): string {
  switch (eventStore.engine) {
    case 'KURRENTDB':
      return eventStore.connectionString;
    case 'EMBEDDED':
      throw new CommandFailed('POSTLEDGER_EVENT_STORE names no server: the log is in the data directory.');
  }
}
