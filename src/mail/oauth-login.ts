import type { SecretValue } from '../secret-store/secret-value.js';
import type { Deadline } from './deadline.js';
import { ConnectionFailure } from './failure.js';
import { TokenUnavailable, type Credentials, type OAuthCredentials } from './mail-port.js';
import type { StageRun } from './stage-run.js';

/** The mechanisms that take an access token, the standard one first. */
const mechanisms = ['OAUTHBEARER', 'XOAUTH2'] as const;
export type TokenMechanism = (typeof mechanisms)[number];

/** The mechanism to log in with; null where the server takes no token. */
export function tokenMechanism(offered: readonly string[]): TokenMechanism | null {
  const names = new Set(offered.map((name) => name.toUpperCase()));
  return mechanisms.find((mechanism) => names.has(mechanism)) ?? null;
}

/** The initial response, not yet in base64 (RFC 7628, section 3.1; XOAUTH2 as Google wrote it down). */
export function tokenResponseOf(
  mechanism: TokenMechanism,
  userId: string,
  token: SecretValue,
  server: { readonly host: string; readonly port: number },
): string {
  return mechanism === 'XOAUTH2' ? xoauth2(userId, token) : oauthBearer(userId, token, server);
}

export function xoauth2(userId: string, token: SecretValue): string {
  return `user=${userId}\u0001auth=Bearer ${token.reveal()}\u0001\u0001`;
}

export function oauthBearer(userId: string, token: SecretValue, { host, port }: { readonly host: string; readonly port: number }): string {
  // RFC 5801, section 4: in an authorization identity "=" and "," are written out.
  const identity = userId.replaceAll('=', '=3D').replaceAll(',', '=2C');
  return `n,a=${identity},\u0001host=${host}\u0001port=${port}\u0001auth=Bearer ${token.reveal()}\u0001\u0001`;
}

/** Why a token was refused, as far as the server's challenge says it (RFC 7628, section 3.2.2: JSON in base64), on one line; null for a challenge without a reason. */
export function challengeReason(challenge: string): string | null {
  let told: unknown;
  try {
    told = JSON.parse(Buffer.from(challenge.trim(), 'base64').toString('utf8'));
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
  if (typeof told !== 'object' || told === null) return null;
  const { status, scope } = told as { readonly status?: unknown; readonly scope?: unknown };
  const parts = [typeof status === 'string' ? `status ${status}` : null, typeof scope === 'string' && scope !== '' ? `scope ${scope}` : null];
  return parts.filter((part) => part !== null).join(', ') || null;
}

/** The TOKEN stage: an access token, which from then on no text of a server may show. @throws {StageFailed} */
export async function takeAccessToken({ accessTokens }: Pick<OAuthCredentials, 'accessTokens'>, run: StageRun, deadline: Deadline): Promise<SecretValue> {
  return run.take('TOKEN', async () => {
    try {
      const token = await deadline.within(accessTokens.current(deadline.signal));
      run.secrets.push(token);
      return { value: token, message: `The authentication profile ${accessTokens.profile} gives an access token.` };
    } catch (error) {
      throw tokenFailure(error);
    }
  });
}

/** What keeps an access token away, as a stage tells it. */
export function tokenFailure(error: unknown): unknown {
  if (!(error instanceof TokenUnavailable) || error.code === 'OK') return error;
  return new ConnectionFailure(error.code, { message: error.message, ...(error.hint === null ? {} : { hint: error.hint }) });
}

/** What a person is told whose access token a server refuses: the token came, so the profile itself works. */
export const refusedToken = {
  message: 'The server refuses the access token.',
  hint: 'Check that the user ID is the mailbox that access was given to, and that the scopes of the authentication profile let into this protocol. The next attempt takes a new token.',
};

/** What a person is told whose server takes no token. */
export const noTokensTaken = {
  message: 'The server takes no access tokens on this connection. None was sent.',
  hint: 'Many servers take them on encrypted connections alone: require TLS or STARTTLS. A server that has no OAuth 2.0 wants a password in place of the authentication profile.',
};

/** Whoever keeps the tokens hears of one that a server refused. */
export function noteRefusal(failure: unknown, credentials: Credentials | null, token: SecretValue | null): void {
  if (failure instanceof ConnectionFailure && failure.code === 'AUTHENTICATION_FAILED' && credentials?.kind === 'oauth' && token !== null)
    credentials.accessTokens.refused(token);
}
