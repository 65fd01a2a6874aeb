import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Identity } from '../lab/certificate-authority.js';
import { DoubleMailbox } from './double-mailbox.js';
import { Drafts, type SentMessage } from './double-drafts.js';
import { Refused } from './refused.js';

/** What goes wrong, on purpose: a fault is used up by the first request that it fits. */
export interface Fault {
  readonly on: RegExp;
  readonly status?: number;
  readonly code?: string;
  readonly text?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Do it first, then fail. */
  readonly afterwards?: boolean;
  /** Close the connection: at once, or after so many bytes of the answer. */
  readonly cutAfter?: number;
  /** Say nothing more after so many bytes of the answer. */
  readonly silentAfter?: number;
  /** Never answer. */
  readonly silent?: boolean;
}

export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

interface Reply {
  readonly status: number;
  readonly body?: unknown;
  readonly bytes?: Buffer;
  readonly headers?: Readonly<Record<string, string>>;
}

interface Call extends SeenRequest {
  readonly url: URL;
}

/**
 * Microsoft Graph as its documentation describes it, as far as mail goes: version 1.0 over HTTP on this machine. It keeps to the letter of what it is sent, so that a client that
 * does not is refused: content types, base64, ranges of uploads, preferences, batches.
 */
export class GraphDouble {
  readonly mailboxes = new Map<string, DoubleMailbox>();
  readonly drafts = new Drafts();
  readonly sent: SentMessage[] = [];
  readonly seen: SeenRequest[] = [];
  readonly faults: Fault[] = [];
  readonly subscriptions = new Map<string, Readonly<Record<string, unknown>>>();
  /** Tokens that it takes, and the permissions that come with each. */
  readonly tokens = new Map<string, readonly string[]>();
  /** Users whose mailbox a policy of Exchange closes to the application. */
  readonly excluded = new Set<string>();
  /** The most requests that were under way at once, for each mailbox. */
  readonly mostAtOnce = new Map<string, number>();
  /** How long each answer takes, in milliseconds. */
  latency = 0;
  url = '';
  readonly #atOnce = new Map<string, number>();
  readonly #server: Server;

  private constructor(identity: Identity | null) {
    const answer = (request: IncomingMessage, response: ServerResponse) => void this.#answer(request, response);
    this.#server = identity === null ? createServer(answer) : createSecureServer({ cert: identity.certificate, key: identity.key }, answer);
  }

