import {
  allowInsecureRequests,
  authorizationCodeGrantRequest,
  AuthorizationResponseError,
  calculatePKCECodeChallenge,
  customFetch,
  OperationProcessingError,
  processAuthorizationCodeResponse,
  ResponseBodyError,
  validateAuthResponse,
  WWWAuthenticateChallengeError,
  type AuthorizationServer,
} from 'oauth4webapi';
import { consentParametersOf } from '../domain/authentication-profile/presets.js';
import { SecretValue } from '../secret-store/secret-value.js';
import { clientAuthentication } from './client-authentication.js';
import { ConsentRefused, type ConsentClient, type ConsentedProfile, type ConsentedTokens, type ConsentRequest } from './consent-port.js';
import { tokenResponse } from './token-response.js';

/** @param fetch the way out, with the rules of egress in it. */
export function consentClient(fetch: typeof globalThis.fetch): ConsentClient {
  return { address, exchange: (...exchange) => exchanged(fetch, ...exchange) };
}

async function address(
  { preset, authorizationEndpoint, clientId, scopes }: Parameters<ConsentClient['address']>[0],
  { state, codeVerifier, redirectUri, loginHint }: ConsentRequest & { readonly loginHint: string | null },
): Promise<string> {
  const url = new URL(authorizationEndpoint ?? '');
  const parameters = {
    response_type: 'code',
    client_id: clientId,
    redirect_uri: redirectUri,
    state,
    code_challenge: await calculatePKCECodeChallenge(codeVerifier),
    code_challenge_method: 'S256',
    ...(scopes.length > 0 && { scope: scopes.join(' ') }),
    ...(loginHint !== null && { login_hint: loginHint }),
    ...consentParametersOf(preset),
  };
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  return url.href;
}

async function exchanged(
  fetch: typeof globalThis.fetch,
  profile: ConsentedProfile,
  parameters: URLSearchParams,
  { state, codeVerifier, redirectUri }: ConsentRequest,
  signal: AbortSignal,
): Promise<ConsentedTokens> {
  const server: AuthorizationServer = { issuer: issuerIn(parameters, profile), token_endpoint: profile.tokenEndpoint };
  const client = { client_id: profile.clientId };
  try {
    const code = validateAuthResponse(server, client, parameters, state);
    const response = await authorizationCodeGrantRequest(server, client, await clientAuthentication(profile), code, redirectUri, codeVerifier, {
      signal,
      [customFetch]: fetch,
      // Only endpoints on this machine are stored with http; whether they may be reached, `fetch` decides.
      [allowInsecureRequests]: profile.tokenEndpoint.startsWith('http:'),
    });
    const { refresh_token: refreshToken, scope } = await processAuthorizationCodeResponse(server, client, await tokenResponse(response));
    return { refreshToken: refreshToken === undefined ? null : new SecretValue(refreshToken), scopes: scope === undefined ? null : scope.split(' ') };
  } catch (error) {
    throw refusalOf(error);
  }
}

/** Whom the answer says to come from (RFC 9207): it must be the one who was asked, of whom no more is known than where they are asked. */
function issuerIn(parameters: URLSearchParams, { authorizationEndpoint }: ConsentedProfile): string {
  const asked = new URL(authorizationEndpoint ?? '').origin;
  const issuer = parameters.get('iss');
  if (issuer === null) return asked;
  if (!URL.canParse(issuer) || new URL(issuer).origin !== asked)
    throw new ConsentRefused(
      'The answer came from another provider than the one that was asked. Begin the consent again, and if it happens again, tell an administrator.',
    );
  return issuer;
}

function refusalOf(error: unknown): unknown {
  if (error instanceof AuthorizationResponseError) return new ConsentRefused(refusedBy(error.error));
  if (error instanceof ResponseBodyError)
    return new ConsentRefused(
      `The provider gave no tokens for it (${plain(error.error)}${codeIn(error.error_description)}). ${todo[error.error] ?? 'Begin the consent again.'}`,
    );
  if (error instanceof WWWAuthenticateChallengeError)
    return new ConsentRefused(
      'The provider does not know the application by its credentials. Correct client ID and client secret of the profile, then begin again.',
    );
  if (error instanceof OperationProcessingError)
    return new ConsentRefused('The provider answered in a way that OAuth 2.0 does not know. Check the endpoints of the profile, then begin again.');
  if (error instanceof TypeError || (error instanceof Error && /^(?:Abort|Timeout)Error$/.test(error.name)))
    return new ConsentRefused("The provider's token endpoint could not be reached, so nothing was granted. Begin the consent again.", { cause: error });
  return error;
}

function refusedBy(error: string): string {
  if (error === 'access_denied' || error === 'consent_required')
    return 'Access was not allowed at the provider. If that was a mistake, begin the consent again.';
  return `The provider refused it (${plain(error)}). ${todo[error] ?? 'Begin the consent again.'}`;
}

const todo: Readonly<Record<string, string>> = {
  invalid_grant: 'The code was used already, or came too late. Begin the consent again.',
  invalid_client: 'Correct client ID and client secret of the profile, then begin again.',
  unauthorized_client: 'Allow the application the authorization code grant at the provider, then begin again.',
  invalid_scope: 'Correct the scopes of the profile, then begin again.',
  temporarily_unavailable: 'It is out of order for a while. Begin the consent again later.',
  server_error: 'It is out of order for a while. Begin the consent again later.',
};

/** A code of an error, or nothing: whoever edits the address of the callback could write whatever they like there. */
function plain(code: string): string {
  return /^[a-z_]{1,40}$/.test(code) ? code : 'no known code';
}

/** Of Microsoft's descriptions the number, by which its documentation tells more. */
function codeIn(description: string | undefined): string {
  const code = /AADSTS\d{4,8}/.exec(description ?? '')?.[0];
  return code === undefined ? '' : `, ${code}`;
}
