import { createHash } from 'node:crypto';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import type { ConsentCallback, ConsentOutcome } from '../commands/consents.js';
import { RateLimited } from '../commands/rate-limit.js';
import { StoreUnavailable } from '../event-store/event-store.js';
import { SecretStoreUnavailable } from '../secret-store/secret-store.js';
import { callOf } from './call-of-request.js';
import { callbackPage, style, type Page } from './callback-page.js';
import type { ClientAddress } from './client-address.js';
import type { Faults } from './errors/faults.js';

/** Below the public address of the service: the redirect URI that providers of OAuth 2.0 know. */
export const oauthCallbackPath = '/oauth/callback';

/** How long the exchange with the provider may take, in milliseconds. */
const deadline = 20_000;

export interface OAuthCallbackOptions {
  readonly finish: (callback: ConsentCallback, signal: AbortSignal) => Promise<ConsentOutcome>;
  readonly addresses: ClientAddress;
  readonly faults: Pick<Faults, 'ofRequest'>;
  readonly log: Logger;
}

/** Where providers send people back to. No token is needed: the parameter `state` is sealed, and names who began. Answers a page, which shows nothing that came in the address. */
export function serveOAuthCallback(app: FastifyInstance, { finish, addresses, faults, log }: OAuthCallbackOptions): void {
  app.get(oauthCallbackPath, async (request, reply) => {
    const ip = addresses.of(request.raw.socket.remoteAddress, request.headers['x-forwarded-for']);
    const { requestId, userAgent } = callOf(request.headers, ip);
    const { page, status, profile } = await answered({ parameters: parametersOf(request), requestId, ip, userAgent }, finish, faults);
    // Without the parameters: code and state open something.
    log.info({ requestId, transport: 'http', method: 'GET', path: oauthCallbackPath, status, ip, ...(profile !== null && { profile }) }, 'request');
    return reply.code(status).headers(headers).type('text/html; charset=utf-8').send(callbackPage(page));
  });
}

function parametersOf({ url }: FastifyRequest): URLSearchParams {
  const mark = url.indexOf('?');
  return new URLSearchParams(mark < 0 ? '' : url.slice(mark));
}

interface Answered {
  readonly page: Page;
  readonly status: number;
  readonly profile: string | null;
}

async function answered(callback: ConsentCallback, finish: OAuthCallbackOptions['finish'], faults: OAuthCallbackOptions['faults']): Promise<Answered> {
  try {
    const outcome = await finish(callback, AbortSignal.timeout(deadline));
    return { page: pageOf(outcome), status: outcome.granted ? 200 : 400, profile: outcome.profile };
  } catch (error) {
    if (error instanceof RateLimited) return failure(429, 'Too many attempts', error.message);
    if (error instanceof StoreUnavailable || error instanceof SecretStoreUnavailable)
      return failure(
        503,
        'Not known',
        'The service cannot reach its store, so whether access was granted is not known. Look at the authentication profile in a while.',
      );
    return failure(500, 'Something went wrong', faults.ofRequest(error, callback.requestId, callback.requestId).message);
  }
}

function pageOf(outcome: ConsentOutcome): Page {
  return outcome.granted
    ? { title: 'Access granted', paragraphs: [`The authentication profile ${outcome.profile} can now use the mailbox.`, 'You may close this window.'] }
    : {
        title: 'No access was granted',
        paragraphs: [outcome.message, ...(outcome.profile === null ? [] : [`It was about the authentication profile ${outcome.profile}.`])],
      };
}

function failure(status: number, title: string, message: string): Answered {
  return { page: { title, paragraphs: [message] }, status, profile: null };
}

const headers = {
  'cache-control': 'no-store',
  // Nothing is loaded from anywhere, and nothing runs: the address in the browser holds a code.
  'content-security-policy': `default-src 'none'; style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'cross-origin-opener-policy': 'same-origin',
};
