import type { SecretValue } from '../../secret-store/secret-value.js';

/** What an access token says of itself. Nobody has verified it: good for telling a person what may be wrong, and for nothing that is decided. */
export interface TokenClaims {
  /** `application`: the application by itself; `person`: on behalf of who consented. */
  readonly actsAs: 'application' | 'person';
  /** The permissions by name, as `Mail.Send`: those of an application (`roles`) or of a consent (`scp`). */
  readonly permissions: readonly string[];
}

/** Null for a token that only its issuer can read, as those of personal accounts are. */
export function claimsOf(token: SecretValue): TokenClaims | null {
  const claims = payloadOf(token.reveal());
  if (claims === null) return null;
  const { scp, roles } = claims;
  if (typeof scp === 'string') return { actsAs: 'person', permissions: scp.split(' ').filter((name) => name !== '') };
  return { actsAs: 'application', permissions: Array.isArray(roles) ? roles.filter((role) => typeof role === 'string') : [] };
}

/** Of a JWT (RFC 7519). */
function payloadOf(token: string): { readonly scp?: unknown; readonly roles?: unknown } | null {
  const [, payload, signature] = token.split('.');
  if (payload === undefined || signature === undefined) return null;
  try {
    const claims: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString());
    return typeof claims === 'object' && claims !== null ? claims : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}
