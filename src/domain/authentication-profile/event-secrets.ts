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

/** The same event with the fingerprints that the secret store gave, by secret id. */
export function withFingerprints(event: AuthenticationProfileEvent, fingerprints: ReadonlyMap<string, string>): AuthenticationProfileEvent {
  switch (event.type) {
    case 'AuthenticationProfileCreated':
    case 'AuthenticationProfileChanged':
      return { ...event, data: { profile: marked(event.data.profile, fingerprints) } };
    case 'ConsentGranted':
      return { ...event, data: { ...event.data, refreshToken: markedReference(event.data.refreshToken, fingerprints) } };
    case 'RefreshTokenRotated':
      return { ...event, data: { refreshToken: markedReference(event.data.refreshToken, fingerprints) } };
    case 'AuthenticationProfileDeleted':
    case 'ConsentLost':
      return event;
  }
}

function marked(settings: ProfileSettings, fingerprints: ReadonlyMap<string, string>): ProfileSettings {
  const { clientSecret, privateKey, refreshToken } = settings;
  return {
    ...settings,
    clientSecret: clientSecret && markedReference(clientSecret, fingerprints),
    privateKey: privateKey && markedReference(privateKey, fingerprints),
    refreshToken: refreshToken && markedReference(refreshToken, fingerprints),
  };
}

function markedReference(reference: SecretReference, fingerprints: ReadonlyMap<string, string>): SecretReference {
  return { ...reference, fingerprint: fingerprints.get(reference.secretId) ?? reference.fingerprint };
}
