import type { FieldChange } from '../email-account/field-changes.js';
import { sameValue } from '../email-account/same-value.js';
import { secretChangeOf } from '../email-account/secret-change.js';
import type { ProfileSettings } from './settings.js';
import { reauthorization, type AuthenticationProfile } from './state.js';

type Field = readonly [path: string, of: (settings: ProfileSettings) => unknown];

const fields: readonly Field[] = [
  ['name', ({ name }) => name],
  ['grant', ({ grant }) => grant],
  ['preset', ({ preset }) => preset],
  ['tenant', ({ tenant }) => tenant],
  ['tokenEndpoint', ({ tokenEndpoint }) => tokenEndpoint],
  ['authorizationEndpoint', ({ authorizationEndpoint }) => authorizationEndpoint],
  ['clientId', ({ clientId }) => clientId],
  ['scopes', ({ scopes }) => scopes],
  ['clientSecretExpiresAt', ({ clientSecretExpiresAt }) => clientSecretExpiresAt],
  ['certificateThumbprint', ({ certificate }) => certificate?.thumbprintSha256 ?? null],
];

/** Of a secret no more than that it changed. */
const secrets = [
  ['clientSecret', 'clientSecret'],
  ['privateKeyPem', 'privateKey'],
  ['refreshToken', 'refreshToken'],
] as const;

/** What is different between two states of a profile. Of one that is deleted only its secrets and its state are told: its other fields are not repeated on the way out. */
export function profileChanges(before: AuthenticationProfile, after: AuthenticationProfile): readonly FieldChange[] {
  const [was, is] = [settingsOf(before), settingsOf(after)];
  return [...(is === null ? [] : settingsChanges(was, is)), ...secretChanges(was, is), ...authorizationChange(before, after)];
}

function settingsChanges(was: ProfileSettings | null, is: ProfileSettings): readonly FieldChange[] {
  return fields.flatMap(([path, of]) => {
    const [earlier, later] = [was === null ? null : of(was), of(is)];
    return sameValue(earlier, later) ? [] : [{ path, before: earlier, after: later, secret: false }];
  });
}

function secretChanges(was: ProfileSettings | null, is: ProfileSettings | null): readonly FieldChange[] {
  return secrets.flatMap(([path, slot]) => {
    const change = secretChangeOf(was?.[slot] ?? null, is?.[slot] ?? null);
    return change === null ? [] : [{ path, before: null, after: null, secret: true, secretChange: change }];
  });
}

function authorizationChange(before: AuthenticationProfile, after: AuthenticationProfile): readonly FieldChange[] {
  const [was, is] = [before, after].map((state) => (state.status === 'present' && reauthorization(state) !== null ? 'REAUTHORIZATION_REQUIRED' : null));
  return was === is ? [] : [{ path: 'state', before: was, after: is, secret: false }];
}

function settingsOf(state: AuthenticationProfile): ProfileSettings | null {
  return state.status === 'present' ? state.settings : null;
}
