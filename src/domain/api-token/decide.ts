import { refuse, type Decider } from '../decider.js';
import { checkLine } from '../text/line.js';
import type { Role } from '../access/role.js';
import type { ApiTokenEvent } from './events.js';
import { evolve, initialState, type ApiToken } from './state.js';

export type ApiTokenCommand =
  | {
      readonly type: 'IssueApiToken';
      readonly id: string;
      readonly name: string;
      readonly role: Role;
      readonly verifier: string;
      readonly expiresAt: string | null;
      readonly bootstrap: boolean;
      readonly now: string;
    }
  | { readonly type: 'RevokeApiToken' }
  | { readonly type: 'NoteExpiry'; readonly now: string }
  | { readonly type: 'NoteUse'; readonly ip: string | null };

export const apiTokenDecider: Decider<ApiToken, ApiTokenCommand, ApiTokenEvent> = { initialState, decide, evolve };

export function decide(state: ApiToken, command: ApiTokenCommand): readonly ApiTokenEvent[] {
  switch (command.type) {
    case 'IssueApiToken': {
      if (state.status !== 'absent') refuse('ALREADY_EXISTS', 'There is a token of this id. Ask for another one.');
      const name = checkLine(command.name, { label: 'The name', maximum: 128 });
      if (!name.ok) return refuse(name.code, name.message, ['name']);
      if (command.expiresAt !== null && command.expiresAt <= command.now)
        refuse('OUT_OF_RANGE', 'The token would have expired already. Name a time to come, or none.', ['expiresAt']);
      const { id, role, verifier, expiresAt, bootstrap } = command;
      return [{ type: 'ApiTokenIssued', data: { id, name: name.value, role, verifier, expiresAt, bootstrap } }];
    }
    case 'RevokeApiToken':
      if (state.status === 'absent') refuse('NOT_FOUND', 'There is no API token of this id.', ['id']);
      return state.status === 'revoked' ? [] : [{ type: 'ApiTokenRevoked', data: {} }];
    case 'NoteExpiry':
      return state.status === 'active' && state.expiresAt !== null && state.expiresAt <= command.now
        ? [{ type: 'ApiTokenExpired', data: { expiresAt: state.expiresAt } }]
        : [];
    case 'NoteUse':
      return state.status === 'active' ? [{ type: 'ApiTokenUsed', data: { ip: command.ip } }] : [];
  }
}
