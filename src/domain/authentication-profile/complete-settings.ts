import { sameValue } from '../email-account/same-value.js';
import type { Problems } from '../email-account/problems.js';
import type { SecretReference } from '../email-account/settings.js';
import { checkLine } from '../text/line.js';
import type { AuthenticationProfileCommand, ProfileForm } from './commands.js';
import { checkEndpointAddress } from './endpoint-address.js';
import { defaultScopesOf, endpointsOf, type PresetEndpoints } from './presets.js';
import { checkedScopes, checkedTenant } from './checked-fields.js';
import { changedSecret } from './secret-changes.js';
import type { ProfileSecretSlot, ProfileSettings } from './settings.js';

type Context = Pick<AuthenticationProfileCommand, 'now' | 'actor'> & { readonly secretVersions: Readonly<Record<ProfileSecretSlot, number>> };
type Fixed = Pick<ProfileSettings, 'name' | 'grant' | 'preset'>;

/** The settings that the form makes of those before, everything checked; null before: of a new profile. What is wrong is noted in `problems`, all of it. */
export function completedSettings(fixed: Fixed, before: ProfileSettings | null, form: ProfileForm, context: Context, problems: Problems): ProfileSettings {
  for (const { code, message, field } of form.unreadable) problems.add(code, message, field ?? []);
  const tenant = checkedTenant(fixed, form.tenant === undefined ? (before?.tenant ?? null) : form.tenant, problems);
  const presetNow = endpointsOf(fixed.preset, tenant);
  const presetBefore = before && endpointsOf(fixed.preset, before.tenant);
  const endpoint = (name: keyof PresetEndpoints) => endpointOf(name, form[name], before, { now: presetNow, before: presetBefore }, problems);
  const tokenEndpoint = endpoint('tokenEndpoint') ?? missingEndpoint('tokenEndpoint', problems);
  const authorizationEndpoint =
    fixed.grant === 'AUTHORIZATION_CODE' ? (endpoint('authorizationEndpoint') ?? missingEndpoint('authorizationEndpoint', problems)) : null;
  if (fixed.grant !== 'AUTHORIZATION_CODE' && form.authorizationEndpoint)
    problems.add('CONTRADICTION', 'Only with the grant AUTHORIZATION_CODE somebody consents. Leave the authorization endpoint out.', ['authorizationEndpoint']);
  const clientId = problems.take(
    checkLine((form.clientId === undefined ? before?.clientId : form.clientId) ?? '', { label: 'The client ID', maximum: 256 }),
    ['clientId'],
    '',
  );
  const scopes = form.scopes === undefined && before ? before.scopes : checkedScopes(form.scopes ?? defaultScopesOf(fixed.preset, fixed.grant), problems);

  const secret = (slot: ProfileSecretSlot) =>
    changedSecret(
      { change: form[slot], current: before?.[slot] ?? null, lastVersion: context.secretVersions[slot], tokenEndpoint, ...context },
      problems,
      fieldOf(slot),
    );
  const clientSecret = secret('clientSecret');
  const privateKey = secret('privateKey');
  const isSameApplication = before !== null && before.tokenEndpoint === tokenEndpoint && before.clientId === clientId;
  const refreshToken =
    fixed.grant === 'AUTHORIZATION_CODE' ? consentedToken(form, isSameApplication ? before.refreshToken : null, problems) : secret('refreshToken');
  const certificate = form.certificate === undefined ? (before?.certificate ?? null) : form.certificate;
  const clientSecretExpiresAt = expiry(form, before, clientSecret, problems);
  const settings = {
    ...fixed,
    tenant,
    tokenEndpoint,
    authorizationEndpoint,
    clientId,
    scopes,
    clientSecret,
    clientSecretExpiresAt,
    certificate,
    privateKey,
    refreshToken,
  };
  refuseContradictions(settings, form, problems);
  return before && sameValue(before, settings) ? before : settings;
}

