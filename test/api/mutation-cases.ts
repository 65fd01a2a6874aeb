import type { Setting } from './setting.js';

/** What it takes to bring one outcome about: arranges, and answers the input. */
type Arranged = (setting: Setting, name: string) => Promise<object>;
/** In place of it, why there is no such outcome. */
type Never = string;

/** How every mutation is brought to each of its outcomes. */
export interface MutationCases {
  readonly entityType: string;
  /** The field of the input that names the entity; null where it has no name before it is there. */
  readonly named: string | null;
  /** The events of an accepted one, in order. */
  readonly actions: readonly string[];
  readonly accepted: Arranged;
  readonly noChange: Arranged | Never;
  readonly refused: Arranged;
  /** Left out: the accepted input with an `expectedVersion` that is not the current one. */
  readonly conflict?: Never;
}

const account = { entityType: 'EmailAccount', named: 'accountId' } as const;
const profile = { entityType: 'AuthenticationProfile', named: 'name' } as const;
const truststore = { entityType: 'Truststore', named: 'truststore' } as const;
const unversioned = 'It takes no expectedVersion.';
const nothingBefore = 'Nothing is there before, so there is no version to expect.';
const makesOrRefuses = 'It makes something, or is refused.';
const isOnceOnly = 'What is gone cannot go again: that is refused.';
const alwaysHappens = 'It happens each time it is asked for.';

const ofAccount =
  (more: object = {}): Arranged =>
  async ({ account: create }, accountId) => {
    await create(accountId);
    return { accountId, ...more };
  };
const ofBareAccount =
  (more: object = {}): Arranged =>
  async ({ bareAccount }, accountId) => {
    await bareAccount(accountId);
    return { accountId, ...more };
  };
const ofDeletedAccount =
  (more: object = {}): Arranged =>
  async ({ account: create, change }, accountId) => {
    await create(accountId);
    await change('deleteEmailAccount', { accountId });
    return { accountId, ...more };
  };
const ofNobody =
  (named: string, more: object = {}): Arranged =>
  (_, name) =>
    Promise.resolve({ [named]: name, ...more });

/** A section as it is entered again: the password is left out, hence kept. */
function withoutPassword(section: object): unknown {
  return JSON.parse(JSON.stringify(section, (name, value: unknown) => (name === 'password' ? undefined : value)));
}

