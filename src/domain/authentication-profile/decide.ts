import { refuse, type Decider } from '../decider.js';
import { Problems } from '../email-account/problems.js';
import { checkEntityName } from '../text/entity-name.js';
import type { AuthenticationProfileCommand, NamingAccounts } from './commands.js';
import { completedSettings } from './complete-settings.js';
import type { AuthenticationProfileEvent } from './events.js';
import { newSecret } from './secret-changes.js';
import { evolve, initialState, type AuthenticationProfile, type PresentProfile } from './state.js';

export const authenticationProfileDecider: Decider<AuthenticationProfile, AuthenticationProfileCommand, AuthenticationProfileEvent> = {
  initialState,
  decide,
  evolve,
};

export function decide(state: AuthenticationProfile, command: AuthenticationProfileCommand): readonly AuthenticationProfileEvent[] {
  switch (command.type) {
    case 'CreateProfile': {
      const problems = new Problems();
      const name = problems.take(checkEntityName(command.name), ['name'], command.name);
      if (state.status === 'present')
        problems.add('ALREADY_EXISTS', `There is an authentication profile named ${state.settings.name}. Choose another name, or change that one.`, ['name']);
      const { grant, preset, form } = command;
      const profile = completedSettings({ name, grant, preset }, null, form, contextOf(state, command), problems);
      problems.refuseIfAny();
      return [{ type: 'AuthenticationProfileCreated', data: { profile } }];
    }
    case 'ChangeProfile': {
      const { settings } = present(state);
      const problems = new Problems();
      const { name, grant, preset } = settings;
      const profile = completedSettings({ name, grant, preset }, settings, command.form, contextOf(state, command), problems);
      problems.refuseIfAny();
      return profile === settings ? [] : [{ type: 'AuthenticationProfileChanged', data: { profile } }];
    }
    case 'DeleteProfile':
      present(state);
      if (command.usedBy.total > 0) refuse('IN_USE', `${named(command.usedBy)}. Give each another profile or a password first.`, ['name']);
      return [{ type: 'AuthenticationProfileDeleted', data: {} }];
    case 'GrantConsent': {
      const { settings } = present(state);
      if (settings.grant !== 'AUTHORIZATION_CODE' || settings.tokenEndpoint !== command.tokenEndpoint)
        refuse('CONSENT_FAILED', 'The authentication profile was changed while somebody consented to it. Call beginConsent again.', ['authenticationProfile']);
      const refreshToken = newSecret({ change: command.refreshToken, lastVersion: state.secretVersions.refreshToken, ...settings, ...command });
      return [{ type: 'ConsentGranted', data: { refreshToken, scopes: command.scopes } }];
    }
    case 'LoseConsent':
      return isCurrent(state, command.refreshTokenVersion) && state.consentLost === null ? [{ type: 'ConsentLost', data: { message: command.message } }] : [];
    case 'RotateRefreshToken': {
      if (!isCurrent(state, command.refreshTokenVersion)) return [];
      const { settings, secretVersions } = state;
      const refreshToken = newSecret({
        change: command.refreshToken,
        lastVersion: secretVersions.refreshToken,
        tokenEndpoint: settings.tokenEndpoint,
        ...timeAndPerson(command),
      });
      return [{ type: 'RefreshTokenRotated', data: { refreshToken } }];
    }
  }
}

function contextOf({ secretVersions }: AuthenticationProfile, command: AuthenticationProfileCommand) {
  return { secretVersions, ...timeAndPerson(command) };
}

function timeAndPerson({ now, actor }: AuthenticationProfileCommand) {
  return { now, actor };
}

function isCurrent(state: AuthenticationProfile, refreshTokenVersion: number): state is PresentProfile {
  return state.status === 'present' && state.settings.refreshToken?.version === refreshTokenVersion;
}

function present(state: AuthenticationProfile): PresentProfile {
  return state.status === 'present' ? state : refuse('NOT_FOUND', 'There is no authentication profile of this name.', ['name']);
}

function named({ total, accountIds }: NamingAccounts): string {
  const more = total > accountIds.length ? ` and ${total - accountIds.length} more` : '';
  return total === 1 ? `The account ${accountIds.join('')} names it` : `The accounts ${accountIds.join(', ')}${more} name it`;
}
