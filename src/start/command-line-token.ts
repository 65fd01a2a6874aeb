import { randomUUID } from 'node:crypto';
import { userInfo } from 'node:os';
import { openViews } from '../../projections/views.js';
import { ApiTokenCommands } from '../commands/api-token-commands.js';
import type { Call } from '../commands/change.js';
import { CommandHandler } from '../commands/command-handler.js';
import { SecurityLog } from '../commands/security-log.js';
import type { Config } from '../config.js';
import type { Role } from '../domain/access/role.js';
import { tokenKeyLabel } from './commands.js';
import { CommandFailed } from './command-failed.js';
import type { Stores } from './open-stores.js';

export interface TokenToIssue {
  readonly name: string;
  readonly role: Role;
  /** Left out: without end. */
  readonly days?: number;
  readonly reason?: string;
}

const day = 86_400_000; // milliseconds

/** Issues a token as whoever runs the command; the audit trail names them. @throws {CommandFailed} what is wrong with the name or the reason. */
export async function issueToken(
  { events, rawEvents, secrets }: Stores,
  { dataDirectory: directory, reasonRequiredFor }: Pick<Config, 'dataDirectory' | 'reasonRequiredFor'>,
  { name, role, days, reason }: TokenToIssue,
): Promise<string> {
  const now = () => new Date();
  const views = await openViews(events, {
    rawEvents,
    directory,
    readYourWritesMilliseconds: 0,
    follow: false,
    listener: { stopped: () => undefined, storeLost: () => undefined },
  });
  try {
    const handler = new CommandHandler(events, new SecurityLog(events, now), views.readYourWrites, () => undefined, reasonRequiredFor);
    const tokens = new ApiTokenCommands(handler, events, await secrets.deriveKey(tokenKeyLabel), now);
    const expiresAt = days === undefined ? null : new Date(Date.now() + days * day);
    const { token, problems } = await tokens.issue(callOfOperator(), { name, role, expiresAt }, { reason: reason ?? null });
    if (token === null) throw new CommandFailed(problems.map(({ message }) => message).join(' '));
    return token;
  } finally {
    await views.stop();
  }
}

/** What whoever runs the command does. */
export function callOfOperator(): Call {
  const id = randomUUID();
  const { username } = userInfo();
  return {
    actor: { kind: 'COMMAND_LINE', id: `command-line:${username}`, displayName: username },
    role: 'ADMIN',
    tokenId: null,
    requestId: id,
    correlationId: id,
    ip: null,
    userAgent: null,
    clientName: null,
  };
}
