import type { AuditRow } from '../../schema/audit/audit-row.js';
import type { Past, RequestContext } from '../../schema/request-context.js';
import type { Changed } from '../../src/commands/change.js';
import type { Role } from '../../src/domain/access/role.js';
import { systemActor } from '../../src/domain/access/actor.js';
import { foldProfile, noProfile } from '../../src/domain/authentication-profile/snapshot.js';
import { evolveSnapshot, type EmailAccountSnapshot } from '../../src/domain/email-account/snapshot.js';
import type { Attempt } from '../../src/domain/security-log/events.js';
import type { TruststoreSnapshot } from '../../src/domain/truststore/snapshot.js';

export interface Recording {
  readonly context: RequestContext;
  /** The services that were reached, in order: `accountCommands.rename`. */
  readonly reached: readonly string[];
  /** What was recorded as denied. */
  readonly denied: readonly Attempt[];
}

const created = { type: 'AccountCreated', data: { accountId: 'Sales', accountName: 'Sales', provider: 'custom' } } as const;
export const recordedAt = new Date('2026-11-24T12:00:00Z');
export const account = evolveSnapshot(null, { ...created, revision: 0n, recordedAt, actor: systemActor }) ?? missing();

export const auditRow = (position: bigint): AuditRow => ({
  id: `entry-${position}`,
  position,
  occurredAt: recordedAt.toISOString(),
  action: 'AccountRenamed',
  outcome: 'ACCEPTED',
  actor: systemActor,
  actorRole: null,
  tokenId: null,
  revertedToVersion: null,
  reason: null,
  entityType: 'EmailAccount',
  entityId: 'Sales',
  version: 2,
  changes: [],
  correlationId: 'correlation',
  causationId: null,
  origin: null,
  data: { accountName: 'Sales' },
  metadata: {},
});

const unchanged: Changed<never> = { entity: null, problems: [], consistencyToken: null, pending: false };
const token = {
  id: 'token',
  name: 'CI',
  role: 'VIEWER',
  createdAt: recordedAt.toISOString(),
  createdBy: systemActor,
  expiresAt: null,
  lastUsedAt: null,
  revokedAt: null,
} as const;
const profile =
  foldProfile(noProfile, {
    type: 'AuthenticationProfileCreated',
    data: {
      profile: {
        name: 'corp',
        grant: 'CLIENT_CREDENTIALS',
        preset: 'CUSTOM',
        tenant: null,
        tokenEndpoint: 'https://login.example.com/token',
        authorizationEndpoint: null,
        clientId: 'mail',
        scopes: [],
        clientSecret: null,
        clientSecretExpiresAt: null,
        certificate: null,
        privateKey: null,
        refreshToken: null,
      },
    },
    revision: 0n,
    recordedAt,
    actor: systemActor,
  }).snapshot ?? missing();
const tested = {
  testId: 'test',
  outcome: 'PASSED',
  stages: [],
  startedAt: recordedAt.toISOString(),
  durationMilliseconds: 1,
  accountId: null,
  accountVersion: null,
  recordedAtVersion: null,
  stale: false,
  startedBy: systemActor,
} as const;
const truststore: TruststoreSnapshot = {
  truststore: { status: 'present', name: 'plant-7', includeSystemRoots: false, certificates: [] },
  version: 1,
  createdAt: recordedAt.toISOString(),
  updatedAt: recordedAt.toISOString(),
};
const past: Past = {
  moment: { name: recordedAt.toISOString(), time: recordedAt, position: 1n },
  account: () => Promise.resolve(account),
  truststore: () => Promise.resolve(truststore),
  profile: () => Promise.resolve(profile),
  readiness: () => Promise.resolve({ ready: true, missing: [], warnings: [] }),
};
const discovery = { emailAddress: 'sales@example.com', candidates: [], sources: [], durationMilliseconds: 1 } as const;
const page = <Row>(...rows: Row[]) => ({ entries: rows.map((row, index) => ({ row, cursor: `${index}` })), hasNextPage: false, hasPreviousPage: false });

