import { setTimeout as sleep } from 'node:timers/promises';
import type { Attempt, Calls, ResolvedEvent } from '../event-store/kurrentdb/calls.js';
import { failureOf } from '../event-store/kurrentdb/errors.js';
import { CommandFailed } from './command-failed.js';
import type { Member } from './store-members.js';
import { isRefused, requestNode, type NodeAnswer } from './store-node-request.js';
import type { Operator } from './store-operator.js';

/** A scavenge as the servers record it. */
export interface Scavenge {
  readonly id: string;
  /** The server's own `host:port`. */
  readonly node: string;
  /** Where in the log it began. */
  readonly position: bigint;
  /** `Success`, or how it ended otherwise; null while it runs, or when it was broken off. */
  readonly result: string | null;
}

interface ScavengeData {
  readonly scavengeId: string;
  readonly nodeEndpoint: string;
  readonly result?: string;
}

/** So many records of scavenges are looked at, newest first. The servers keep those of 30 days. */
const mostRecords = 1_000;

/** Scavenges take up an older one that was broken off before they begin their own, so what was erased before is gone after the second that came to its end. */
export const scavengesNeeded = 2;

/** The scavenges of all servers, newest first. @throws {CommandFailed} the user may not read them. */
export async function scavengesOf(calls: Calls, operator: Operator): Promise<readonly Scavenge[]> {
  const events = await read(calls, operator, '$scavenges');
  const results = new Map<string, string>();
  const scavenges: Scavenge[] = [];
  for (const { event } of events) {
    if (!event?.position) continue;
    const { scavengeId: id, nodeEndpoint: node, result = 'Success' } = event.data as unknown as ScavengeData;
    if (event.type === '$scavengeCompleted') results.set(id, result);
    if (event.type === '$scavengeStarted') scavenges.push({ id, node, position: event.position.commit, result: results.get(id) ?? null });
  }
  return scavenges;
}

/** How many more scavenges the server needs, so that nothing erased up to this position is in its files. */
export function stillNeeded(scavenges: readonly Scavenge[], node: string, erasedUpTo: bigint): number {
  const after = scavenges.filter((scavenge) => scavenge.node === node && scavenge.result === 'Success' && scavenge.position > erasedUpTo);
  return Math.max(0, scavengesNeeded - after.length);
}

/**
 * Has the server scavenge once, and resolves when that has come to its end. One that runs already is waited for first.
 * @param progress is told how many of the server's files it has gone through.
 * @throws {CommandFailed} the user may not, the server cannot be reached, or the scavenge did not succeed.
 */
export async function scavenge(calls: Calls, operator: Operator, member: Member, progress: (files: number) => void): Promise<void> {
  for (;;) {
    const { status, body } = await ask(operator, member, 'POST', '/admin/scavenge');
    if (isRefused({ status, body })) throw new CommandFailed(mayNot(operator));
    if (status === 200) {
      const result = await resultOf(calls, operator, member, idIn(body), progress);
      if (result !== 'Success') throw new CommandFailed(`A scavenge of ${member.name} did not succeed: ${result}. Its log says why; then run this again.`);
      return;
    }
    const running = await runningOn(operator, member);
    if (running === '') throw new CommandFailed(`${member.name} does not scavenge (HTTP status ${status}). Its log says why.`);
    await resultOf(calls, operator, member, running, progress);
  }
}

/** How the scavenge ended, once it has. */
async function resultOf(calls: Calls, operator: Operator, member: Member, id: string, progress: (files: number) => void): Promise<string> {
  for (let looksSinceItRan = 0; looksSinceItRan < 10; looksSinceItRan++) {
    const result = (await scavengesOf(calls, operator)).find((scavenge) => scavenge.id === id)?.result;
    if (result) return result;
    // Its own stream can be read a moment after it was begun: the servers write the right to it second.
    const records = await read(calls, operator, `$scavenges-${id}`, false);
    progress(records.filter(({ event }) => event?.type === '$scavengeChunksCompleted').length);
    if ((await runningOn(operator, member)) === id) looksSinceItRan = 0;
    await sleep(500);
  }
  return 'it was broken off';
}

/** The id of the scavenge that runs there; empty when none does. */
async function runningOn(operator: Operator, member: Member): Promise<string> {
  return idIn((await ask(operator, member, 'GET', '/admin/scavenge/current')).body);
}

async function ask({ settings, username, password }: Operator, { endpoint, name }: Member, method: 'GET' | 'POST', path: string): Promise<NodeAnswer> {
  const credentials = settings.tls ? { username, password } : undefined;
  try {
    return await requestNode(settings, endpoint, { method, path, credentials, milliseconds: 30_000 });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CommandFailed(`${name} cannot be reached, so whether it has scavenged is not known: ${reason}. Run this again when it is up.`, { cause: error });
  }
}

/** The newest records of a stream of the servers' own; none when it is not there. */
function read(calls: Calls, operator: Operator, streamId: string, isRightNeeded = true): Promise<readonly ResolvedEvent[]> {
  const options = { direction: 'backwards', fromRevision: 'end', maxCount: mostRecords, resolveLinkTos: true, ...calls.options } as const;
  const attempt: Attempt<readonly ResolvedEvent[]> = async (inUse, deadline) => {
    try {
      return await calls.readShort(inUse, deadline, (client) => client.readStream(streamId, options));
    } catch (error) {
      const { kind } = failureOf(error);
      if (kind === 'streamMissing' || (kind === 'refused' && !isRightNeeded)) return [];
      throw error;
    }
  };
  return calls.untilAnswered(attempt, {
    refusal: ({ kind }) => (kind === 'refused' ? new CommandFailed(mayNot(operator)) : undefined),
    consequence: 'Run this again.',
  });
}

function mayNot({ username }: Operator): string {
  return `${username} may not scavenge, or the password in POSTLEDGER_OPS_PASSWORD is another one. Take a member of $ops or $admins, such as ops.`;
}

/** The servers answer in text, though JSON is asked for: `ScavengeId: <uuid>`. */
function idIn(body: string): string {
  return /scavengeId"?:\s*"?(?<id>[0-9a-f-]{36})/i.exec(body)?.groups?.['id'] ?? '';
}
