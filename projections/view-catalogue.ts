import { apiTokens } from './api-tokens.js';
import { auditLedger } from './audit-ledger.js';
import { auditTrail } from './audit-trail.js';
import { authenticationProfiles } from './authentication-profiles.js';
import { emailAccounts } from './email-accounts.js';
import { expiries } from './expiries.js';
import type { Projection } from './projection.js';
import { truststores } from './truststores.js';

/** Every view that this program keeps, for whoever has to do with their files alone. */
export const viewCatalogue: readonly Pick<Projection<unknown>, 'name' | 'version'>[] = [
  emailAccounts,
  auditTrail,
  apiTokens,
  authenticationProfiles,
  expiries,
  truststores,
  auditLedger,
].map(({ name, version }) => ({ name, version }));
