import type { ConnectionTestStageName } from '../../domain/email-account/connection-test.js';
import type { Deadline } from '../deadline.js';
import type { Endpoint } from '../endpoint.js';
import { ConnectionFailure } from '../failure.js';
import { openMailConnection } from '../mail-connection.js';
import type { GraphReceiverSubject, GraphSenderSubject } from '../mail-port.js';
import type { Road } from '../mail-settings.js';
import { takeAccessToken } from '../oauth-login.js';
import type { Opening } from '../opening.js';
import { StageRun, type Found } from '../stage-run.js';
import type { StageStream } from '../stage-stream.js';
import { GraphFailure } from './graph-failure.js';
import { graphBaseUrl, graphClientFor } from './graph-way.js';
import { textOrNull, type JsonObject } from './json.js';
import { namesOneOf, permissionMissing, permissionsTo } from './permissions.js';
import { claimsOf, type TokenClaims } from './token-claims.js';

type GraphSubject = GraphSenderSubject | GraphReceiverSubject;
type Answer = JsonObject | GraphFailure;

/** The stages of a test through Graph. HTTP greets nobody, and STARTTLS it does not know. */
export function graphRun(direction: StageRun['direction'], subject: GraphSubject, road: Road, stages: StageStream): StageRun {
  const { protocol, port } = addressOf(subject, road);
  const last: readonly ConnectionTestStageName[] = direction === 'SENDER' ? ['SENDER', 'RECIPIENT'] : ['MAILBOX'];
  const plan = ['DNS', 'CONNECT', ...(protocol === 'https:' ? ['TLS' as const] : []), 'TOKEN', 'AUTHENTICATION', ...last] as const;
  const report: StageRun['report'] = (stage) => {
    if (stage.stage !== 'GREETING') stages.push(stage);
  };
  return new StageRun(direction, plan, port, [], report, true);
}

/** What can be known without sending. @throws {StageFailed} */
export async function testGraphSender(sender: GraphSenderSubject, run: StageRun, road: Road, deadline: Deadline): Promise<void> {
  const { claims, graph } = await enter(sender, run, road, deadline);
  // Which permissions the account has is no matter here: a sender need not be allowed to look at its user.
  const path = `${graph.path}?$select=userPrincipalName,mail`;
  const user = await authenticate(run, () => graph.json({ method: 'GET', path, needs: permissionsTo.lookUpUser }, deadline.signal));
  await run.take('SENDER', () => Promise.resolve(senderFound(user, claims, graph.mailbox)));
  await run.take('RECIPIENT', () =>
    Promise.resolve({
      value: null,
      outcome: 'SKIPPED' as const,
      code: 'UNKNOWN' as const,
      message: 'Microsoft Graph cannot be asked whether it takes mail for a recipient without sending any. A test message shows it.',
    }),
  );
}

/** @throws {StageFailed} */
export async function testGraphReceiver(receiver: GraphReceiverSubject, run: StageRun, road: Road, deadline: Deadline): Promise<void> {
  const { claims, graph } = await enter(receiver, run, road, deadline);
  const path = `${graph.path}/mailFolders/inbox?$select=displayName,totalItemCount,unreadItemCount`;
  const inbox = await authenticate(run, () => graph.json({ method: 'GET', path, needs: permissionsTo.read }, deadline.signal));
  await run.take('MAILBOX', () => Promise.resolve(mailboxFound(inbox, claims, graph.mailbox)));
}

/** As far as a token and the way to Graph. */
async function enter(subject: GraphSubject, run: StageRun, road: Road, deadline: Deadline) {
  const { socket } = await openMailConnection(endpointOf(subject, road), run, road, deadline);
  socket.destroy();
  const token = await takeAccessToken(subject, run, deadline);
  return { claims: claimsOf(token), graph: graphClientFor(subject, road, deadline) };
}

