import { Role } from '../../access/role.js';
import { DateTime } from '../../date-time/date-time-scalar.js';
import type { EntriesOf } from './entry-table.js';

/** What happened to API tokens. */
export const tokenEntries: EntriesOf<'ApiTokenIssued' | 'ApiTokenRevoked' | 'ApiTokenExpired' | 'ApiTokenUsed'> = {
  ApiTokenIssued: {
    description: 'An API token was issued. The token itself is stored nowhere.',
    adds: {
      tokenName: { type: () => String, description: "The token's name.", of: (data) => data.name },
      role: { type: () => Role, description: 'The role that its holder has.', of: (data) => data.role },
      expiresAt: { type: () => DateTime, nullable: true, description: 'When it ends; null when it does not.', of: (data) => data.expiresAt },
      bootstrap: { type: () => Boolean, description: "Whether it is the first administrator's, which the first start prints.", of: (data) => data.bootstrap },
    },
  },
  ApiTokenRevoked: { description: 'An API token was revoked: it opens nothing any more.', adds: {} },
  ApiTokenExpired: {
    description: 'An API token came to its end, and opens nothing any more. Recorded once: at the end, or when the service starts after it.',
    adds: { expiredAt: { type: () => DateTime, description: 'When it ended.', of: (data) => data.expiresAt } },
  },
  ApiTokenUsed: { description: 'An API token was used. Recorded at most once an hour for each token.', adds: {} },
};
