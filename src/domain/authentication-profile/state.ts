import type { SecretReference } from '../email-account/settings.js';
import type { AuthenticationProfileEvent } from './events.js';
import { profileSecretSlots, type ProfileSecretSlot, type ProfileSettings } from './settings.js';

type SecretVersions = Readonly<Record<ProfileSecretSlot, number>>;

export type AuthenticationProfile = AbsentProfile | PresentProfile;

export interface AbsentProfile {
  readonly status: 'absent';
  /** The highest version given to a secret of the slot so far, by an earlier profile of the name as well. A version is never given twice. */
  readonly secretVersions: SecretVersions;
}

export interface PresentProfile {
  readonly status: 'present';
  readonly settings: ProfileSettings;
  readonly secretVersions: SecretVersions;
  /** Why the provider takes the refresh token no more; null while it does, as far as is known. */
  readonly consentLost: string | null;
}

export const initialState: AuthenticationProfile = { status: 'absent', secretVersions: { clientSecret: 0, privateKey: 0, refreshToken: 0 } };

export function evolve(state: AuthenticationProfile, event: AuthenticationProfileEvent): AuthenticationProfile {
  switch (event.type) {
    case 'AuthenticationProfileCreated':
      return present(state, event.data.profile, null);
    case 'AuthenticationProfileChanged': {
      if (state.status === 'absent') return state;
      const { profile } = event.data;
      // Another refresh token is another consent; that there is none is no loss.
      const isKept = state.settings.refreshToken?.secretId === profile.refreshToken?.secretId;
      return present(state, profile, isKept ? state.consentLost : null);
    }
    case 'AuthenticationProfileDeleted':
      return { status: 'absent', secretVersions: state.secretVersions };
    case 'ConsentGranted':
      return state.status === 'absent' ? state : present(state, { ...state.settings, refreshToken: event.data.refreshToken }, null);
    case 'ConsentLost':
      return state.status === 'absent' ? state : { ...state, consentLost: event.data.message };
    case 'RefreshTokenRotated':
      return state.status === 'absent' ? state : present(state, { ...state.settings, refreshToken: event.data.refreshToken }, state.consentLost);
  }
}

/** What has to be done before access tokens can be got, in words for a person; null when nothing has. */
export function reauthorization({ settings, consentLost }: PresentProfile): string | null {
  if (settings.grant === 'CLIENT_CREDENTIALS') return null;
  const again = settings.grant === 'AUTHORIZATION_CODE' ? 'Consent again: beginConsent gives the address.' : 'Enter a new refresh token.';
  if (consentLost !== null) return `${consentLost} ${again}`;
  return settings.refreshToken === null ? 'Nobody has consented yet: beginConsent gives the address at which the owner of the mailbox does.' : null;
}

/** The sealed secrets that this state refers to, by slot. */
export function profileSecrets(state: AuthenticationProfile): ReadonlyMap<ProfileSecretSlot, SecretReference> {
  if (state.status === 'absent') return new Map();
  const { settings } = state;
  return new Map(
    profileSecretSlots.flatMap((slot) => {
      const reference = settings[slot];
      return reference === null ? [] : [[slot, reference] as const];
    }),
  );
}

function present({ secretVersions }: AuthenticationProfile, settings: ProfileSettings, consentLost: string | null): PresentProfile {
  const highest = (slot: ProfileSecretSlot) => Math.max(secretVersions[slot], settings[slot]?.version ?? 0);
  return {
    status: 'present',
    settings,
    secretVersions: { clientSecret: highest('clientSecret'), privateKey: highest('privateKey'), refreshToken: highest('refreshToken') },
    consentLost,
  };
}