/** What a request of the role works with: services that answer as little as they can and record that they were reached. */
export function recordingContext(role: Role, change: Partial<RequestContext> = {}, accounts: readonly EmailAccountSnapshot[] = [account]): Recording {
  const reached: string[] = [];
  const denied: Attempt[] = [];
  const answering =
    <Answer>(service: string, answer: Answer) =>
    (): Answer => {
      reached.push(service);
      return answer;
    };
  const changing = (service: string) => answering(service, Promise.resolve(unchanged));
  const context: RequestContext = {
    call: { actor: systemActor, role, tokenId: null, requestId: 'request', correlationId: 'correlation', ip: null, userAgent: null, clientName: null },
    accessEndsAt: null,
    signal: new AbortController().signal,
    freshness: () => null,
    accountCommands: {
      create: changing('accountCommands.create'),
      rename: changing('accountCommands.rename'),
      changeProvider: changing('accountCommands.changeProvider'),
      configureSender: changing('accountCommands.configureSender'),
      removeSender: changing('accountCommands.removeSender'),
      changeSenderPassword: changing('accountCommands.changeSenderPassword'),
      configureReceiver: changing('accountCommands.configureReceiver'),
      removeReceiver: changing('accountCommands.removeReceiver'),
      changeReceiverPassword: changing('accountCommands.changeReceiverPassword'),
      disable: changing('accountCommands.disable'),
      enable: changing('accountCommands.enable'),
      delete: changing('accountCommands.delete'),
      restore: changing('accountCommands.restore'),
      erase: changing('accountCommands.erase'),
      revert: changing('accountCommands.revert'),
    },
    tokenCommands: { issue: answering('tokenCommands.issue', Promise.resolve({ ...unchanged, token: null })), revoke: changing('tokenCommands.revoke') },
    profileCommands: {
      create: changing('profileCommands.create'),
      change: changing('profileCommands.change'),
      delete: changing('profileCommands.delete'),
    },
    consents: { begin: answering('consents.begin', Promise.resolve({ ...unchanged, url: null, expiresAt: null })) },
    connectionTests: {
      test: answering('connectionTests.test', Promise.resolve({ ...unchanged, test: tested })),
      progress: answering('connectionTests.progress', endingWith({ ...unchanged, test: tested })),
    },
    testMessages: { send: answering('testMessages.send', Promise.resolve({ ...unchanged, messageId: null, serverResponse: null })) },
    expiries: { endingWithin: answering('expiries.endingWithin', []) },
    settingsDiscoveries: {
      whole: answering('settingsDiscoveries.whole', Promise.resolve(discovery)),
      progress: answering('settingsDiscoveries.progress', endingWith({ discovery })),
    },
    roundTrips: { verify: answering('roundTrips.verify', Promise.resolve({ ...unchanged, roundTrip: null })) },
    accountHistory: {
      atVersion: answering('accountHistory.atVersion', Promise.resolve(account)),
      versions: answering('accountHistory.versions', Promise.resolve({ newest: 2, at: () => account })),
    },
    configurationHistory: {
      reading: () => ({
        at: answering('configurationHistory.at', Promise.resolve(past)),
        of: answering('configurationHistory.of', past),
        ofVersion: answering('configurationHistory.ofVersion', Promise.resolve(past)),
        named: answering('configurationHistory.named', Promise.resolve(past)),
      }),
    },
    accounts: {
      find: answering('accounts.find', accounts[0] ?? null),
      page: answering('accounts.page', page(...accounts)),
      count: answering('accounts.count', accounts.length),
      pageAt: answering('accounts.pageAt', page('acct')),
      countAt: answering('accounts.countAt', 1),
    },
    auditTrail: {
      find: answering('auditTrail.find', auditRow(1n)),
      page: answering('auditTrail.page', page(auditRow(1n))),
      count: answering('auditTrail.count', 1),
      between: answering('auditTrail.between', [auditRow(1n)]),
      position: answering('auditTrail.position', 0n),
      lastAt: answering('auditTrail.lastAt', { position: 1n }),
      tail: (_filter, after) => {
        reached.push('auditTrail.tail');
        return after < 2n ? { rows: [auditRow(after + 1n)], reached: after + 1n } : { rows: [], reached: null };
      },
      onAdvance: () => () => undefined,
    },
    tokens: { find: answering('tokens.find', token), page: answering('tokens.page', page(token)), count: answering('tokens.count', 1) },
    profiles: {
      find: answering('profiles.find', profile),
      page: answering('profiles.page', page(profile)),
      count: answering('profiles.count', 1),
      pageAt: answering('profiles.pageAt', page('corp')),
      countAt: answering('profiles.countAt', 1),
    },
    tokenFacts: () => null,
    truststoreCommands: {
      create: changing('truststoreCommands.create'),
      addCertificate: changing('truststoreCommands.addCertificate'),
      removeCertificate: changing('truststoreCommands.removeCertificate'),
      trustServerCertificate: changing('truststoreCommands.trustServerCertificate'),
      delete: changing('truststoreCommands.delete'),
    },
    serverCertificates: {
      inspect: answering(
        'serverCertificates.inspect',
        Promise.resolve({ trusted: true, tlsVersion: 'TLSv1.3', certificates: [], problem: null, message: 'Nothing is wrong.' }),
      ),
    },
    truststores: {
      find: answering('truststores.find', truststore),
      page: answering('truststores.page', page(truststore)),
      count: answering('truststores.count', 1),
      pageAt: answering('truststores.pageAt', page('plant-7')),
      countAt: answering('truststores.countAt', 1),
    },
    securityLog: {
      accessDenied: (_call, attempt) => {
        denied.push(attempt);
        return Promise.resolve({ revision: 0n, position: 0n });
      },
      auditExported: answering('securityLog.auditExported', Promise.resolve({ revision: 0n, position: 0n })),
    },
    auditSearches: { note: () => undefined },
    auditProofs: {
      newest: answering('auditProofs.newest', null),
      ofEntry: answering('auditProofs.ofEntry', Promise.resolve(null)),
      consistencySince: answering('auditProofs.consistencySince', Promise.resolve(null)),
      covering: answering('auditProofs.covering', Promise.resolve(null)),
    },
    reasonPolicy: new Set(),
    knownNames: { truststores: new Set(), authenticationProfiles: new Set() },
    serviceFacts: answering('serviceFacts', {
      version: '1',
      startedAt: recordedAt,
      ready: true,
      eventStore: { engine: 'EMBEDDED', available: true, headPosition: null },
      projections: [],
      warnings: [],
    }),
    ...change,
  };
  return { context, reached, denied };
}

async function* endingWith<T>(last: T): AsyncGenerator<T, void> {
  yield await Promise.resolve(last);
}

function missing(): never {
  throw new Error('The account of these tests is not there.');
}
