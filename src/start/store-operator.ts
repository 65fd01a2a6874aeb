import { env } from 'node:process';
import { Calls } from '../event-store/kurrentdb/calls.js';
import { Connection } from '../event-store/kurrentdb/connection.js';
import { parseConnectionString, type ConnectionSettings } from '../event-store/kurrentdb/connection-string.js';
import { loadClientLibrary, makeClient } from '../event-store/kurrentdb/mended-client.js';
import { CommandFailed } from './command-failed.js';

/** Somebody who may do at the servers what the service may not. */
export interface Operator {
  readonly settings: ConnectionSettings;
  readonly username: string;
  readonly password: string;
}

/**
 * The operator of this name; the password comes from POSTLEDGER_OPS_PASSWORD alone, as arguments are seen by everybody on the machine. Servers without TLS have no users.
 * @throws {CommandFailed} there is no password.
 */
export function operator(connectionString: string, username: string): Operator {
  const settings = parseConnectionString(connectionString);
  const password = env['POSTLEDGER_OPS_PASSWORD'] ?? '';
  if (settings.tls && password === '') throw new CommandFailed(`Set POSTLEDGER_OPS_PASSWORD to the password of ${username}. It is never taken as an argument.`);
  return { settings: settings.tls ? { ...settings, credentials: { username, password } } : settings, username, password };
}

/** Works with a connection of the operator's own, and closes it. */
export async function asOperator<Result>({ settings, username, password }: Operator, work: (calls: Calls) => Promise<Result>): Promise<Result> {
  const library = await loadClientLibrary();
  const connection = new Connection(() => makeClient(library, settings, () => undefined));
  try {
    const options = { credentials: { username, password }, requiresLeader: true } as const;
    return await work(new Calls(connection, options, { attemptMilliseconds: 5_000, operationMilliseconds: 10_000 }));
  } finally {
    connection.close();
  }
}