  /** @param identity for TLS; without, it speaks clear text */
  static async start(identity: Identity | null = null): Promise<GraphDouble> {
    const double = new GraphDouble(identity);
    double.#server.listen(0, '127.0.0.1');
    await once(double.#server, 'listening');
    double.url = `http${identity === null ? '' : 's'}://127.0.0.1:${(double.#server.address() as AddressInfo).port}`;
    return double;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((done) => this.#server.close(done));
  }

  mailbox(user: string): DoubleMailbox {
    const mailbox = this.mailboxes.get(user) ?? new DoubleMailbox();
    this.mailboxes.set(user, mailbox);
    return mailbox;
  }

  /** The requests so far, as `GET /users/…`, without their query. */
  get requests(): readonly string[] {
    return this.seen.map(({ method, path }) => `${method} ${path.replace(/\?.*$/, '')}`);
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece as Buffer);
    const url = new URL(request.url ?? '/', this.url);
    const call: Call = { method: request.method ?? '', path: request.url ?? '', headers: request.headers, body: Buffer.concat(pieces), url };
    this.seen.push({ ...call, body: call.body.length > 100_000 ? Buffer.alloc(0) : call.body });
    const at = this.faults.findIndex(({ on }) => on.test(`${call.method} ${call.path}`));
    const [fault] = at === -1 ? [] : this.faults.splice(at, 1);
    const user = /^\/v1\.0\/users\/([^/?]+)/.exec(url.pathname)?.[1] ?? url.pathname;
    this.#enter(user, 1);
    try {
      if (this.latency > 0) await new Promise((done) => setTimeout(done, this.latency));
      if (fault?.silent) return;
      const reply = fault === undefined || fault.afterwards || fault.cutAfter !== undefined || fault.silentAfter !== undefined ? this.#reply(call) : null;
      if (fault?.cutAfter !== undefined) begin(response, reply, fault.cutAfter, () => response.destroy());
      else if (fault?.silentAfter !== undefined) begin(response, reply, fault.silentAfter, () => undefined);
      else if (fault?.status !== undefined) write(response, refusal(fault.status, fault.code ?? '', fault.text ?? '', fault.headers));
      else if (reply) write(response, reply);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      write(response, refusal(error.status, error.code, error.message, error.headers));
    } finally {
      this.#enter(user, -1);
    }
  }

  #enter(user: string, count: 1 | -1): void {
    const now = (this.#atOnce.get(user) ?? 0) + count;
    this.#atOnce.set(user, now);
    this.mostAtOnce.set(user, Math.max(now, this.mostAtOnce.get(user) ?? 0));
  }

  #reply(call: Call): Reply {
    const { pathname } = call.url;
    const upload = /^\/upload\/([^/]+)$/.exec(pathname)?.[1];
    if (upload !== undefined) return this.#upload(call, upload);
    if (!pathname.startsWith('/v1.0/')) throw new Refused(400, 'BadRequest', 'Only version 1.0 is here.');
    const token = /^Bearer (\S+)$/.exec(call.headers.authorization ?? '')?.[1] ?? '';
    const permissions = this.tokens.get(token);
    if (permissions === undefined) throw new Refused(401, 'InvalidAuthenticationToken', `Access token validation failure: ${token}`);
    if (!/IdType="ImmutableId"/.test(String(call.headers['prefer'] ?? ''))) throw new Refused(400, 'BadRequest', 'This double wants immutable ids.');
    return this.#route(call, pathname.slice('/v1.0'.length), permissions);
  }

