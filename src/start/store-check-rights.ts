import { randomUUID } from 'node:crypto';
import type { KurrentDbLog } from '../event-store/kurrentdb.js';
import type { ConnectionSettings } from '../event-store/kurrentdb/connection-string.js';
import { secretStreamPrefix } from '../secret-store/kurrentdb/streams.js';
import type { StoreProblem, StoreProblemCode } from './store-check-finding.js';

/** gRPC status codes. https://grpc.github.io/grpc/core/md_doc_statuscodes.html */
const unauthenticated = 16;
const permissionDenied = 7;

interface Step {
  readonly what: string;
  readonly refused: StoreProblemCode;
  readonly attempt: () => Promise<unknown>;
}

/**
 * Tries each thing that the service does in the event store, in a stream that is ended again and that no view looks at. Stops where the login is refused, or nobody answers: all further
 * steps would say the same.
 */
export async function checkRights(log: KurrentDbLog, { credentials }: ConnectionSettings): Promise<readonly StoreProblem[]> {
  const user = credentials?.username ?? 'the user';
  const stream = `${secretStreamPrefix}StoreCheck-${randomUUID()}`;
  const steps: readonly Step[] = [
    { what: 'append to its streams', refused: 'STORE_APPEND_REFUSED', attempt: () => log.appendToStream(stream, [event()], 'no_stream') },
    { what: 'read its streams', refused: 'STORE_READ_REFUSED', attempt: () => readThrough(log.readStream(stream)) },
    { what: 'set the metadata of its streams', refused: 'STORE_METADATA_REFUSED', attempt: () => log.keepNewestOnly(stream) },
    { what: 'delete its streams', refused: 'STORE_TOMBSTONE_REFUSED', attempt: () => log.tombstoneStream(stream) },
    { what: 'read $all', refused: 'STORE_READ_ALL_REFUSED', attempt: () => log.headPosition() },
  ];
  const problems: StoreProblem[] = [];
  for (const { what, refused, attempt } of steps) {
    try {
      await attempt();
    } catch (error) {
      const code = statusOf(error);
      if (code === unauthenticated) return [{ code: 'STORE_LOGIN_REFUSED', subject: user, message: loginRefused(user) }];
      if (code !== permissionDenied) return [...problems, { code: 'STORE_UNANSWERED', subject: what, message: messageOf(error) }];
      problems.push({ code: refused, subject: user, message: `${user} may not ${what}. ${grantedBy}` });
    }
  }
  return problems;
}

/** The command that gives the rights. */
const grantedBy = 'An administrator of the event store grants it: POSTLEDGER_OPS_PASSWORD=… npx postledger store grant --user admin';

function loginRefused(user: string): string {
  return `The event store refuses the login: there is no such user as ${user}, or the password is another one. Correct POSTLEDGER_EVENT_STORE, or create the user (docs/operations.md has the command).`;
}

function event() {
  return { id: randomUUID(), type: 'StoreChecked', data: {}, metadata: {} };
}

async function readThrough(events: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of events);
}

/** The status of the client's error, below what the port made of it. */
function statusOf(error: unknown): unknown {
  for (let at: unknown = error; at instanceof Error; at = at.cause) if ('code' in at && typeof at.code === 'number') return at.code;
  return undefined;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
