import type { KeyObject } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Provider } from 'oidc-provider';

/** An OpenID provider on this machine, and a person who logs in there. */
export interface OpenIdProvider {
  readonly issuer: string;
  readonly authorizationEndpoint: string;
  readonly tokenEndpoint: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** Every text that the provider gave out or took in that opens something: codes and tokens. */
  readonly secrets: readonly string[];
  /** Goes where the address leads, as a browser does, logs in and consents, or does not. Answers the address that the provider sends back to. */
  visit(address: string, choice?: 'consent' | 'cancel', login?: string): Promise<URL>;
  stop(): Promise<void>;
}

export interface ProviderOptions {
  /** Default: a free one. */
  readonly port?: number;
  /** The public key of a second application, `certified`, that proves itself by its signature alone. */
  readonly certifiedKey?: KeyObject;
}

/** Mail servers ask it about access tokens with this client, and are told whose mailbox a token opens: that of the person who logged in, of alice for an application by itself. */
export const resourceServer = { id: 'resource', secret: 'resource-secret' } as const;

export async function openIdProvider(redirectUri: string, clientSecret: string, { port = 0, certifiedKey }: ProviderOptions = {}): Promise<OpenIdProvider> {
  const server = createServer();
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const clientId = 'postledger';
  const secrets: string[] = [];
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: clientId,
        client_secret: clientSecret,
        redirect_uris: [redirectUri],
        grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
        response_types: ['code'],
        token_endpoint_auth_method: 'client_secret_post',
        id_token_signed_response_alg: 'ES256',
      },
      {
        client_id: resourceServer.id,
        client_secret: resourceServer.secret,
        redirect_uris: [],
        grant_types: [],
        response_types: [],
        token_endpoint_auth_method: 'client_secret_basic',
        id_token_signed_response_alg: 'ES256',
      },
      ...(certifiedKey
        ? [
            {
              client_id: 'certified',
              redirect_uris: [],
              grant_types: ['client_credentials'],
              response_types: [],
              token_endpoint_auth_method: 'private_key_jwt' as const,
              id_token_signed_response_alg: 'ES256' as const,
              jwks: { keys: [certifiedKey.export({ format: 'jwk' })] },
            },
          ]
        : []),
    ],
    features: {
      clientCredentials: { enabled: true },
      introspection: { enabled: true, allowedPolicy: () => true },
    },
    extraTokenClaims: (_, token) => ({ username: `${'accountId' in token ? token.accountId : 'alice'}@lab.test` }),
    scopes: ['openid', 'offline_access', 'mail'],
    cookies: { keys: ['for tests'] },
    issueRefreshToken: () => true,
    rotateRefreshToken: true,
    pkce: { required: () => true },
    jwks: { keys: [await signingKey()] },
  });
  const answer = provider.callback();
  server.on('request', (request, response) => void answer(request, response));
  provider.on('grant.success', ({ body }: { body: unknown }) => noteSecrets(body, secrets));
  return {
    issuer,
    authorizationEndpoint: `${issuer}/auth`,
    tokenEndpoint: `${issuer}/token`,
    clientId,
    clientSecret,
    secrets,
    visit: (address, choice = 'consent', login = 'sales') => visited(address, choice, login, issuer, secrets),
    stop: () => stopped(server),
  };
}

async function visited(address: string, choice: 'consent' | 'cancel', login: string, issuer: string, secrets: string[]): Promise<URL> {
  const cookies = new Map<string, string>();
  let next = { url: address, body: null as string | null };
  for (let steps = 0; steps < 20; steps++) {
    const response = await fetch(next.url, {
      redirect: 'manual',
      headers: {
        cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; '),
        ...(next.body !== null && { 'content-type': 'application/x-www-form-urlencoded' }),
      },
      ...(next.body !== null && { method: 'POST', body: next.body }),
    });
    for (const cookie of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
      cookies.set(name, value);
    }
    const location = response.headers.get('location');
    if (location !== null) {
      const url = new URL(location, next.url);
      if (url.origin !== issuer) {
        const code = url.searchParams.get('code');
        if (code !== null) secrets.push(code);
        return url;
      }
      next = { url: url.href, body: null };
      continue;
    }
    next = formIn(await response.text(), next.url, choice, login);
  }
  throw new Error('The provider asks for one thing after the other.');
}

/** The provider's own pages for development ask for a login with any password, then for the consent. */
function formIn(page: string, url: string, choice: 'consent' | 'cancel', login: string): { readonly url: string; readonly body: string | null } {
  const action = /action="([^"]+)"/.exec(page)?.[1];
  const prompt = /name="prompt" value="([^"]+)"/.exec(page)?.[1];
  if (action === undefined || prompt === undefined)
    throw new Error(`There is nothing to fill in: ${page.replaceAll(/<style>.*?<\/style>/gs, '').slice(0, 500)}`);
  if (choice === 'cancel') return { url: `${url}/abort`, body: null };
  return { url: new URL(action, url).href, body: new URLSearchParams({ prompt, ...(prompt === 'login' && { login, password: 'any' }) }).toString() };
}

function noteSecrets(body: unknown, secrets: string[]): void {
  if (typeof body !== 'object' || body === null) return;
  for (const [name, value] of Object.entries(body)) if (name.endsWith('_token') && typeof value === 'string') secrets.push(value);
}

async function signingKey(): Promise<Record<string, unknown>> {
  const { privateKey } = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify']);
  return { ...(await crypto.subtle.exportKey('jwk', privateKey)), use: 'sig', alg: 'ES256', kid: 'test' };
}

async function stopped(server: Server): Promise<void> {
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
}
