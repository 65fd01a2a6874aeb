import type { Attempt } from '../../src/domain/security-log/events.js';
import { parseGlobalId } from '../node/global-id.js';

const maximumEntityId = 64;

/** What a caller was after with a field, e.g. `Mutation.renameEmailAccount`, as far as its arguments said: never more of them than an id. */
export function aimedAt(field: string, said: unknown): Pick<Attempt, 'entityType' | 'entityId'> {
  const { accountId, id, name, authenticationProfile, truststore } = namesIn(said);
  const named = (entityType: string, entityId: string) => ({ entityType, entityId: entityId.slice(0, maximumEntityId) });
  if (typeof accountId === 'string') return named('EmailAccount', accountId);
  if (field.endsWith('ApiToken') && typeof id === 'string') return named('ApiToken', tokenIdIn(id));
  const profile = field.includes('AuthenticationProfile') ? name : field.endsWith('beginConsent') ? authenticationProfile : null;
  if (typeof profile === 'string') return named('AuthenticationProfile', profile);
  const store = /[tT]ruststore/.test(field) ? name : field.endsWith('Certificate') ? truststore : null;
  if (typeof store === 'string') return named('Truststore', store);
  return named('Service', 'postledger');
}

/** A token is named by its id or by the one that `node` takes. */
function tokenIdIn(id: string): string {
  const parsed = parseGlobalId(id);
  return parsed?.type === 'ApiToken' ? parsed.key : id;
}

interface Names {
  readonly accountId?: unknown;
  readonly id?: unknown;
  readonly name?: unknown;
  readonly authenticationProfile?: unknown;
  readonly truststore?: unknown;
}

function namesIn(said: unknown): Names {
  if (typeof said !== 'object' || said === null) return {};
  return 'input' in said ? namesIn(said.input) : said;
}
