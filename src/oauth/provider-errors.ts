/** What Microsoft's numbers say, and what to do (AADSTS). */
const byNumber: Readonly<Record<string, string>> = {
  AADSTS7000215: 'The client secret is wrong. Enter the value of the secret, and not its id.',
  AADSTS7000222: 'The client secret has expired. Make a new one in the app registration, and enter it.',
  AADSTS700016: 'The directory does not know the application. Check client ID and tenant.',
  AADSTS90002: 'There is no such directory. Check the tenant.',
  AADSTS900023: 'There is no such directory. Check the tenant.',
  AADSTS65001: 'An administrator has to consent to the permissions of the application.',
  AADSTS70011: 'The scopes are not valid. An application by itself takes one that ends in /.default.',
  AADSTS1002012: 'The scopes are not valid. An application by itself takes one that ends in /.default.',
  AADSTS700027: 'The directory does not know the certificate. Upload it to the app registration.',
  AADSTS700024: "The assertion was not valid at this time. Check this machine's clock.",
  AADSTS53003: 'A conditional access policy of the directory forbids it.',
  AADSTS50034: 'The directory has no such user.',
  AADSTS50057: 'The user is disabled.',
  AADSTS50076: 'The provider wants a second factor.',
  AADSTS50173: 'The password was changed since the consent.',
  AADSTS700082: 'The refresh token was not used for too long.',
  AADSTS70008: 'The refresh token has expired.',
};

/** What the codes of RFC 6749, section 5.2, ask for. */
const byCode: Readonly<Record<string, string>> = {
  invalid_client: 'Check client ID and client secret, or the certificate, of the profile.',
  unauthorized_client: 'Allow the application this grant at the provider.',
  invalid_scope: 'Correct the scopes of the profile.',
  unsupported_grant_type: 'The provider does not know this grant. Choose another one, or check the token endpoint.',
  invalid_request: 'Check token endpoint, client ID and scopes of the profile.',
  invalid_grant: 'The provider takes the refresh token no more.',
  access_denied: 'The provider denies access to the application.',
};

/** The refresh token, or the person behind it, is what is wrong. */
const aboutConsent: ReadonlySet<string> = new Set(['invalid_grant', 'interaction_required', 'login_required', 'consent_required']);
const temporary: ReadonlySet<string> = new Set(['temporarily_unavailable', 'server_error', 'slow_down']);

export interface ProviderError {
  readonly kind: 'CONSENT' | 'CONFIGURATION' | 'TEMPORARY';
  readonly message: string;
}

/** What a provider's error comes to. Its own description is never repeated: it may hold what was sent. */
export function providerError(error: string, description: string | undefined): ProviderError {
  const number = /AADSTS\d{4,8}/.exec(description ?? '')?.[0];
  const code = /^[a-z_]{1,40}$/.test(error) ? error : 'no known code';
  const advice = (number === undefined ? undefined : byNumber[number]) ?? byCode[error] ?? 'The documentation of the provider says more of this code.';
  const message = `The provider gives no access token (${[code, number].filter((part) => part !== undefined).join(', ')}). ${advice}`;
  return { kind: aboutConsent.has(error) ? 'CONSENT' : temporary.has(error) ? 'TEMPORARY' : 'CONFIGURATION', message };
}