/** What the caller states wins; what came of the preset follows it. */
function endpointOf(
  name: keyof PresetEndpoints,
  stated: string | null | undefined,
  before: ProfileSettings | null,
  preset: { readonly now: PresetEndpoints | null; readonly before: PresetEndpoints | null },
  problems: Problems,
): string | null {
  if (stated) return problems.take(checkEndpointAddress(stated), [name], '');
  const kept = stated === undefined ? (before?.[name] ?? null) : null;
  return kept === null || kept === preset.before?.[name] ? (preset.now?.[name] ?? kept) : kept;
}

function missingEndpoint(field: keyof PresetEndpoints, problems: Problems): string {
  const what = field === 'tokenEndpoint' ? 'token' : 'authorization';
  problems.add('REQUIRED', `The preset CUSTOM has no endpoints. Write the ${what} endpoint, e.g. https://login.example.com/${what}.`, [field]);
  return '';
}

/** Nobody types in what a person's consent gives. */
function consentedToken({ refreshToken }: ProfileForm, current: SecretReference | null, problems: Problems): SecretReference | null {
  if (refreshToken.change === 'replace')
    problems.add(
      'CONTRADICTION',
      'With the grant AUTHORIZATION_CODE the refresh token comes of a consent: call beginConsent. To enter one, take REFRESH_TOKEN.',
      ['refreshToken'],
    );
  return refreshToken.change === 'clear' ? null : current;
}

/** An expiry belongs to its secret: with a new secret it is the new one's. */
function expiry(form: ProfileForm, before: ProfileSettings | null, clientSecret: SecretReference | null, problems: Problems): string | null {
  if (form.clientSecretExpiresAt && clientSecret === null)
    problems.add('CONTRADICTION', 'There is no client secret that could expire. Enter it, or leave its expiry out.', ['clientSecretExpiresAt']);
  if (form.clientSecretExpiresAt !== undefined) return form.clientSecretExpiresAt;
  return form.clientSecret.change === 'keep' ? (before?.clientSecretExpiresAt ?? null) : null;
}

function refuseContradictions(settings: ProfileSettings, form: ProfileForm, problems: Problems): void {
  const { grant, preset, clientSecret, certificate, privateKey, refreshToken } = settings;
  // What could not be read is told as such, and not as missing too.
  const isUnreadable = form.unreadable.length > 0;
  if (certificate !== null && privateKey === null && !isUnreadable)
    problems.add('REQUIRED', 'A certificate proves nothing without its private key. Enter that as well.', ['privateKeyPem']);
  if (privateKey !== null && certificate === null && !isUnreadable)
    problems.add('REQUIRED', 'The provider knows the key by its certificate. Enter that as well.', ['certificatePem']);
  if (clientSecret !== null && (certificate !== null || privateKey !== null))
    problems.add('CONTRADICTION', 'The application proves itself with a client secret or with a certificate, not with both. Set one of them to null.', [
      'clientSecret',
    ]);
  switch (grant) {
    case 'CLIENT_CREDENTIALS':
      if (clientSecret === null && privateKey === null && !isUnreadable)
        problems.add('REQUIRED', 'Client credentials need a client secret, or a certificate with its private key.', ['clientSecret']);
      if (form.refreshToken.change === 'replace')
        problems.add('CONTRADICTION', 'Client credentials know no refresh token. Leave it out, or take the grant REFRESH_TOKEN.', ['refreshToken']);
      if (preset === 'GOOGLE' || preset === 'YAHOO')
        problems.add('CONTRADICTION', 'This provider opens no mailbox by client credentials. Take the grant AUTHORIZATION_CODE.', ['grant']);
      return;
    case 'REFRESH_TOKEN':
      if (refreshToken === null)
        problems.add('REQUIRED', 'The grant REFRESH_TOKEN needs one. Enter it, or take AUTHORIZATION_CODE and consent.', ['refreshToken']);
      return;
    case 'AUTHORIZATION_CODE':
      return;
  }
}

function fieldOf(slot: ProfileSecretSlot): string {
  return slot === 'privateKey' ? 'privateKeyPem' : slot;
}
