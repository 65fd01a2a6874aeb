import {
  allowInsecureRequests,
  clientCredentialsGrantRequest,
  customFetch,
  OperationProcessingError,
  processClientCredentialsResponse,
  processRefreshTokenResponse,
  refreshTokenGrantRequest,
  ResponseBodyError,
  WWWAuthenticateChallengeError,
  type AuthorizationServer,
  type TokenEndpointResponse,
} from 'oauth4webapi';
import { networkFailure } from '../mail/network-failure.js';
import { retryAfterMilliseconds } from '../mail/retry-after.js';
import { TokenUnavailable } from '../mail/mail-port.js';
import { SecretValue } from '../secret-store/secret-value.js';
import { clientAuthentication } from './client-authentication.js';
import { providerError } from './provider-errors.js';
import { TokenRefused, type GrantedTokens, type TokenClient, type TokenProfile } from './token-port.js';
import { tokenResponse } from './token-response.js';

/**
 * Client credentials (RFC 6749, section 4.4) for an application by itself, a refresh token (section 6) for everything else.
 * @param fetch the way out, with the rules of egress in it.
 */
export function tokenClient(fetch: typeof globalThis.fetch, now: () => Date): TokenClient {
  return async (profile, signal) => {
    try {
      return granted(await requested(profile, signal, busyAsRefusal(fetch, now)), profile);
    } catch (error) {
      throw refusalOf(error, signal);
    }
  };
}

async function requested(profile: TokenProfile, signal: AbortSignal, fetch: typeof globalThis.fetch): Promise<TokenEndpointResponse> {
  // Nothing that names its issuer is looked at: an ID token is no part of this.
  const server: AuthorizationServer = { issuer: new URL(profile.tokenEndpoint).origin, token_endpoint: profile.tokenEndpoint };
  const client = { client_id: profile.clientId };
  const authentication = await clientAuthentication(profile);
  const options = {
    signal,
    [customFetch]: fetch,
    // Only endpoints on this machine are stored with http; whether they may be reached, `fetch` decides.
    [allowInsecureRequests]: profile.tokenEndpoint.startsWith('http:'),
  };
  const scope = profile.scopes.length > 0 ? { scope: profile.scopes.join(' ') } : {};
  if (profile.grant === 'CLIENT_CREDENTIALS') {
    const response = await clientCredentialsGrantRequest(server, client, authentication, scope, options);
    return processClientCredentialsResponse(server, client, await tokenResponse(response));
  }
  if (profile.refreshToken === null) throw new TokenRefused('CONSENT', 'There is no refresh token.');
  const response = await refreshTokenGrantRequest(server, client, authentication, profile.refreshToken.reveal(), { ...options, additionalParameters: scope });
  return processRefreshTokenResponse(server, client, await tokenResponse(response));
}

function granted(
  { access_token: accessToken, expires_in: expiresIn, refresh_token: refreshToken }: TokenEndpointResponse,
  profile: TokenProfile,
): GrantedTokens {
  return {
    accessToken: new SecretValue(accessToken),
    expiresInSeconds: typeof expiresIn === 'number' && expiresIn > 0 ? expiresIn : null,
    refreshToken: refreshToken === undefined || refreshToken === profile.refreshToken?.reveal() ? null : new SecretValue(refreshToken),
  };
}

/** A provider that is busy or out of order says so by its status, whatever stands in the body. */
function busyAsRefusal(fetch: typeof globalThis.fetch, now: () => Date): typeof globalThis.fetch {
  return async (input, init) => {
    const response = await fetch(input, init);
    if (response.status !== 429 && response.status < 500) return response;
    await response.body?.cancel();
    const text = response.status === 429 ? 'The provider limits how often tokens are asked for' : 'The token endpoint of the provider is out of order';
    throw new TokenRefused(
      'TEMPORARY',
      `${text} (HTTP ${response.status}). It is tried again later.`,
      retryAfterMilliseconds(response.headers.get('retry-after'), now()),
    );
  };
}

function refusalOf(error: unknown, signal: AbortSignal): unknown {
  if (error instanceof TokenRefused) return error;
  if (error instanceof ResponseBodyError) {
    const { kind, message } = providerError(error.error, error.error_description);
    return new TokenRefused(kind, message);
  }
  if (error instanceof WWWAuthenticateChallengeError) {
    const { kind, message } = providerError('invalid_client', undefined);
    return new TokenRefused(kind, message);
  }
  if (error instanceof OperationProcessingError)
    return new TokenRefused('CONFIGURATION', 'What answers at the token endpoint does not speak OAuth 2.0. Check the token endpoint of the profile.');
  const { code, message, hint } = networkFailure(error, signal);
  return new TokenUnavailable(code, `The token endpoint of the provider could not be asked. ${message}`, hint);
}
