import type { Role } from '../access/role.js';
import type { ApiTokenEvent } from './events.js';

export type ApiToken =
  | { readonly status: 'absent' }
  | { readonly status: 'active' | 'expired' | 'revoked'; readonly id: string; readonly name: string; readonly role: Role; readonly expiresAt: string | null };

export const initialState: ApiToken = { status: 'absent' };

export function evolve(state: ApiToken, event: ApiTokenEvent): ApiToken {
  switch (event.type) {
    case 'ApiTokenIssued': {
      const { id, name, role, expiresAt } = event.data;
      return { status: 'active', id, name, role, expiresAt };
    }
    case 'ApiTokenRevoked':
      return state.status === 'absent' ? state : { ...state, status: 'revoked' };
    case 'ApiTokenExpired':
      return state.status === 'active' ? { ...state, status: 'expired' } : state;
    case 'ApiTokenUsed':
      return state;
  }
}
