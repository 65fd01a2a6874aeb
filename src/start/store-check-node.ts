import { connect as connectTcp, type Socket } from 'node:net';
import type { ConnectionSettings, Endpoint } from '../event-store/kurrentdb/connection-string.js';
import { handshakeProblem, speaksTls } from './store-check-certificate.js';
import { codeOf, connected } from './store-check-connection.js';
import type { StoreProblem } from './store-check-finding.js';
import { hostOf, isRefused, nameOf, readNode } from './store-node-request.js';

export interface NodeFacts {
  readonly endpoint: Endpoint;
  readonly version: string;
  /** In lower case: leader, follower, readonlyreplica; or `not told`. */
  readonly state: string;
}

/** The states in which a server serves. */
const readyStates = new Set(['leader', 'follower', 'readonlyreplica']);

/** Connects to a server by itself, `step` milliseconds for each step: the client of the event store says only that it found no node, whatever was the matter. */
export async function checkNode(settings: ConnectionSettings, endpoint: Endpoint, step: number): Promise<NodeFacts | StoreProblem> {
  const subject = nameOf(endpoint);
  let socket: Socket;
  try {
    socket = await connected(connectTcp({ host: hostOf(endpoint), port: endpoint.port }), 'connect', step);
  } catch (error) {
    return { subject, ...networkProblem(codeOf(error), hostOf(endpoint), step) };
  }
  try {
    if (settings.tls) {
      const problem = await handshakeProblem(settings, endpoint, socket, step);
      if (problem) return { subject, ...problem };
    }
  } finally {
    socket.destroy();
  }
  return checkAnswer(settings, endpoint, step);
}

async function checkAnswer(settings: ConnectionSettings, endpoint: Endpoint, step: number): Promise<NodeFacts | StoreProblem> {
  const subject = nameOf(endpoint);
  try {
    const [info, health] = await Promise.all([
      readNode(settings, endpoint, { path: '/info', milliseconds: step }),
      readNode(settings, endpoint, { path: '/health/live', milliseconds: step }),
    ]);
    // It tells its state to nobody who logs in like this. What is wrong with the login, the check of the rights says.
    if (isRefused(info)) return { endpoint, version: 'not told', state: 'not told' };
    const { version, state } = factsOf(info.body);
    if (info.status !== 200 || state === undefined) return { subject, ...notRecognized };
    if (!readyStates.has(state) || health.status >= 300)
      return {
        subject,
        code: 'STORE_NOT_READY',
        message: `The server answers and does not serve yet (state ${state}). Wait until it has joined its cluster; its log says what it waits for.`,
      };
    return { endpoint, version, state };
  } catch (error) {
    if (codeOf(error) === 'ETIMEDOUT')
      return {
        subject,
        code: 'STORE_UNREACHABLE',
        message: 'The server takes the connection and does not answer: it may be frozen or overloaded. Look at the process and its disk.',
      };
    if (!settings.tls && (await speaksTls(endpoint, step)))
      return {
        subject,
        code: 'STORE_TLS_NEEDED',
        message: 'The server speaks TLS alone. Take tls=false out of the connection string, and name its authority: tlsCaFile=/path/to/ca.crt.',
      };
    return { subject, ...notRecognized };
  }
}

const notRecognized = {
  code: 'STORE_NOT_RECOGNIZED',
  message:
    'What answers there is no KurrentDB or EventStoreDB server. Correct the host or the port; the port is the one for HTTP and gRPC (2113), not an older TCP port.',
} as const;

function factsOf(body: string): { readonly version: string; readonly state: string | undefined } {
  try {
    // KurrentDB calls its version dbVersion, EventStoreDB esVersion.
    const { esVersion, dbVersion, state } = JSON.parse(body) as Partial<Record<'esVersion' | 'dbVersion' | 'state', string>>;
    return { version: dbVersion ?? esVersion ?? 'unknown', state: state?.toLowerCase() };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return { version: 'unknown', state: undefined };
  }
}

function networkProblem(code: string, host: string, step: number): Pick<StoreProblem, 'code' | 'message'> {
  switch (code) {
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
    case 'ENODATA':
      return {
        code: 'STORE_ADDRESS_UNKNOWN',
        message: `DNS knows no address of ${host} (${code}). Correct the name in POSTLEDGER_EVENT_STORE, or enter it into DNS.`,
      };
    case 'ECONNREFUSED':
      return { code: 'STORE_PORT_REFUSED', message: 'Nothing listens there. Start the server, or correct the port.' };
    case 'ETIMEDOUT':
      return {
        code: 'STORE_UNREACHABLE',
        message: `There was no answer within ${step / 1000} s. Look at the network and at firewalls between here and there.`,
      };
    default:
      return { code: 'STORE_UNREACHABLE', message: `It cannot be reached (${code}). Look at the network between here and there.` };
  }
}
