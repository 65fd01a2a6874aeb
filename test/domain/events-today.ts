import type { Actor } from '../../src/domain/access/actor.js';
import type { ProfileSettings } from '../../src/domain/authentication-profile/settings.js';
import type { Certificate, ConnectionTestStage } from '../../src/domain/email-account/connection-test.js';
import type { SecretReference } from '../../src/domain/email-account/settings.js';
import type { PostledgerEvent, PostledgerEventType } from '../../src/domain/event-catalogue.js';

type Examples = { readonly [Type in PostledgerEventType]: readonly Extract<PostledgerEvent, { readonly type: Type }>['data'][] };

const erin: Actor = { kind: 'API_TOKEN', id: 'tok_7f3a', displayName: 'Erin' };
const at = '2026-11-24T14:30:00.000Z';
const testId = '0f3f6f4e-7a0a-4a3b-9f43-6f1f3a3c2b10';
const sealed = (secretId: string, version: number, ...boundTo: string[]): SecretReference => ({
  secretId,
  version,
  fingerprint: `fingerprint-${secretId.slice(0, 4)}`,
  setAt: at,
  setBy: erin,
  boundTo,
});
const senderPassword = sealed('5b0c1a7e-8d3f-4c1e-9a52-0c2f6d1e7b44', 1, 'smtp://smtp.example.com:587?tls=required');
const receiverPassword = sealed('c1a7e5b0-3f8d-4e1c-a529-2f0c1e6d44b7', 1, 'imap://imap.example.com:993?tls=implicit&truststore=plant-7');
const login = 'https://login.example.com/token';
const clientSecret = sealed('2f1e0d9c-8b7a-4c6d-9e5f-1a2b3c4d5e6f', 1, login);
const privateKey = sealed('3a2b1c0d-9e8f-4d7c-8b6a-2f3e4d5c6b7a', 1, login);
const refreshToken = sealed('4b3c2d1e-0f9a-4e8d-9c7b-3a4f5e6d7c8b', 1, login);
const byConsent: ProfileSettings = {
  name: 'Corp',
  grant: 'AUTHORIZATION_CODE',
  preset: 'CUSTOM',
  tenant: null,
  tokenEndpoint: login,
  authorizationEndpoint: 'https://login.example.com/authorize',
  clientId: 'mail-client',
  scopes: ['mail', 'offline_access'],
  clientSecret,
  clientSecretExpiresAt: '2027-06-30T00:00:00.000Z',
  certificate: null,
  privateKey: null,
  refreshToken,
};
const byCertificate: ProfileSettings = {
  ...byConsent,
  grant: 'CLIENT_CREDENTIALS',
  preset: 'MICROSOFT',
  tenant: 'contoso.example',
  authorizationEndpoint: null,
  clientSecret: null,
  clientSecretExpiresAt: null,
  certificate: {
    pem: '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n',
    thumbprintSha256: 'CD'.repeat(32),
    subject: 'CN=mail-client',
    notBefore: '2026-01-01T00:00:00.000Z',
    notAfter: '2028-01-01T00:00:00.000Z',
  },
  privateKey,
  refreshToken: null,
};
const attempt = { command: 'renameEmailAccount', entityType: 'EmailAccount', entityId: 'Sales' };

const resolved: ConnectionTestStage = {
  direction: 'SENDER',
  stage: 'DNS',
  outcome: 'PASSED',
  code: 'OK',
  message: 'The host has one address.',
  hint: null,
  address: null,
  port: null,
  durationMilliseconds: 12,
  serverResponse: null,
  tls: null,
};
const untrusted: ConnectionTestStage = {
  direction: 'SENDER',
  stage: 'STARTTLS',
  outcome: 'FAILED',
  code: 'CERTIFICATE_UNTRUSTED',
  message: 'No trusted CA stands behind the certificate.',
  hint: 'Add the CA to a truststore and name it in the account.',
  address: '192.0.2.7',
  port: 587,
  durationMilliseconds: 48,
  serverResponse: '220 Ready to start TLS',
  tls: {
    version: 'TLSv1.3',
    cipher: 'TLS_AES_256_GCM_SHA384',
    trusted: false,
    certificates: [
      {
        fingerprintSha256: 'AB'.repeat(32),
        subject: 'CN=smtp.example.com',
        issuer: 'CN=Plant 7 Root',
        subjectAlternativeNames: ['smtp.example.com'],
        serialNumber: '1A2B',
        notBefore: '2026-01-01T00:00:00.000Z',
        notAfter: '2027-01-01T00:00:00.000Z',
        isCertificateAuthority: false,
        pem: '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n',
      },
    ],
  },
};

const plantRoot: Certificate = {
  fingerprintSha256: 'CD'.repeat(32),
  subject: 'CN=Plant 7 Root',
  issuer: 'CN=Plant 7 Root',
  subjectAlternativeNames: [],
  serialNumber: '01',
  notBefore: '2025-01-01T00:00:00.000Z',
  notAfter: '2035-01-01T00:00:00.000Z',
  isCertificateAuthority: true,
  pem: '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n',
};