  #route(call: Call, path: string, permissions: readonly string[]): Reply {
    if (path === '/$batch') return this.#batch(call, permissions);
    if (path === '/subscriptions' || path.startsWith('/subscriptions/')) return this.#subscription(call, path, permissions);
    const [, encoded = '', below = ''] = /^\/users\/([^/]+)(\/.*)?$/.exec(path) ?? [];
    const user = decodeURIComponent(encoded);
    if (below === '') {
      requireOne(permissions, ['User.Read.All'], 'Authorization_RequestDenied', 'Insufficient privileges to complete the operation.');
      if (!this.mailboxes.has(user)) throw new Refused(404, 'Request_ResourceNotFound', `Resource '${user}' does not exist.`);
      return { status: 200, body: { userPrincipalName: user, mail: user } };
    }
    const needed =
      below === '/sendMail' || below.endsWith('/send') ? ['Mail.Send'] : call.method === 'GET' ? ['Mail.Read', 'Mail.ReadWrite'] : ['Mail.ReadWrite'];
    requireOne(permissions, needed, 'ErrorAccessDenied', 'Access is denied. Check credentials and try again.');
    if (this.excluded.has(user))
      throw new Refused(403, 'ErrorAccessDenied', 'Access to OData is disabled: [RAOP] : Blocked by tenant configured AppOnly AccessPolicy settings.');
    const mailbox = this.mailboxes.get(user);
    if (!mailbox) throw new Refused(404, 'ErrorInvalidUser', `The requested user '${user}' is invalid.`);
    return this.#inMailbox(call, user, mailbox, below);
  }

  #inMailbox(call: Call, user: string, mailbox: DoubleMailbox, path: string): Reply {
    const { method } = call;
    const folder = /^\/mailFolders\/([^/]+)$/.exec(path)?.[1];
    if (method === 'GET' && folder !== undefined) return { status: 200, body: mailbox.folder(decodeURIComponent(folder)) };
    const listed = /^\/mailFolders\/([^/]+)\/messages(\/delta)?$/.exec(path);
    if (method === 'GET' && listed)
      return { status: 200, body: listed[2] ? mailbox.delta(decodeURIComponent(listed[1] ?? ''), call.url, pageSizeOf(call)) : mailbox.filtered(call.url) };
    if (method === 'POST' && path === '/sendMail') {
      this.sent.push({ from: user, mime: mimeIn(call), attachments: [] });
      return { status: 202 };
    }
    if (method === 'POST' && path === '/messages') return { status: 201, body: { id: this.drafts.create(user, mimeIn(call)), isDraft: true } };
    const [, id = '', below = ''] = /^\/messages\/([^/]+)(\/.*)?$/.exec(path) ?? [];
    const message = decodeURIComponent(id);
    if (this.drafts.has(message)) return this.#draft(call, message, below);
    if (method === 'GET' && below === '/$value') return { status: 200, bytes: mailbox.content(message), headers: { 'content-type': 'text/plain' } };
    if (method === 'PATCH' && below === '') return { status: 200, body: mailbox.setRead(message, jsonIn(call)['isRead'] === true) };
    if (method === 'POST' && below === '/move') return { status: 201, body: mailbox.move(message, String(jsonIn(call)['destinationId'])) };
    if (method === 'DELETE' && below === '') {
      mailbox.remove(message);
      return { status: 204 };
    }
    throw new Refused(400, 'BadRequest', `Nothing is at ${method} ${path}.`);
  }

  #draft(call: Call, id: string, below: string): Reply {
    if (call.method === 'DELETE' && below === '') {
      this.drafts.remove(id);
      return { status: 204 };
    }
    if (call.method === 'POST' && below === '/attachments') return { status: 201, body: { id: this.drafts.attach(id, jsonIn(call), call.body.length) } };
    if (call.method === 'POST' && below === '/attachments/createUploadSession') {
      const session = this.drafts.beginUpload(id, jsonIn(call));
      return { status: 201, body: { uploadUrl: `${this.url}/upload/${session}`, expirationDateTime: '2099-01-01T00:00:00Z', nextExpectedRanges: ['0-'] } };
    }
    if (call.method === 'POST' && below === '/send') {
      if (call.body.length > 0) throw new Refused(400, 'BadRequest', 'A draft is sent without a body.');
      this.sent.push(this.drafts.send(id));
      return { status: 202 };
    }
    throw new Refused(400, 'BadRequest', `A draft has no ${below}.`);
  }

  #upload({ method, headers, body }: Call, session: string): Reply {
    if (headers.authorization !== undefined) throw new Refused(401, 'InvalidAuthenticationToken', 'An upload address takes no access token.');
    if (method === 'GET') return { status: 200, body: { nextExpectedRanges: this.drafts.missing(session) } };
    if (headers['content-type'] !== 'application/octet-stream') throw new Refused(400, 'BadRequest', 'A piece is application/octet-stream.');
    const isComplete = this.drafts.put(session, headers['content-range'] ?? '', body);
    return isComplete ? { status: 201 } : { status: 200, body: { nextExpectedRanges: this.drafts.missing(session) } };
  }

  #subscription(call: Call, path: string, permissions: readonly string[]): Reply {
    requireOne(permissions, ['Mail.Read', 'Mail.ReadWrite'], 'ErrorAccessDenied', 'Access is denied.');
    if (call.method === 'POST') {
      const { notificationUrl, lifecycleNotificationUrl, clientState, expirationDateTime, resource, changeType } = jsonIn(call);
      const wanted = [notificationUrl, lifecycleNotificationUrl, clientState, expirationDateTime, resource, changeType];
      if (wanted.some((value) => typeof value !== 'string' || value === '')) throw new Refused(400, 'InvalidRequest', 'A field is missing.');
      if (String(clientState).length > 128) throw new Refused(400, 'InvalidRequest', 'clientState is longer than 128 characters.');
      const id = randomUUID();
      this.subscriptions.set(id, { id, notificationUrl, clientState, expirationDateTime, resource });
      return { status: 201, body: this.subscriptions.get(id) };
    }
    const id = path.slice('/subscriptions/'.length);
    const subscription = this.subscriptions.get(id);
    if (!subscription) throw new Refused(404, 'ResourceNotFound', 'The object was not found.');
    if (call.method === 'DELETE') {
      this.subscriptions.delete(id);
      return { status: 204 };
    }
    this.subscriptions.set(id, { ...subscription, ...jsonIn(call) });
    return { status: 200, body: this.subscriptions.get(id) };
  }

  #batch(call: Call, permissions: readonly string[]): Reply {
    const { requests } = jsonIn(call);
    if (!Array.isArray(requests) || requests.length === 0 || requests.length > 20) throw new Refused(400, 'BadRequest', 'A batch has 1 to 20 requests.');
    const responses = (requests as { id: string; method: string; url: string; headers?: Record<string, string>; body?: unknown }[]).map((request) => {
      const headers = Object.fromEntries(Object.entries(request.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]));
      const body = request.body === undefined ? Buffer.alloc(0) : Buffer.from(JSON.stringify(request.body));
      const single: Call = { method: request.method, path: request.url, headers, body, url: new URL(`/v1.0${request.url}`, this.url) };
      const at = this.faults.findIndex(({ on }) => on.test(`BATCHED ${request.method} ${request.url}`));
      const [fault] = at === -1 ? [] : this.faults.splice(at, 1);
      try {
        if (fault?.status !== undefined) throw new Refused(fault.status, fault.code ?? '', fault.text ?? '', fault.headers);
        const { status, body: content } = this.#route(single, single.url.pathname.slice('/v1.0'.length), permissions);
        return { id: request.id, status, body: content };
      } catch (error) {
        if (!(error instanceof Refused)) throw error;
        return { id: request.id, status: error.status, headers: error.headers, body: { error: { code: error.code, message: error.message } } };
      }
    });
    // Graph promises no order.
    return { status: 200, body: { responses: responses.toReversed() } };
  }
}

