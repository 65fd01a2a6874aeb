import { apiTokens } from './api-tokens.js';
import { auditTrail } from './audit-trail.js';
import { emailAccounts } from './email-accounts.js';
import type { Projection } from './projection.js';

/** Every view that this program keeps, for whoever has to do with their files alone. */
export const viewCatalogue: readonly Pick<Projection<unknown>, 'name' | 'version'>[] = [emailAccounts, auditTrail, apiTokens].map(({ name, version }) => ({
  name,
  version,
}));
