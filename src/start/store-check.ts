import { openKurrentDbEventStore } from '../event-store/kurrentdb.js';
import { parseConnectionString, type ConnectionSettings } from '../event-store/kurrentdb/connection-string.js';
import { usualStep } from './store-check-connection.js';
import type { StoreProblem } from './store-check-finding.js';
import { checkNode, type NodeFacts } from './store-check-node.js';
import { checkRights } from './store-check-rights.js';
import { membersKnownTo, type Member } from './store-members.js';
import { nameOf } from './store-node-request.js';

export interface StoreCheck {
  /** The servers that answered and serve. */
  readonly nodes: readonly NodeFacts[];
  readonly problems: readonly StoreProblem[];
  /** Whether the service can work with it as it is. Problems of single servers of a cluster do not keep it from that. */
  readonly usable: boolean;
}

/**
 * Connects to each server, each step of which may take so many milliseconds, that the connection string names and tries everything that the service needs. Where no server can be worked with, the rights are not tried.
 * @throws {ConnectionStringRefused}
 */
export async function checkStore(connectionString: string, stepMilliseconds = usualStep): Promise<StoreCheck> {
  const settings = parseConnectionString(connectionString);
  const found = await Promise.all(settings.endpoints.map((endpoint) => checkNode(settings, endpoint, stepMilliseconds)));
  const nodes = found.filter((each) => 'state' in each);
  const unreachable = found.filter((each) => 'code' in each);
  const quorum = await quorumProblem(settings, nodes, unreachable);
  if (quorum) return { nodes, problems: [...unreachable, quorum], usable: false };
  if (nodes.length === 0) return { nodes, problems: unreachable, usable: false };

  const refused = await rightsProblems(connectionString, settings);
  return { nodes, problems: [...unreachable, ...refused], usable: refused.length === 0 };
}

async function rightsProblems(connectionString: string, settings: ConnectionSettings): Promise<readonly StoreProblem[]> {
  const log = await openKurrentDbEventStore({ connectionString, operationMilliseconds: 5_000, warn: () => undefined });
  try {
    return await checkRights(log, settings);
  } finally {
    await log.close();
  }
}

/** Whether enough servers know each other to elect a leader, as those say that answer. */
async function quorumProblem(settings: ConnectionSettings, nodes: readonly NodeFacts[], problems: readonly StoreProblem[]): Promise<StoreProblem | null> {
  const answering = settings.endpoints.filter(
    (endpoint) =>
      nodes.some((node) => node.endpoint === endpoint) || problems.some(({ code, subject }) => code === 'STORE_NOT_READY' && subject === nameOf(endpoint)),
  );
  for (const endpoint of answering) {
    const members = await known(settings, endpoint);
    if (members === null) continue;
    if (members.some(({ leads }) => leads)) return null;
    const alive = members.filter(({ isAlive }) => isAlive);
    const down = members.filter(({ isAlive }) => !isAlive).map(({ name }) => name);
    return {
      code: 'STORE_NO_QUORUM',
      subject: settings.endpoints.map(nameOf).join(', '),
      message:
        `No server leads: ${alive.length} of ${members.length} are up, and more than half of the cluster have to be. ` +
        (down.length > 0 ? `Start ${down.join(', ')}.` : 'An election may be under way; if it does not end, the servers cannot reach each other.'),
    };
  }
  return null;
}

async function known(settings: ConnectionSettings, endpoint: ConnectionSettings['endpoints'][0]): Promise<readonly Member[] | null> {
  try {
    return await membersKnownTo(settings, endpoint);
  } catch (error) {
    // It has just answered and now does not, or has no gossip: another may know, and the rights are tried in any case.
    if (error instanceof Error) return null;
    throw error;
  }
}
