import type { Role } from '../access/role.js';

/** What can have happened to an API token. Stream `apiToken-<id>`. */
export type ApiTokenEvent =
  | {
      readonly type: 'ApiTokenIssued';
      readonly data: {
        readonly id: string;
        readonly name: string;
        readonly role: Role;
        /** HMAC-SHA256 of the token under a key of the secret store, base64url. The token itself is nowhere. */
        readonly verifier: string;
        readonly expiresAt: string | null; // ISO 8601
        /** The first administrator's token, which the first start prints. */
        readonly bootstrap: boolean;
      };
    }
  | { readonly type: 'ApiTokenRevoked'; readonly data: Readonly<Record<string, never>> }
  /** Its time was up: recorded then, or by the next start. From its end on it opened nothing, whenever this was recorded. */
  | { readonly type: 'ApiTokenExpired'; readonly data: { readonly expiresAt: string } } // ISO 8601
  /** At most one an hour and token: what `lastUsedAt` is read from. */
  | { readonly type: 'ApiTokenUsed'; readonly data: { readonly ip: string | null } };