export const mutationCases: Readonly<Record<string, MutationCases>> = {
  createEmailAccount: {
    ...account,
    actions: ['AccountCreated', 'SenderConfigured', 'ReceiverConfigured'],
    accepted: ({ sections }, accountId) => Promise.resolve({ accountId, accountName: 'Sales', ...sections }),
    noChange: makesOrRefuses,
    refused: ofAccount({ accountName: 'Taken' }),
    conflict: nothingBefore,
  },
  renameEmailAccount: {
    ...account,
    actions: ['AccountRenamed'],
    accepted: ofAccount({ accountName: 'Renamed' }),
    noChange: ofAccount({ accountName: 'Sales' }),
    refused: ofAccount({ accountName: '' }),
  },
  changeEmailProvider: {
    ...account,
    actions: ['ProviderChanged'],
    accepted: ofAccount({ provider: 'google' }),
    noChange: ofAccount({ provider: 'custom' }),
    refused: ofAccount({ provider: 'nobody' }),
  },
  configureSender: {
    ...account,
    actions: ['SenderConfigured'],
    accepted: async ({ bareAccount, sections }, accountId) => {
      await bareAccount(accountId);
      return { accountId, sender: sections.sender };
    },
    noChange: async ({ account: create, sections }, accountId) => {
      await create(accountId);
      return { accountId, sender: withoutPassword(sections.sender) };
    },
    refused: ofAccount({ sender: { smtp: { identity: { emailAddress: 'no address' }, connection: { host: '127.0.0.1' } } } }),
  },
  removeSender: { ...account, actions: ['SenderRemoved'], accepted: ofAccount(), noChange: ofBareAccount(), refused: ofDeletedAccount() },
  changeSenderPassword: {
    ...account,
    actions: ['SenderPasswordChanged'],
    accepted: ofAccount({ password: 'another secret' }),
    noChange: async ({ account: create, change }, accountId) => {
      await create(accountId);
      await change('changeSenderPassword', { accountId, password: null });
      return { accountId, password: null };
    },
    refused: ofBareAccount({ password: 'a secret' }),
  },
  configureReceiver: {
    ...account,
    actions: ['ReceiverConfigured'],
    accepted: async ({ bareAccount, sections }, accountId) => {
      await bareAccount(accountId);
      return { accountId, receiver: sections.receiver };
    },
    noChange: async ({ account: create, sections }, accountId) => {
      await create(accountId);
      return { accountId, receiver: withoutPassword(sections.receiver) };
    },
    refused: ofAccount({ receiver: { imap: { identity: { userId: 'sales' }, connection: { host: 'no host' } } } }),
  },
  removeReceiver: { ...account, actions: ['ReceiverRemoved'], accepted: ofAccount(), noChange: ofBareAccount(), refused: ofDeletedAccount() },
  changeReceiverPassword: {
    ...account,
    actions: ['ReceiverPasswordChanged'],
    accepted: ofAccount({ password: 'another secret' }),
    noChange: async ({ account: create, change }, accountId) => {
      await create(accountId);
      await change('changeReceiverPassword', { accountId, password: null });
      return { accountId, password: null };
    },
    refused: ofBareAccount({ password: 'a secret' }),
  },
  disableEmailAccount: {
    ...account,
    actions: ['AccountDisabled'],
    accepted: ofAccount(),
    noChange: async ({ account: create, change }, accountId) => {
      await create(accountId);
      await change('disableEmailAccount', { accountId });
      return { accountId };
    },
    refused: ofDeletedAccount(),
  },
  enableEmailAccount: {
    ...account,
    actions: ['AccountEnabled'],
    accepted: async ({ account: create, change }, accountId) => {
      await create(accountId);
      await change('disableEmailAccount', { accountId });
      return { accountId };
    },
    noChange: ofAccount(),
    refused: ofDeletedAccount(),
  },
  deleteEmailAccount: { ...account, actions: ['AccountDeleted'], accepted: ofAccount(), noChange: ofDeletedAccount(), refused: ofNobody('accountId') },
  restoreEmailAccount: { ...account, actions: ['AccountRestored'], accepted: ofDeletedAccount(), noChange: ofAccount(), refused: ofNobody('accountId') },
  eraseEmailAccount: {
    ...account,
    actions: ['AccountErased'],
    accepted: async ({ account: create }, accountId) => {
      await create(accountId);
      return { accountId, confirmation: accountId, reason: 'Asked by its owner' };
    },
    noChange: isOnceOnly,
    refused: ofAccount({ confirmation: 'Another', reason: 'Asked by its owner' }),
  },
  revertEmailAccount: {
    ...account,
    actions: ['AccountRenamed'],
    accepted: async ({ account: create, change }, accountId) => {
      await create(accountId);
      await change('renameEmailAccount', { accountId, accountName: 'Renamed' });
      return { accountId, toVersion: 3 };
    },
    noChange: ofAccount({ toVersion: 3 }),
    refused: ofAccount({ toVersion: 99 }),
  },
  testConnection: {
    ...account,
    actions: ['ConnectionTested'],
    accepted: ofAccount(),
    noChange: alwaysHappens,
    refused: ofNobody('accountId'),
    conflict: unversioned,
  },
  sendTestMessage: {
    ...account,
    actions: ['TestMessageSent'],
    accepted: ofAccount({ to: 'erin@example.com' }),
    noChange: alwaysHappens,
    refused: ofNobody('accountId', { to: 'erin@example.com' }),
    conflict: unversioned,
  },
  verifyRoundTrip: {
    ...account,
    actions: ['RoundTripVerified'],
    accepted: ofAccount(),
    noChange: alwaysHappens,
    refused: ofNobody('accountId'),
    conflict: unversioned,
  },
  createAuthenticationProfile: {
    ...profile,
    actions: ['AuthenticationProfileCreated'],
    accepted: ({ profileInput }, name) => Promise.resolve({ name, ...profileInput }),
    noChange: makesOrRefuses,
    refused: async ({ profile: create, profileInput }, name) => {
      await create(name);
      return { name, ...profileInput };
    },
    conflict: nothingBefore,
  },
  changeAuthenticationProfile: {
    ...profile,
    actions: ['AuthenticationProfileChanged'],
    accepted: async ({ profile: create }, name) => {
      await create(name);
      return { name, clientSecret: 'another secret' };
    },
    noChange: async ({ profile: create }, name) => {
      await create(name);
      return { name };
    },
    refused: ofNobody('name', { clientId: 'mail' }),
  },
  deleteAuthenticationProfile: {
    ...profile,
    actions: ['AuthenticationProfileDeleted'],
    accepted: async ({ profile: create }, name) => {
      await create(name);
      return { name };
    },
    noChange: isOnceOnly,
    refused: ofNobody('name'),
  },
  beginConsent: {
    ...profile,
    named: 'authenticationProfile',
    actions: ['ConsentBegun'],
    accepted: async ({ profile: create }, authenticationProfile) => {
      await create(authenticationProfile);
      return { authenticationProfile };
    },
    noChange: alwaysHappens,
    refused: ofNobody('authenticationProfile'),
    conflict: unversioned,
  },
  createTruststore: {
    ...truststore,
    named: 'name',
    actions: ['TruststoreCreated', 'CertificateAdded'],
    accepted: ({ server }, name) => Promise.resolve({ name, pem: server.certificate }),
    noChange: makesOrRefuses,
    refused: ofNobody('name', { pem: 'no certificate' }),
    conflict: nothingBefore,
  },
  addCertificate: {
    ...truststore,
    actions: ['CertificateAdded'],
    accepted: async ({ truststore: create, server }, name) => {
      await create(name);
      return { truststore: name, pem: server.certificate };
    },
    noChange: async ({ truststore: create, server }, name) => {
      await create(name, server.certificate);
      return { truststore: name, pem: server.certificate };
    },
    refused: ofNobody('truststore', { pem: 'no certificate' }),
  },
  removeCertificate: {
    ...truststore,
    actions: ['CertificateRemoved'],
    accepted: async ({ truststore: create, server }, name) => {
      await create(name, server.certificate);
      return { truststore: name, fingerprintSha256: server.fingerprintSha256 };
    },
    noChange: isOnceOnly,
    refused: async ({ truststore: create, server }, name) => {
      await create(name);
      return { truststore: name, fingerprintSha256: server.fingerprintSha256 };
    },
  },
  trustServerCertificate: {
    ...truststore,
    actions: ['CertificateAdded'],
    accepted: async ({ truststore: create, server }, name) => {
      await create(name);
      return { truststore: name, fingerprintSha256: server.fingerprintSha256, ...server.address };
    },
    noChange: async ({ truststore: create, server }, name) => {
      await create(name, server.certificate);
      return { truststore: name, fingerprintSha256: server.fingerprintSha256, ...server.address };
    },
    refused: async ({ truststore: create, server }, name) => {
      await create(name);
      return { truststore: name, fingerprintSha256: 'AB'.repeat(32), ...server.address };
    },
  },
  deleteTruststore: {
    ...truststore,
    named: 'name',
    actions: ['TruststoreDeleted'],
    accepted: async ({ truststore: create }, name) => {
      await create(name);
      return { name };
    },
    noChange: isOnceOnly,
    refused: ofNobody('name'),
  },
  issueApiToken: {
    entityType: 'ApiToken',
    named: null,
    actions: ['ApiTokenIssued'],
    accepted: () => Promise.resolve({ name: 'Nightly export', role: 'AUDITOR' }),
    noChange: makesOrRefuses,
    refused: () => Promise.resolve({ name: ' ', role: 'AUDITOR' }),
    conflict: nothingBefore,
  },
  revokeApiToken: {
    entityType: 'ApiToken',
    named: 'id',
    actions: ['ApiTokenRevoked'],
    accepted: async ({ token }) => ({ id: await token() }),
    noChange: async ({ token, change }) => {
      const id = await token();
      await change('revokeApiToken', { id });
      return { id };
    },
    refused: ofNobody('id'),
    conflict: unversioned,
  },
};