/** Whether Graph takes the token. A refusal of what was asked for with it is no refusal of the token: what it means is said in the next stage. */
function authenticate(run: StageRun, ask: () => Promise<JsonObject>): Promise<Answer> {
  return run.take('AUTHENTICATION', async () => {
    const answer = await ask().catch((error: unknown) => {
      const status = error instanceof GraphFailure ? error.refusal?.status : undefined;
      if (error instanceof GraphFailure && (status === 403 || status === 404)) return error;
      throw error;
    });
    return { value: answer, message: 'Microsoft Graph takes the access token.' };
  });
}

function senderFound(user: Answer, claims: TokenClaims | null, mailbox: string): Found<null> {
  if (user instanceof GraphFailure && user.code === 'MAILBOX_NOT_FOUND') throw user;
  const known = !(user instanceof GraphFailure)
    ? textOrNull(user, 'mail') === null
      ? 'The user is there, and the directory knows no email address of it.'
      : 'The user is there.'
    : 'Whether the user is there cannot be seen without the permission User.Read.All, which sending does not need.';
  if (claims === null)
    return {
      value: null,
      outcome: 'WARNED',
      code: 'UNKNOWN',
      message: `${known} The access token does not tell whether it allows sending.`,
      hint: sendAMessage,
    };
  if (namesOneOf(claims.permissions, permissionsTo.send)) {
    const unseen =
      claims.actsAs === 'application' ? 'Whether a policy of Exchange excludes this mailbox cannot be seen without sending: a test message shows it.' : '';
    return { value: null, message: `The access token allows sending (Mail.Send). ${known} ${unseen}`.trim() };
  }
  const { code, message, hint } = permissionMissing(permissionsTo.send, mailbox);
  if (claims.actsAs === 'person') throw new ConnectionFailure(code, { message: `${message} The consent does not include it.`, hint });
  return {
    value: null,
    outcome: 'WARNED',
    code,
    message: `The access token does not name the permission Mail.Send. ${known} Sending works only if an Exchange administrator gave it to the application for this mailbox (RBAC for Applications), which no token shows.`,
    hint: `${sendAMessage} ${hint}`,
  };
}

const sendAMessage = 'Send a test message: nothing less shows it.';

function mailboxFound(inbox: Answer, claims: TokenClaims | null, mailbox: string): Found<null> {
  if (inbox instanceof GraphFailure) throw inbox;
  const { totalItemCount: total, unreadItemCount: unread } = inbox;
  const message = `The inbox of ${mailbox} can be read${typeof total === 'number' && typeof unread === 'number' ? `: ${total} messages, ${unread} of them unread` : ''}.`;
  const readsOnly = claims !== null && namesOneOf(claims.permissions, ['Mail.Read']) && !namesOneOf(claims.permissions, permissionsTo.change);
  if (!readsOnly) return { value: null, message };
  const missing = permissionMissing(permissionsTo.change, mailbox);
  return {
    value: null,
    outcome: 'WARNED',
    code: missing.code,
    message: `${message} With Mail.Read alone messages can be neither marked nor moved nor deleted.`,
    hint: missing.hint,
  };
}

function addressOf(subject: GraphSubject, road: Road): { readonly protocol: string; readonly host: string; readonly port: number } {
  const { protocol, hostname, port } = new URL(graphBaseUrl(subject, road));
  return { protocol, host: hostname.replace(/^\[|\]$/g, ''), port: port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port) };
}

function endpointOf(subject: GraphSubject, road: Road): Endpoint {
  const { protocol, host, port } = addressOf(subject, road);
  const security = protocol === 'https:' ? 'IMPLICIT' : 'DISABLED';
  return { opening: httpOpening, host, port, security, minimumTlsVersion: 'TLS_1_2', truststore: null, trust: null };
}

/** The client speaks first (RFC 9110), so there is nothing to wait for. */
const httpOpening: Opening = {
  neutralGreeting: '',
  greet: () => Promise.resolve({ text: '', offersStartTls: () => Promise.resolve(false) }),
  startTls: () => Promise.resolve(),
};
