import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { ConnectionTestStage } from '../domain/email-account/connection-test.js';
import { EgressDenied } from '../egress/egress-denied.js';
import { refuseDenied } from '../egress/egress-rules.js';
import { addressesOf } from '../egress/resolve.js';
import { resolutionProblem } from './classify-network-error.js';
import { clientName } from './client-name.js';
import { Conversation } from './conversation.js';
import type { Deadline } from './deadline.js';
import type { Endpoint } from './endpoint.js';
import { ConnectionFailure } from './failure.js';
import { handshakeFailure } from './handshake-diagnosis.js';
import type { Road } from './mail-settings.js';
import { openMailSocket } from './mail-socket.js';
import type { Greeting } from './opening.js';
import { answersTls, type ProbeTarget } from './probe.js';
import { StageFailed, StageRun, type Found } from './stage-run.js';
import { tlsVersionName } from './tls-context.js';
import { secure, type SecuredSocket } from './tls-handshake.js';

/** A socket on which a library can begin its session: it finds a greeting to read, and TLS is settled. */
export interface MailConnection {
  readonly socket: Socket;
  readonly secure: boolean;
}

/**
 * The way to a mail server up to where somebody can log in: DNS, CONNECT, TLS, GREETING, STARTTLS. The same for tests and for mail, for every protocol; there is no other.
 * @throws {StageFailed}
 */
export async function openMailConnection(endpoint: Endpoint, run: StageRun, road: Road, deadline: Deadline): Promise<MailConnection> {
  const addresses = await run.take('DNS', () => resolve(endpoint, road, deadline));
  const raw = await connectToFirst(addresses, endpoint, run, road, deadline);
  const untried = addresses.slice(addresses.indexOf(run.address ?? '') + 1, mostAddresses);
  run.meanwhile(() => Promise.all(untried.map((address) => reach(address, endpoint, run, road, deadline))));
  return settle(raw, endpoint, run, road, deadline);
}

/** A name with more addresses than this is a farm of servers: those that come first speak for it. */
const mostAddresses = 8;

/**
 * As far as somebody could log in at another address of the host, which clients may well take first. It is told of where it differs from the one in use, as a
 * warning: the account works meanwhile.
 */
async function reach(address: string, endpoint: Endpoint, run: StageRun, road: Road, deadline: Deadline): Promise<readonly ConnectionTestStage[]> {
  const stages: ConnectionTestStage[] = [];
  const other = new StageRun(run.direction, [], run.port, run.secrets, (stage) => stages.push(stage));
  try {
    const raw = await connectToFirst([address], endpoint, other, road, deadline);
    (await settle(raw, endpoint, other, road, deadline)).socket.destroy();
  } catch (error) {
    if (!(error instanceof StageFailed)) throw error;
  }
  return stages
    .filter(({ stage, outcome }) => stage === 'CONNECT' || outcome === 'FAILED')
    .map((stage) =>
      stage.outcome === 'FAILED' ? { ...stage, outcome: 'WARNED', message: `At another address of ${endpoint.host}: ${stage.message}` } : stage,
    );
}

/** From a connected socket to where somebody can log in. */
async function settle(raw: Socket, endpoint: Endpoint, run: StageRun, road: Road, deadline: Deadline): Promise<MailConnection> {
  const target: ProbeTarget = { address: run.address ?? '', endpoint, road, deadline };
  const implicit = endpoint.security === 'IMPLICIT';
  const socket = implicit ? await run.take('TLS', () => secured(raw, target)) : raw;
  const conversation = new Conversation(socket);
  const greeting = await run.take('GREETING', () => greet(conversation, implicit, target));
  if (!implicit && endpoint.security !== 'DISABLED') {
    const upgraded = await run.take('STARTTLS', () => startTls(conversation, greeting, target));
    if (upgraded !== null) return handOver(upgraded, endpoint.opening.neutralGreeting, Buffer.alloc(0), true);
  }
  return handOver(socket, greeting.text, conversation.release(), implicit);
}

async function resolve({ host }: Endpoint, road: Road, deadline: Deadline): Promise<Found<readonly string[]>> {
  try {
    const addresses = await deadline.within(addressesOf(host, road.resolver));
    const message =
      addresses[0] === host
        ? 'The host is given as an IP address.'
        : `${host} has ${addresses.length === 1 ? 'one address' : `${addresses.length} addresses`}.`;
    return { value: addresses, message };
  } catch (error) {
    const problem = resolutionProblem(error);
    throw problem === null ? error : new ConnectionFailure(problem);
  }
}

/** One address after the other until one answers. None is connected to when one of them is forbidden: a name that has such an address is not to be trusted with the others. */
async function connectToFirst(addresses: readonly string[], { port }: Endpoint, run: StageRun, road: Road, deadline: Deadline): Promise<Socket> {
  try {
    refuseDenied(addresses, port, road.egress);
  } catch (error) {
    return run.take('CONNECT', () => Promise.reject(error instanceof EgressDenied ? egressDenied(error) : error));
  }
  const last = addresses.length - 1;
  for (const [index, address] of addresses.entries()) {
    run.address = address;
    try {
      return await run.take(
        'CONNECT',
        async () => ({
          value: await openMailSocket(address, port, road, deadline, deadline.step / addresses.length),
          message: `${address} answers on port ${port}.`,
        }),
        () => (index < last && !deadline.isOver ? 'WARNED' : 'FAILED'),
      );
    } catch (error) {
      if (!(error instanceof StageFailed) || error.stage.outcome === 'FAILED') throw error;
    }
  }
  throw new RangeError('There was no address to connect to.');
}

