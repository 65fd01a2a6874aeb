import { randomUUID } from 'node:crypto';
import type { Calls } from '../event-store/kurrentdb/calls.js';
import type { Failure } from '../event-store/kurrentdb/errors.js';
import { CommandFailed } from './command-failed.js';
import { asOperator, type Operator } from './store-operator.js';

type Roles = string | readonly string[];
type Rights = Readonly<Record<string, Roles>>;

/** The rights to a stream, as the servers name them: read, write, delete, read metadata, write metadata. */
const everyRight = ['$r', '$w', '$d', '$mr', '$mw'];
const administrators = '$admins';
const everybody = '$all';

/**
 * Lets the service's user do what the service needs, and takes nothing from anybody: reading `$all`; and, where the servers shut others out of the streams of users by default, all rights
 * to those. Answers what was granted; nothing when nothing was missing.
 * @throws {CommandFailed} the operator may not grant it. @throws {StoreUnavailable}
 */
export async function grantAccess(operator: Operator, user: string): Promise<readonly string[]> {
  return asOperator(operator, async (calls) => {
    const granted: string[] = [];
    if (await grantReadingAll(calls, operator, user)) granted.push('read $all');
    if (await grantStreams(calls, operator, user)) granted.push('read, append to, and delete streams, and set their metadata');
    return granted;
  });
}

async function grantReadingAll(calls: Calls, operator: Operator, user: string): Promise<boolean> {
  const metadata = await newest(calls, operator, '$$$all');
  const { $acl: rights = { $mr: administrators, $mw: administrators } } = metadata as { readonly $acl?: Rights };
  const readers = withRole(rights['$r'] ?? administrators, user);
  if (readers === null) return false;
  await append(calls, operator, '$$$all', '$metadata', { ...metadata, $acl: { ...rights, $r: readers } });
  return true;
}

async function grantStreams(calls: Calls, operator: Operator, user: string): Promise<boolean> {
  const settings = await newest(calls, operator, '$settings');
  const { $userStreamAcl: rights } = settings as { readonly $userStreamAcl?: Rights };
  if (rights === undefined) return false;
  const missing = everyRight.flatMap((right): [string, Roles][] => {
    // A right that is not named there is everybody's.
    const roles = rights[right] === undefined ? null : withRole(rights[right], user);
    return roles === null ? [] : [[right, roles]];
  });
  if (missing.length === 0) return false;
  await append(calls, operator, '$settings', 'update-default-acl', { ...settings, $userStreamAcl: { ...rights, ...Object.fromEntries(missing) } });
  return true;
}

/** Null when the user has it already. */
function withRole(roles: Roles, user: string): Roles | null {
  const named = typeof roles === 'string' ? [roles] : roles;
  return named.includes(everybody) || named.includes(user) ? null : [...named, user];
}

async function newest(calls: Calls, operator: Operator, streamId: string): Promise<Readonly<Record<string, unknown>>> {
  const part = { direction: 'backwards', fromRevision: 'end', maxCount: 1 } as const;
  const [read] = await calls.untilAnswered((inUse, deadline) => calls.readStreamShort(inUse, deadline, streamId, part), {
    refusal: (failure) => refusalOf(failure, operator),
    consequence: 'Nothing was granted: try again.',
  });
  const data: unknown = read?.event?.data;
  return typeof data === 'object' && data !== null ? { ...data } : {};
}

async function append(calls: Calls, operator: Operator, streamId: string, type: string, data: Record<string, unknown>): Promise<void> {
  const event = { id: randomUUID(), type, contentType: 'application/json' as const, data, metadata: undefined };
  await calls.untilAnswered((inUse, deadline) => inUse.client.appendToStream(streamId, [event], { ...calls.options, expectedRevision: 'any', deadline }), {
    refusal: (failure) => refusalOf(failure, operator),
    consequence: 'What was granted is not certain: try again.',
  });
}

function refusalOf(failure: Failure, { username }: Operator): CommandFailed | undefined {
  return failure.kind === 'refused'
    ? new CommandFailed(
        `${username} may not grant rights, or the password in POSTLEDGER_OPS_PASSWORD is another one. Take a member of ${administrators}, such as admin.`,
      )
    : undefined;
}