function requireOne(permissions: readonly string[], needed: readonly string[], code: string, message: string): void {
  if (!needed.some((name) => permissions.includes(name))) throw new Refused(403, code, message);
}

function mimeIn({ headers, body }: Call): string {
  if (headers['content-type'] !== 'text/plain') throw new Refused(400, 'BadRequest', 'MIME goes as text/plain.');
  if (body.length > 4_000_000) throw new Refused(413, 'ErrorMessageSizeExceeded', 'The request is larger than 4 MB.');
  const text = body.toString('latin1');
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(text) || text.length % 4 !== 0)
    throw new Refused(400, 'ErrorMimeContentInvalidBase64String', 'Invalid base64 string for MIME content.');
  const mime = Buffer.from(text, 'base64').toString();
  if (!/^To: .+@.+/im.test(mime)) throw new Refused(400, 'ErrorInvalidRecipients', 'At least one recipient is not valid.');
  return mime;
}

function jsonIn({ headers, body }: Call): Readonly<Record<string, unknown>> {
  if (headers['content-type'] !== 'application/json') throw new Refused(415, 'UnsupportedMediaType', 'The body is no JSON by its type.');
  return JSON.parse(body.toString()) as Readonly<Record<string, unknown>>;
}

function pageSizeOf({ headers }: Call): number {
  return Number(/odata\.maxpagesize=(\d+)/.exec(String(headers['prefer'] ?? ''))?.[1] ?? 10);
}

function refusal(status: number, code: string, message: string, headers: Readonly<Record<string, string>> = {}): Reply {
  return { status, body: { error: { code, message, innerError: { 'request-id': 'inner' } } }, headers };
}

function write(response: ServerResponse, { status, body, bytes, headers }: Reply): void {
  // A 202 has neither content nor a type of it.
  const content = bytes ?? (body === undefined ? Buffer.alloc(0) : Buffer.from(JSON.stringify(body)));
  response.writeHead(status, {
    'request-id': randomUUID(),
    ...(body !== undefined && { 'content-type': 'application/json' }),
    'content-length': content.length,
    ...headers,
  });
  response.end(content);
}

function begin(response: ServerResponse, reply: Reply | null, after: number, then: () => void): void {
  if (after === 0 || reply === null) {
    then();
    return;
  }
  const content = reply.bytes ?? Buffer.from(JSON.stringify(reply.body));
  response.writeHead(reply.status, { 'content-length': content.length });
  response.write(content.subarray(0, after), then);
}
