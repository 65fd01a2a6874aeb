import { reauthorization, type PresentProfile } from '../../src/domain/authentication-profile/state.js';
import { enumeration } from '../enumeration.js';
import type { TokenFacts } from '../request-context.js';

export type ProfileState = 'UNUSED' | 'VALID' | 'REAUTHORIZATION_REQUIRED' | 'FAILING';

export const AuthenticationProfileState = enumeration<ProfileState>('AuthenticationProfileState', 'Whether a profile gives access tokens.', {
  UNUSED: 'No account has needed one of the answering node since its start, or since the profile was changed.',
  VALID: 'The last one that was asked for came.',
  REAUTHORIZATION_REQUIRED: 'None comes before somebody acts: consents, or enters a new refresh token. Accounts that name the profile are not ready.',
  FAILING: 'The last one that was asked for did not come; `stateMessage` says why. It is tried again.',
});

export function stateOf(profile: PresentProfile, facts: TokenFacts | null): { readonly state: ProfileState; readonly message: string | null } {
  const needed = reauthorization(profile);
  if (needed !== null) return { state: 'REAUTHORIZATION_REQUIRED', message: needed };
  if (facts?.failure) return { state: 'FAILING', message: facts.failure };
  return { state: facts?.lastRefreshedAt ? 'VALID' : 'UNUSED', message: null };
}
