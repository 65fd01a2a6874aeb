import { randomBytes } from 'node:crypto';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance, FastifyReply } from 'fastify';
import type { RenderOptions } from 'altair-static';

/** Under it are the files that the IDE is made of. */
const filesPath = '/graphql/ide/';

const noncePlaceholder = 'nonce-of-this-answer';
/** Only the browser knows under which address it reached the page, and whether by TLS. */
const webSocketPlaceholder = 'address-of-the-page';

const firstQuery = `# Enter your token first, top right: "Enter your token here", then "Environments...".
# Then load the documentation with the two arrows beside "Docs".
{
  viewer {
    actor {
      displayName
    }
    role
    permissions
  }
}
`;

/** The IDE: Altair, from files of this installation alone. The page goes to anybody; its requests need a token as all do. */
export async function serveIde(app: FastifyInstance, endpointPath: string): Promise<(reply: FastifyReply) => void> {
  const root = join(dirname(createRequire(import.meta.url).resolve('altair-static/package.json')), 'build', 'dist');
  await app.register(async (files) => {
    files.addHook('onRequest', (request, reply, done) => {
      void reply.headers(headersOfFiles(request.url.includes('/iframe-sandbox/')));
      done();
    });
    await files.register(fastifyStatic, { root, prefix: filesPath, decorateReply: false, index: false, dotfiles: 'deny', maxAge: '1h' });
  });
  let page: Promise<string> | null = null;
  return (reply) => {
    page ??= renderedPage(endpointPath);
    page.then(
      (html) => {
        const nonce = randomBytes(16).toString('base64');
        void reply.headers(headersOfPage(nonce)).type('text/html; charset=utf-8').send(html.replaceAll(noncePlaceholder, nonce));
      },
      (error: unknown) => void reply.send(error),
    );
  };
}

/** Loaded when somebody first asks for it: a service that nobody opens in a browser does not pay for it. */
async function renderedPage(endpointPath: string): Promise<string> {
  const { renderAltair } = await import('altair-static');
  const options: RenderOptions = {
    baseURL: filesPath,
    endpointURL: endpointPath,
    cspNonce: noncePlaceholder,
    initialName: 'Postledger',
    initialQuery: firstQuery,
    // One place for the token: requests, introspection and subscriptions all take it from there.
    initialHeaders: { Authorization: 'Bearer {{token}}' },
    initialSubscriptionsPayload: { authorization: 'Bearer {{token}}' },
    initialEnvironments: { activeSubEnvironment: 'token', subEnvironments: [{ id: 'token', title: 'Enter your token here', variables: { token: '' } }] },
    initialSubscriptionRequestHandlerId: 'graphql-ws',
    subscriptionsEndpoint: webSocketPlaceholder,
    // What is typed in here is a token: it does not stay in the browser.
    preserveState: false,
    disableAccount: true,
    persistedSettings: { disablePushNotification: true, 'banners.disable': true, 'alert.disableUpdateNotification': true },
  };
  return renderAltair(options)
    .replace('<title>Altair</title>', '<title>Postledger</title>')
    .replace(`\`${webSocketPlaceholder}\``, `location.origin.replace(/^http/, 'ws') + '${endpointPath}'`);
}

/** Everything from here, nothing from elsewhere, no frame around it. Styles are set by scripts as attributes too, which no nonce covers. */
function headersOfPage(nonce: string): Readonly<Record<string, string>> {
  const policy = [
    "default-src 'none'",
    `script-src 'self' 'nonce-${nonce}'`,
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data:",
    "font-src 'self' data:",
    "connect-src 'self'",
    "worker-src 'self' blob:",
    "frame-src 'self'",
    "base-uri 'self'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ];
  return { ...headersOfAll, 'cache-control': 'no-store', 'content-security-policy': policy.join('; ') };
}

/** The frame in which Altair runs scripts that a user wrote may run them, and reach nothing else of the page. */
function headersOfFiles(isSandbox: boolean): Readonly<Record<string, string>> {
  return { ...headersOfAll, ...(isSandbox && { 'content-security-policy': 'sandbox allow-scripts' }) };
}

const headersOfAll = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=()',
};
