import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { systemActor } from '../domain/access/actor.js';
import type { ApiTokenCommands } from '../commands/api-token-commands.js';
import type { Call } from '../commands/change.js';

const validFor = 24 * 3_600_000; // milliseconds

/**
 * The first administrator's token: issued once, when no token was ever issued, valid for 24 hours, left in `<data directory>/bootstrap-token` (0600).
 * @returns the token, to be shown this once; null when tokens exist already, or another node was first.
 */
export async function ensureBootstrapToken(tokens: ApiTokenCommands, anyTokenEver: boolean, dataDirectory: string, now: Date): Promise<string | null> {
  if (anyTokenEver) return null;
  const input = { name: 'Bootstrap token', role: 'ADMIN', expiresAt: new Date(now.getTime() + validFor), bootstrap: true } as const;
  // Of several nodes that start for the first time at once, the key lets one issue it.
  const { token, problems } = await tokens.issue(systemCall(), input, { reason: 'First start', idempotencyKey: 'bootstrap token' });
  if (problems.some(({ code }) => code !== 'IDEMPOTENCY_KEY_REUSED')) throw new Error('The bootstrap token could not be issued.');
  if (token === null) return null;
  await writeFile(join(dataDirectory, 'bootstrap-token'), `${token}\n`, { mode: 0o600 });
  return token;
}

/** What the service does by itself. */
export function systemCall(): Call {
  const id = randomUUID();
  return { actor: systemActor, role: 'ADMIN', tokenId: null, requestId: id, correlationId: id, ip: null, userAgent: null, clientName: null };
}