/** What a person is told of it. */
export function egressDenied({ message, allowedBy }: EgressDenied): ConnectionFailure {
  if (allowedBy === null) return new ConnectionFailure('EGRESS_DENIED', { message });
  return new ConnectionFailure('EGRESS_DENIED', { message, hint: `Where it is meant to, the operator of the service allows it by ${allowedBy}.` });
}

async function secured(raw: Socket, { endpoint, ...target }: ProbeTarget): Promise<Found<Socket>> {
  refuseTruststore(endpoint);
  const { socket, session } = await negotiate(raw, { endpoint, ...target });
  return { value: socket, ...securedBy(session, endpoint.host) };
}

async function greet(conversation: Conversation, implicit: boolean, target: ProbeTarget): Promise<Found<Greeting>> {
  const { endpoint, deadline } = target;
  const greeted = new AbortController();
  try {
    const greeting = endpoint.opening.greet(conversation, clientName(conversation.socket));
    const value = await deadline.within(implicit ? greeting : Promise.race([greeting, tlsExpected(target, greeted.signal)]));
    return { value, message: 'The server greets.', serverResponse: value.text };
  } finally {
    greeted.abort();
  }
}

/** Fails with TLS_REQUIRED_ON_PORT when the server has been silent for a while and answers a TLS handshake; otherwise never ends. */
async function tlsExpected(target: ProbeTarget, greeted: AbortSignal): Promise<never> {
  await delay(target.deadline.milliseconds / 10, undefined, { signal: greeted });
  if (await answersTls(target)) throw new ConnectionFailure('TLS_REQUIRED_ON_PORT');
  return new Promise<never>(() => undefined);
}

/** Null where the connection goes on in clear text, as the account allows. */
async function startTls(conversation: Conversation, greeting: Greeting, target: ProbeTarget): Promise<Found<Socket | null>> {
  const { endpoint, deadline } = target;
  refuseTruststore(endpoint);
  if (!(await deadline.within(greeting.offersStartTls()))) {
    if (endpoint.security === 'REQUIRED') throw new ConnectionFailure('STARTTLS_NOT_OFFERED');
    return {
      value: null,
      outcome: 'WARNED',
      code: 'STARTTLS_NOT_OFFERED',
      message: 'The server does not offer STARTTLS, so the connection goes on in clear text.',
      hint: 'Everybody on the way can read the password and the mail. Use a port with TLS, and require it.',
    };
  }
  await deadline.within(endpoint.opening.startTls(conversation));
  if (conversation.release().length > 0)
    throw new ConnectionFailure('PROTOCOL_ERROR', { message: 'Something was sent between STARTTLS and TLS. Somebody on the way may have put it in.' });
  const { socket, session } = await negotiate(conversation.socket, target);
  return { value: socket, ...securedBy(session, endpoint.host) };
}

async function negotiate(raw: Socket, target: ProbeTarget): Promise<SecuredSocket> {
  const { endpoint, road, deadline } = target;
  try {
    return await secure(raw, endpoint.host, road.tlsContexts.from(tlsVersionName(endpoint.minimumTlsVersion), endpoint.trust), deadline);
  } catch (error) {
    throw await handshakeFailure(error, target);
  }
}

/** A version below 1.2 is what the account allows, and is told as a warning every time (RFC 8996). */
function securedBy(session: SecuredSocket['session'], host: string): Omit<Found<Socket>, 'value'> {
  const { version, certificates } = session;
  const message = `${version}; the certificate is valid for ${host}${certificates[0] ? ` until ${certificates[0].notAfter}` : ''}.`;
  if (version !== 'TLSv1' && version !== 'TLSv1.1') return { message, tls: session };
  const hint = "TLS 1.0 and 1.1 are broken: have the server brought up to date, and raise the account's minimumTlsVersion to TLS_1_2 then.";
  return { message, tls: session, outcome: 'WARNED', code: 'TLS_VERSION_TOO_LOW', hint };
}

/** A connection that names a truststore must not be made with other CAs in its place. */
function refuseTruststore({ truststore, trust }: Endpoint): void {
  if (truststore !== null && trust === null)
    throw new ConnectionFailure('TRUSTSTORE_MISSING', { message: `There is no truststore named ${truststore}. Nothing was sent.` });
}

/** The library that takes over begins where a session begins, with reading the greeting. */
function handOver(socket: Socket, greeting: string, rest: Buffer, isSecure: boolean): MailConnection {
  socket.unshift(Buffer.concat([Buffer.from(greeting), rest]));
  return { socket, secure: isSecure };
}