const nothing: Readonly<Record<string, never>> = {};

/** Every type of event in the shape that the program works with today. What any released version wrote must come out of the upcasters as this. */
export const eventsToday: Examples = {
  AccountCreated: [{ accountId: 'Sales', accountName: 'Sales EMEA', provider: 'custom' }],
  AccountRenamed: [{ accountName: 'Sales' }],
  ProviderChanged: [{ provider: 'google' }],
  SenderConfigured: [
    {
      sender: {
        kind: 'smtp',
        identity: { emailAddress: 'sales@example.com', displayName: 'Sales', userId: 'sales@example.com', replyTo: 'desk@example.com' },
        connection: {
          host: 'smtp.example.com',
          port: 587,
          useSmtps: false,
          startTls: 'REQUIRED',
          minimumTlsVersion: 'TLS_1_2',
          truststore: null,
          authenticationProfile: null,
        },
        password: senderPassword,
      },
    },
    {
      sender: {
        kind: 'microsoftGraph',
        identity: { userPrincipalName: 'sales@contoso.example', replyTo: null },
        connection: { authenticationProfile: 'corp' },
      },
    },
  ],
  SenderRemoved: [nothing],
  ReceiverConfigured: [
    {
      receiver: {
        kind: 'imap',
        identity: { useSenderCredentials: false, userId: 'sales@example.com' },
        connection: {
          host: 'imap.example.com',
          port: 993,
          useTls: true,
          startTls: 'DISABLED',
          minimumTlsVersion: 'TLS_1_3',
          truststore: 'plant-7',
          authenticationProfile: null,
        },
        mailbox: 'INBOX',
        password: receiverPassword,
      },
    },
    {
      receiver: {
        kind: 'pop3',
        identity: { useSenderCredentials: true, userId: null },
        connection: {
          host: 'pop.example.com',
          port: 995,
          useTls: true,
          startTls: 'DISABLED',
          minimumTlsVersion: 'TLS_1_2',
          truststore: null,
          authenticationProfile: null,
        },
        mailbox: null,
        password: null,
      },
    },
    {
      receiver: { kind: 'microsoftGraph', identity: { userPrincipalName: 'inbox@contoso.example' }, connection: { authenticationProfile: 'corp' } },
    },
  ],
  ReceiverRemoved: [nothing],
  SenderPasswordChanged: [{ password: { ...senderPassword, version: 2 } }, { password: null }],
  ReceiverPasswordChanged: [{ password: { ...receiverPassword, version: 2 } }, { password: 'lost' }],
  AccountDisabled: [nothing],
  AccountEnabled: [nothing],
  AccountDeleted: [nothing],
  AccountRestored: [nothing],
  AccountErased: [nothing],
  ConnectionTested: [{ test: { testId, outcome: 'FAILED', stages: [resolved, untrusted], startedAt: at, durationMilliseconds: 60 }, testedVersion: 3 }],
  ApiTokenIssued: [
    { id: 'tok_7f3a', name: 'Erin', role: 'EDITOR', verifier: 'dmVyaWZpZXI', expiresAt: '2027-11-24T14:30:00.000Z', bootstrap: false },
    { id: 'tok_0001', name: 'Bootstrap', role: 'ADMIN', verifier: 'dmVyaWZpZXI', expiresAt: null, bootstrap: true },
  ],
  ApiTokenRevoked: [nothing],
  ApiTokenExpired: [{ expiresAt: '2027-11-24T14:30:00.000Z' }],
  ApiTokenUsed: [{ ip: '192.0.2.1' }, { ip: null }],
  CommandRefused: [
    {
      ...attempt,
      problems: [
        { code: 'TOO_LONG', field: ['accountName'] },
        { code: 'ACCOUNT_DELETED', field: null },
      ],
    },
  ],
  ExpiryApproached: [
    { subject: 'CLIENT_SECRET', entityType: 'AuthenticationProfile', entityId: 'contoso', key: '', expiresAt: '2026-12-24T00:00:00.000Z', withinDays: 30 },
  ],
  CommandConflicted: [{ ...attempt, expectedVersion: 3, currentVersion: 5 }],
  CommandChangedNothing: [attempt],
  CommandFailed: [{ ...attempt, reference: '3d2c1b0a-5e4f-4a3b-8c7d-6e5f4a3b2c1d' }],
  AccessDenied: [{ ...attempt, command: 'Mutation.renameEmailAccount', role: 'VIEWER' }],
  DraftConnectionTested: [
    { ...attempt, command: 'testConnection', entityId: 'draft', targets: ['smtp://smtp.example.com:587?tls=required'], outcome: 'PASSED' },
  ],
  TestMessageSent: [
    {
      ...attempt,
      command: 'sendTestMessage',
      messageId: '<3d2c1b0a@postledger.example>',
      outcome: 'FAILED',
      code: 'RECIPIENT_REFUSED',
      serverResponse: '550 5.1.1 <nobody@example.com>: user unknown',
    },
  ],
  RoundTripVerified: [
    { ...attempt, command: 'verifyRoundTrip', messageId: '<9a8b7c6d@postledger.example>', outcome: 'FAILED', stoppedAt: 'ARRIVED', code: 'TIMEOUT' },
  ],
  AuthenticationProfileCreated: [{ profile: byCertificate }, { profile: { ...byConsent, grant: 'REFRESH_TOKEN', authorizationEndpoint: null } }],
  AuthenticationProfileChanged: [{ profile: byConsent }, { profile: byCertificate }],
  AuthenticationProfileDeleted: [nothing],
  ConsentGranted: [
    { refreshToken, scopes: ['mail'] },
    { refreshToken, scopes: null },
  ],
  ConsentLost: [{ message: 'The provider takes the refresh token no more.' }],
  RefreshTokenRotated: [{ refreshToken: { ...refreshToken, version: 2 } }],
  TruststoreCreated: [{ name: 'Plant-7', includeSystemRoots: false }],
  CertificateAdded: [
    { name: 'Plant-7', certificate: plantRoot, fetchedFrom: null },
    { name: 'Plant-7', certificate: plantRoot, fetchedFrom: { host: 'imap.example.com', port: 143, security: 'IMAP_STARTTLS' } },
  ],
  CertificateRemoved: [{ name: 'Plant-7', fingerprintSha256: 'CD'.repeat(32), subject: 'CN=Plant 7 Root' }],
  TruststoreDeleted: [{ name: 'Plant-7' }],
  ServerCertificateInspected: [
    {
      command: 'inspectServerCertificate',
      entityType: 'Service',
      entityId: 'postledger',
      server: { host: 'smtp.example.com', port: 587, security: 'SMTP_STARTTLS' },
      code: 'CERTIFICATE_UNTRUSTED',
    },
  ],
  RequestsLimited: [{ ...attempt, command: 'testConnection', count: 40 }],
  AuthenticationFailed: [
    { cause: 'EXPIRED', count: 4 },
    { cause: 'REVOKED', count: 1, tokenId: 'tok_7f3a' },
  ],
  ConsentBegun: [{ command: 'beginConsent', entityType: 'AuthenticationProfile', entityId: 'contoso', consentId: 'Zm9yIHRoZSBmaXh0dXJlcw' }],
  SettingsDiscovered: [
    { command: 'discoverEmailSettings', entityType: 'Service', entityId: 'postledger', domain: 'example.com', candidates: 3 },
    { command: 'emailSettingsDiscovered', entityType: 'Service', entityId: 'postledger', domain: 'example.com', candidates: null },
  ],
  AuditSearched: [{ count: 3, searches: [{ field: 'auditTrail', filter: '{"entityId":["Sales"]}' }] }],
  AuditExported: [
    { format: 'CSV', filter: '{"action":["AccountRenamed"],"text":true}', after: null, until: '4711', entries: 12 },
    { format: 'JSONL', filter: '{}', after: '17', until: '4711', entries: null },
  ],
  ServiceStarted: [{ programVersion: '0.1.0', engine: 'EMBEDDED', node: 'mail-1' }],
  ServiceStopped: [{ programVersion: '0.1.0', engine: 'KURRENTDB', node: 'mail-2' }],
  ViewsRebuilt: [{ views: [{ name: 'email-accounts', events: 12 }] }],
  ViewsRestored: [
    {
      views: [
        { name: 'email-accounts', position: '4711' },
        { name: 'audit-trail', position: null },
      ],
      takenAt: '2026-11-24T14:30:00.000Z',
      programVersion: '0.1.0',
    },
  ],
  SecretsVerified: [{ checked: 7, unreadable: 0 }],
  ServersScavenged: [{ servers: ['10.0.0.1:2113', '10.0.0.2:2113'] }],
  StoreAccessGranted: [{ operator: 'admin', storeUser: 'postledger', rights: ['read $all'] }],
  RootKeysRotated: [{ rootKeyId: 'k2', keys: 7, failedAccounts: 0 }],
  LogRestoreAccepted: [{ standingTreeSize: '4000', formerTreeSize: '4711', formerRootHash: 'AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=' }],
  LogVerified: [{ verdict: 'VERIFIED', events: 4711, treeSize: '4711', rootHash: 'AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=', checkpoints: 5 }],
  AuditStreamDeadLettered: [{ count: 2, firstPosition: '17', lastPosition: '19' }],
  AuditStreamDeadLettersRetried: [{ count: 2 }],
  AuditStreamReplayed: [
    { after: '16', reached: '4711' },
    { after: null, reached: '4711' },
  ],
};
