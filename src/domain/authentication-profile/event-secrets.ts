import type { SecretReference } from '../email-account/settings.js';
import type { AuthenticationProfileEvent } from './events.js';
import { profileSecretSlots, type ProfileSecretSlot, type ProfileSettings } from './settings.js';

/** The secrets that the event gives to the profile, by slot. */
export function secretsIn(event: AuthenticationProfileEvent): readonly (readonly [ProfileSecretSlot, SecretReference])[] {
  switch (event.type) {
    case 'AuthenticationProfileCreated':
    case 'AuthenticationProfileChanged':
      return profileSecretSlots.flatMap((slot) => {
        const reference = event.data.profile[slot];
        return reference === null ? [] : [[slot, reference] as const];
      });
    case 'ConsentGranted':
    case 'RefreshTokenRotated':
      return [['refreshToken', event.data.refreshToken]];
    case 'AuthenticationProfileDeleted':
    case 'ConsentLost':
      return [];
  }
}

/** What its reference says of a secret once it is sealed: its fingerprint, and `sameValueAs` where that is told. */
export type SecretMark = Pick<SecretReference, 'fingerprint' | 'sameValueAs'>;

/** The same event with the marks of what was sealed, by secret id. */
export function withMarks(event: AuthenticationProfileEvent, marks: ReadonlyMap<string, SecretMark>): AuthenticationProfileEvent {
  switch (event.type) {
    case 'AuthenticationProfileCreated':
    case 'AuthenticationProfileChanged':
      return { ...event, data: { profile: withMarkedSecrets(event.data.profile, marks) } };
    case 'ConsentGranted':
      return { ...event, data: { ...event.data, refreshToken: marked(event.data.refreshToken, marks) } };
    case 'RefreshTokenRotated':
      return { ...event, data: { refreshToken: marked(event.data.refreshToken, marks) } };
    case 'AuthenticationProfileDeleted':
    case 'ConsentLost':
      return event;
  }
}

function withMarkedSecrets(settings: ProfileSettings, marks: ReadonlyMap<string, SecretMark>): ProfileSettings {
  const { clientSecret, privateKey, refreshToken } = settings;
  return {
    ...settings,
    clientSecret: clientSecret && marked(clientSecret, marks),
    privateKey: privateKey && marked(privateKey, marks),
    refreshToken: refreshToken && marked(refreshToken, marks),
  };
}

function marked(reference: SecretReference, marks: ReadonlyMap<string, SecretMark>): SecretReference {
  return { ...reference, ...marks.get(reference.secretId) };
}
