import type { ProfileForm } from '../domain/authentication-profile/commands.js';
import type { ClientCertificate } from '../domain/authentication-profile/settings.js';
import type { AuthenticationProfile } from '../domain/authentication-profile/state.js';
import type { Problem } from '../domain/decider.js';
import { profileOwner } from '../secret-store/secret-slot.js';
import type { SecretStore } from '../secret-store/secret-store.js';
import type { SecretValue } from '../secret-store/secret-value.js';
import type { ProfileInput } from './authentication-profile-inputs.js';
import { problemOfKey, readCertificate } from './client-certificate.js';
import type { ProfileSecrets } from './profile-secrets.js';

/** The input as the rules take it: certificate and key read and compared, of the secrets no more than that they change. */
export async function profileForm(
  input: ProfileInput,
  state: AuthenticationProfile,
  secrets: ProfileSecrets,
  commandId: string,
  now: Date,
): Promise<ProfileForm> {
  const { certificate, unreadable } = await readCredentials(input, state, secrets.store, now);
  return {
    tenant: input.tenant,
    tokenEndpoint: input.tokenEndpoint,
    authorizationEndpoint: input.authorizationEndpoint,
    clientId: input.clientId,
    scopes: input.scopes,
    clientSecret: secrets.change('clientSecret', commandId),
    clientSecretExpiresAt: input.clientSecretExpiresAt === undefined ? undefined : (input.clientSecretExpiresAt?.toISOString() ?? null),
    certificate,
    privateKey: secrets.change('privateKey', commandId),
    refreshToken: secrets.change('refreshToken', commandId),
    unreadable,
  };
}

interface Credentials {
  readonly certificate: ClientCertificate | null | undefined;
  readonly unreadable: readonly Problem[];
}

/** Whichever of the two is new is compared with the other, new or stored. */
async function readCredentials(input: ProfileInput, state: AuthenticationProfile, store: SecretStore, now: Date): Promise<Credentials> {
  const { certificatePem, privateKeyPem } = input;
  const read = typeof certificatePem === 'string' ? readCertificate(certificatePem, now) : { certificate: certificatePem };
  if ('problem' in read) return { certificate: undefined, unreadable: [read.problem] };
  const { certificate } = read;
  const stored = state.status === 'present' ? state.settings.certificate : null;
  const beside = certificate === undefined ? stored : certificate;
  const isNew = Boolean(certificate) || Boolean(privateKeyPem);
  if (!isNew || beside === null) return { certificate, unreadable: [] };
  const key = privateKeyPem === undefined ? await storedKey(state, store) : privateKeyPem;
  const problem = key && problemOfKey(key, beside);
  return { certificate, unreadable: problem ? [problem] : [] };
}

/** @throws {SecretStoreError} it cannot be opened: a fault, not the caller's doing. */
async function storedKey(state: AuthenticationProfile, store: SecretStore): Promise<SecretValue | null> {
  if (state.status === 'absent' || state.settings.privateKey === null) return null;
  const { name, privateKey } = state.settings;
  return store.open(profileOwner(name), { ...privateKey, slot: 'privateKey' });
}
