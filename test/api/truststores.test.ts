import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { certificateAuthority } from '../mail/lab/certificate-authority.js';
import { startMailLab, withMailLab, type MailLab } from '../mail/lab/mail-lab.js';
import { filesWith } from './canaries.js';
import { startTestService, type QueryOptions, type TestService } from './service.js';

interface Payload {
  readonly truststore: {
    readonly id: string;
    readonly name: string;
    readonly version: number;
    readonly includeSystemRoots: boolean;
    readonly certificates: readonly { readonly subject: string; readonly fingerprintSha256: string; readonly pem: string }[];
  } | null;
  readonly errors: readonly { readonly code: string; readonly message: string; readonly field: readonly string[] | null }[];
}

const fields =
  'truststore { id name version includeSystemRoots certificates { subject fingerprintSha256 pem } } errors { code message field } consistencyToken pending';
const types = {
  createTruststore: 'CreateTruststoreInput',
  addCertificate: 'AddCertificateInput',
  removeCertificate: 'RemoveCertificateInput',
  trustServerCertificate: 'TrustServerCertificateInput',
  deleteTruststore: 'DeleteTruststoreInput',
} as const;

/** What the tests say to a service, in its own words. */
function speaking(service: TestService) {
  return {
    change: async (mutation: keyof typeof types, input: object): Promise<Payload> => {
      const answer = await service.data<Record<string, Payload>>(`mutation ($input: ${types[mutation]}!) { ${mutation}(input: $input) { ${fields} } }`, {
        input,
      });
      return answer[mutation] ?? expect.fail('no payload');
    },
    create: async (accountId: string, sections: object) => {
      const { createEmailAccount } = await service.data<{ createEmailAccount: { errors: unknown[] } }>(
        'mutation ($input: CreateEmailAccountInput!) { createEmailAccount(input: $input) { errors { code message field } } }',
        { input: { accountId, accountName: accountId, ...sections } },
      );
      expect(createEmailAccount.errors).toEqual([]);
    },
    readiness: async (accountId: string) =>
      (
        await service.data<{ emailAccount: { readiness: { ready: boolean; missing: { code: string }[] } } }>(
          'query ($id: ID!) { emailAccount(accountId: $id) { readiness { ready missing { code } } } }',
          { id: accountId },
        )
      ).emailAccount.readiness,
    readyIds: async (ready: boolean, at?: string) =>
      (
        await service.data<{ emailAccounts: { totalCount: number; nodes: { accountId: string }[] } }>(
          'query ($ready: Boolean!, $at: DateTime) { emailAccounts(filter: { ready: $ready }, at: $at) { totalCount nodes { accountId } } }',
          { ready, at },
        )
      ).emailAccounts.nodes.map(({ accountId }) => accountId),
  };
}

const plant = certificateAuthority('Plant 7 Root');
const office = certificateAuthority('Office Root');
const receiver = (connection: object) => ({ imap: { identity: { userId: 'alice', password: 'secret of alice' }, connection } });

describe('a truststore', () => {
  let service: TestService;
  let say: ReturnType<typeof speaking>;
  beforeAll(async () => {
    service = await startTestService({ POSTLEDGER_CONNECTION_TESTS_PER_MINUTE: '1000' });
    say = speaking(service);
  });
  afterAll(() => service.stop());

  it('is created with certificates, read back by name and by id, and taken for what it is by who comes next', async () => {
    const { truststore, errors } = await say.change('createTruststore', { name: 'Plant-7', pem: plant.certificate + office.certificate, reason: 'New plant' });
    expect(errors).toEqual([]);
    expect(truststore).toMatchObject({ name: 'Plant-7', version: 3, includeSystemRoots: false });
    expect(truststore?.certificates.map(({ subject }) => subject)).toEqual(['CN=Plant 7 Root', 'CN=Office Root']);
    const read = await service.data(
      `query ($id: ID!) {
        node(id: $id) { ... on Truststore { name } }
        truststore(name: "PLANT-7") { name certificates { isCertificateAuthority notBefore notAfter issuer serialNumber subjectAlternativeNames } usedBy { totalCount } }
        absent: truststore(name: "none") { name }
        truststores(first: 1) { totalCount nodes { name } }
      }`,
      { id: truststore?.id },
    );
    expect(read).toMatchObject({
      node: { name: 'Plant-7' },
      truststore: {
        name: 'Plant-7',
        certificates: [{ isCertificateAuthority: true, issuer: 'CN=Plant 7 Root' }, { issuer: 'CN=Office Root' }],
        usedBy: { totalCount: 0 },
      },
      absent: null,
      truststores: { totalCount: 1, nodes: [{ name: 'Plant-7' }] },
    });
    expect((await say.change('createTruststore', { name: 'plant-7' })).errors).toMatchObject([{ code: 'ALREADY_EXISTS', field: ['name'] }]);
  });

  it('takes a certificate once, gives it back, and tells a retry from a second wish', async () => {
    await say.change('createTruststore', { name: 'Once' });
    const input = { truststore: 'once', pem: plant.certificate, idempotencyKey: 'once-1' };
    const added = await say.change('addCertificate', input);
    expect(added).toMatchObject({ errors: [], truststore: { version: 2, certificates: [{ subject: 'CN=Plant 7 Root' }] } });
    expect(await say.change('addCertificate', input)).toMatchObject({ errors: [], truststore: { version: 2 } });
    expect(await say.change('addCertificate', { truststore: 'Once', pem: plant.certificate })).toMatchObject({ errors: [], truststore: { version: 2 } });
    expect((await say.change('addCertificate', { ...input, pem: office.certificate })).errors).toMatchObject([{ code: 'IDEMPOTENCY_KEY_REUSED' }]);
    expect((await say.change('addCertificate', { truststore: 'Once', pem: office.certificate, expectedVersion: 1 })).errors).toMatchObject([
      { code: 'VERSION_CONFLICT', field: ['expectedVersion'] },
    ]);
    const fingerprintSha256 = added.truststore?.certificates[0]?.fingerprintSha256.toLowerCase();
    expect(await say.change('removeCertificate', { truststore: 'Once', fingerprintSha256 })).toMatchObject({
      errors: [],
      truststore: { version: 3, certificates: [] },
    });
    expect((await say.change('removeCertificate', { truststore: 'Once', fingerprintSha256 })).errors).toMatchObject([
      { code: 'NOT_FOUND', field: ['fingerprintSha256'] },
    ]);
    expect((await say.change('addCertificate', { truststore: 'nowhere', pem: plant.certificate })).errors).toMatchObject([
      { code: 'NOT_FOUND', field: ['truststore'] },
    ]);
  });

  it('takes nothing of a text that is no certificate, too long, or holds a private key, and keeps none of it', async () => {
    await say.change('createTruststore', { name: 'Strict' });
    const { certificate, key } = plant.issue(['mail.example.com']);
    const secret = key.split('\n')[1] ?? '';
    const refusals = [
      ['garbage', 'INVALID_CERTIFICATE'],
      ['', 'INVALID_CERTIFICATE'],
      [certificate.slice(0, 300), 'INVALID_CERTIFICATE'],
      [`${certificate}${key}`, 'PRIVATE_KEY_REFUSED'],
      ['x'.repeat(1_000_000), 'TOO_LONG'],
    ] as const;
    for (const [pem, code] of refusals) {
      for (const [mutation, input] of [
        ['createTruststore', { name: 'Never' }],
        ['addCertificate', { truststore: 'Strict' }],
      ] as const) {
        const refused = await say.change(mutation, { ...input, pem });
        expect(refused).toMatchObject({ truststore: null, errors: [{ code, field: ['pem'] }] });
        expect(JSON.stringify(refused)).not.toContain(secret);
      }
    }
    expect((await say.change('createTruststore', { name: '7', pem: key })).errors.map(({ code }) => code).sort()).toEqual([
      'INVALID_FORMAT',
      'PRIVATE_KEY_REFUSED',
    ]);
    expect(await service.data('{ truststore(name: "Strict") { version certificates { subject } } never: truststore(name: "Never") { name } }')).toEqual({
      truststore: { version: 1, certificates: [] },
      never: null,
    });
    const trail = await service.query('{ auditTrail(filter: { entityId: ["Strict", "Never"] }, last: 50) { nodes { action changes { path before after } } } }');
    expect(trail.text).toContain('CommandRefused');
    expect(trail.text + service.logged()).not.toContain(secret);
    const { searched, found } = await filesWith(service.dataDirectory, [secret]);
    expect(searched).toBeGreaterThan(3);
    expect(found).toEqual([]);
  });

  it('makes accounts ready that name it by being there, in lists as well, and unready when it goes', async () => {
    const connection = { host: 'mail.example.com', truststore: 'Coming' };
    await say.create('Waiting', { receiver: receiver(connection) });
    await say.create('Plain', { receiver: receiver({ host: 'mail.example.com' }) });
    expect(await say.readiness('Waiting')).toEqual({ ready: false, missing: [{ code: 'TRUSTSTORE_MISSING' }] });
    expect(await say.readyIds(false)).toEqual(['Waiting']);
    expect(await say.readyIds(true)).toEqual(['Plain']);

    await say.change('createTruststore', { name: 'coming' });
    expect(await say.readiness('Waiting')).toEqual({ ready: true, missing: [] });
    expect(await say.readyIds(false)).toEqual([]);
    expect(await say.readyIds(true)).toEqual(['Plain', 'Waiting']);
    const used = await service.data(
      `{ emailAccount(accountId: "Waiting") { receiver { ... on ImapReceiver { connection { truststoreName truststore { name usedBy(first: 5) { totalCount nodes { accountId } } } } } } } }`,
    );
    expect(used).toEqual({
      emailAccount: {
        receiver: { connection: { truststoreName: 'Coming', truststore: { name: 'coming', usedBy: { totalCount: 1, nodes: [{ accountId: 'Waiting' }] } } } },
      },
    });

    await service.rebuildViews();
    expect(await say.readyIds(true)).toEqual(['Plain', 'Waiting']);
    await service.restart();
    expect(await say.readiness('Waiting')).toEqual({ ready: true, missing: [] });
  });

  it('is not deleted while an account names it, a deleted one too; its name may then be given out again', async () => {
    await say.change('createTruststore', { name: 'Held', pem: plant.certificate });
    const sender = (truststore: string | null) => ({
      smtp: { identity: { emailAddress: 'alice@example.com' }, connection: { host: 'mail.example.com', truststore } },
    });
    for (const accountId of ['Holder-1', 'Holder-2', 'Holder-3', 'Holder-4', 'Holder-5', 'Holder-6']) await say.create(accountId, { sender: sender('HELD') });
    const [refused] = (await say.change('deleteTruststore', { name: 'held' })).errors;
    expect(refused).toMatchObject({ code: 'IN_USE', field: ['name'] });
    expect(refused?.message).toContain('Holder-1, Holder-2, Holder-3, Holder-4, Holder-5 and 1 more');

    for (const accountId of ['Holder-1', 'Holder-2', 'Holder-3', 'Holder-4', 'Holder-5'])
      await service.data('mutation ($input: ConfigureSenderInput!) { configureSender(input: $input) { errors { code } } }', {
        input: { accountId, sender: sender(null) },
      });
    await service.data('mutation { deleteEmailAccount(input: { accountId: "Holder-6" }) { errors { code } } }');
    expect((await say.change('deleteTruststore', { name: 'Held' })).errors).toMatchObject([{ code: 'IN_USE' }]);
    await service.data('mutation { eraseEmailAccount(input: { accountId: "Holder-6", confirmation: "Holder-6", reason: "Test" }) { errors { code } } }');
    expect(await say.change('deleteTruststore', { name: 'Held', reason: 'No longer' })).toMatchObject({ errors: [], truststore: null });
    expect((await say.change('deleteTruststore', { name: 'Held' })).errors).toMatchObject([{ code: 'NOT_FOUND', field: ['name'] }]);
    expect(await service.data('{ truststore(name: "Held") { name } }')).toEqual({ truststore: null });
    expect(await say.change('createTruststore', { name: 'Held' })).toMatchObject({ errors: [], truststore: { version: 4, certificates: [] } });
  });

  it('has a history: who, why, which certificate, and from where', async () => {
    await say.change('createTruststore', { name: 'Told', includeSystemRoots: true, reason: 'New plant' });
    const { truststore } = await say.change('addCertificate', { truststore: 'told', pem: plant.certificate, reason: 'Its CA' });
    const fingerprint = truststore?.certificates[0]?.fingerprintSha256;
    await say.change('removeCertificate', { truststore: 'TOLD', fingerprintSha256: fingerprint });
    await say.change('removeCertificate', { truststore: 'TOLD', fingerprintSha256: fingerprint });
    await say.change('deleteTruststore', { name: 'Told' });
    await say.change('createTruststore', { name: 'told' });
    const { truststore: again } = await service.data<{ truststore: { history: { nodes: unknown[] } } }>(`{ truststore(name: "told") { history { nodes {
      action reason entityType version actor { kind } changes { path before after }
      ... on TruststoreCreatedEntry { truststoreName includeSystemRoots } ... on CertificateAddedEntry { certificate { pem } fetchedFrom } ... on CertificateRemovedEntry { fingerprintSha256 }
    } } } }`);
    expect(again.history.nodes).toMatchObject([
      {
        action: 'TruststoreCreated',
        reason: 'New plant',
        entityType: 'Truststore',
        version: 1,
        truststoreName: 'Told',
        includeSystemRoots: true,
        actor: { kind: 'BOOTSTRAP' },
      },
      {
        action: 'CertificateAdded',
        reason: 'Its CA',
        version: 2,
        certificate: { pem: plant.certificate },
        fetchedFrom: null,
        changes: [{ path: 'certificates', before: null }],
      },
      {
        action: 'CertificateRemoved',
        version: 3,
        fingerprintSha256: fingerprint,
        changes: [{ path: 'certificates', before: { fingerprintSha256: fingerprint }, after: null }],
      },
      { action: 'CommandRefused', version: null },
      { action: 'TruststoreDeleted', version: 4 },
      { action: 'TruststoreCreated', version: 5, truststoreName: 'told' },
    ]);
  });

  it('is changed by editors, read by everybody, and who may not is on record', async () => {
    await say.change('createTruststore', { name: 'Guarded' });
    const [viewer, operator] = await Promise.all(['VIEWER', 'OPERATOR'].map((role) => service.tokenFor(role)));
    expect(await service.data('{ truststore(name: "Guarded") { name } }', {}, { token: viewer ?? null })).toMatchObject({ truststore: { name: 'Guarded' } });
    const add = 'mutation ($input: AddCertificateInput!) { addCertificate(input: $input) { errors { code } } }';
    const asking = async (document: string, variables: Record<string, unknown>, options: QueryOptions) =>
      (await service.query(document, variables, options)).errors[0]?.extensions.code;
    expect(await asking(add, { input: { truststore: 'Guarded', pem: plant.certificate } }, { token: operator ?? null })).toBe('FORBIDDEN');
    const inspect = '{ inspectServerCertificate(host: "127.0.0.1", port: 1, security: TLS) { problem } }';
    expect(await asking(inspect, {}, { token: viewer ?? null })).toBe('FORBIDDEN');
    expect(await service.data(inspect, {}, { token: operator ?? null })).toEqual({ inspectServerCertificate: { problem: 'CONNECTION_REFUSED' } });
    const { auditTrail } = await service.data<{ auditTrail: unknown }>(
      '{ auditTrail(filter: { action: ["AccessDenied"] }) { nodes { entityType entityId ... on AccessDeniedEntry { command } } } }',
    );
    expect(auditTrail).toEqual({
      nodes: [
        { entityType: 'Truststore', entityId: 'Guarded', command: 'Mutation.addCertificate' },
        { entityType: 'Service', entityId: 'postledger', command: 'Query.inspectServerCertificate' },
      ],
    });
  });

  it('gets nothing of a server that cannot be named, reached or asked', async () => {
    await say.change('createTruststore', { name: 'Reached' });
    const fingerprintSha256 = 'AB'.repeat(32);
    const trust = (server: object) => say.change('trustServerCertificate', { truststore: 'Reached', port: 993, security: 'TLS', fingerprintSha256, ...server });
    expect(
      (await trust({ host: 'not a host', port: 0, security: 'NONE', fingerprintSha256: 'AB' })).errors
        .map(({ code, field }) => [code, ...(field ?? [])].join(' '))
        .sort(),
    ).toEqual(['CONTRADICTION security', 'INVALID_FORMAT fingerprintSha256', 'INVALID_FORMAT host', 'OUT_OF_RANGE port']);
    expect((await trust({ host: '169.254.169.254' })).errors).toMatchObject([{ code: 'EGRESS_DENIED', field: ['host'] }]);
    expect((await trust({ host: '127.0.0.1', port: 1 })).errors).toMatchObject([{ code: 'INVALID_CERTIFICATE', field: ['host'] }]);
    expect((await trust({ truststore: 'nowhere', host: '127.0.0.1', port: 1 })).errors).toMatchObject([{ code: 'NOT_FOUND', field: ['truststore'] }]);

    const inspected = await service.query('{ inspectServerCertificate(host: "not a host", port: 0, security: NONE) { message } }');
    expect(inspected.errors).toMatchObject([
      {
        extensions: {
          code: 'BAD_USER_INPUT',
          problems: [
            { code: 'INVALID_FORMAT', field: ['host'] },
            { code: 'OUT_OF_RANGE', field: ['port'] },
            { code: 'CONTRADICTION', field: ['security'] },
          ],
        },
      },
    ]);
  });
});

describe('looks at servers', () => {
  it('are limited as connection tests are, together with them', async () => {
    const service = await startTestService({ POSTLEDGER_CONNECTION_TESTS_PER_MINUTE: '2' });
    try {
      const inspect = () => service.query('{ inspectServerCertificate(host: "127.0.0.1", port: 1, security: TLS) { problem } }');
      expect((await inspect()).errors).toEqual([]);
      expect((await inspect()).errors).toEqual([]);
      expect((await inspect()).errors).toMatchObject([{ extensions: { code: 'RATE_LIMITED' } }]);
    } finally {
      await service.stop();
    }
  });
});

describe.runIf(withMailLab)('a server of a private CA', () => {
  let lab: MailLab;
  let service: TestService;
  let say: ReturnType<typeof speaking>;
  beforeAll(async () => {
    lab = await startMailLab();
    // Nothing here trusts the lab's CA.
    service = await startTestService();
    say = speaking(service);
  });
  afterAll(() => service.stop());

  const test = async (accountId: string) =>
    (
      await service.data<{ testConnection: { test: { outcome: string; stages: { stage: string; outcome: string; code: string; hint: string | null }[] } } }>(
        'mutation ($input: TestConnectionInput!) { testConnection(input: $input) { test { outcome stages { stage outcome code hint } } errors { code message } } }',
        { input: { accountId } },
      )
    ).testConnection.test;
  const failures = async (accountId: string) =>
    (await test(accountId)).stages
      .filter(({ outcome }) => outcome === 'FAILED')
      .map(({ stage, code }) => `${stage} ${code}`)
      .sort();
  const sections = (host: string, more: object = {}) => {
    const { address, password } = lab.users.alice;
    return {
      sender: { smtp: { identity: { emailAddress: address, password }, connection: { host, port: lab.ports.submission, truststore: 'Lab-CA', ...more } } },
      receiver: { imap: { identity: { userId: address, password }, connection: { host, port: lab.ports.imaps, truststore: 'Lab-CA', ...more } } },
    };
  };

  it('is trusted by what it shows, in both directions, and no more once that is taken back', async () => {
    await say.create('Lab', sections(lab.hosts.good));
    expect(await failures('Lab')).toEqual(['STARTTLS TRUSTSTORE_MISSING', 'TLS TRUSTSTORE_MISSING']);
    await say.change('createTruststore', { name: 'Lab-CA' });
    const untrusted = await test('Lab');
    expect(untrusted.stages.filter(({ outcome }) => outcome === 'FAILED').map(({ code }) => code)).toEqual(['CERTIFICATE_UNTRUSTED', 'CERTIFICATE_UNTRUSTED']);
    expect(untrusted.stages.find(({ code }) => code === 'CERTIFICATE_UNTRUSTED')?.hint).toContain('inspectServerCertificate');

    const { inspectServerCertificate: seen } = await service.data<{ inspectServerCertificate: { certificates: { fingerprintSha256: string }[] } }>(
      `query ($port: Int!) { inspectServerCertificate(host: "${lab.hosts.good}", port: $port, security: IMAP_STARTTLS) { trusted tlsVersion problem message certificates { subject issuer fingerprintSha256 subjectAlternativeNames } } }`,
      { port: lab.ports.imap },
    );
    expect(seen).toMatchObject({ trusted: false, tlsVersion: 'TLSv1.3', problem: 'CERTIFICATE_UNTRUSTED', certificates: [{ issuer: 'CN=Lab CA' }] });
    const fingerprintSha256 = seen.certificates[0]?.fingerprintSha256 ?? '';
    const server = { host: lab.hosts.good, port: lab.ports.smtps, security: 'TLS' };
    expect((await say.change('trustServerCertificate', { truststore: 'Lab-CA', ...server, host: lab.hosts.expired, fingerprintSha256 })).errors).toMatchObject([
      { code: 'INVALID_CERTIFICATE', field: ['fingerprintSha256'] },
    ]);
    const trusted = await say.change('trustServerCertificate', { truststore: 'lab-ca', ...server, fingerprintSha256, reason: 'Compared by telephone' });
    expect(trusted).toMatchObject({ errors: [], truststore: { version: 2, certificates: [{ fingerprintSha256 }] } });
    expect(await say.change('trustServerCertificate', { truststore: 'Lab-CA', ...server, fingerprintSha256 })).toMatchObject({
      errors: [],
      truststore: { version: 2 },
    });
    expect((await test('Lab')).outcome).toBe('PASSED');
    expect((await say.change('deleteTruststore', { name: 'Lab-CA' })).errors).toMatchObject([{ code: 'IN_USE' }]);

    await say.change('removeCertificate', { truststore: 'Lab-CA', fingerprintSha256 });
    expect(await failures('Lab')).toEqual(['STARTTLS CERTIFICATE_UNTRUSTED', 'TLS CERTIFICATE_UNTRUSTED']);
    await say.change('addCertificate', { truststore: 'Lab-CA', pem: lab.authority });
    expect((await test('Lab')).outcome).toBe('PASSED');

    const { auditTrail } = await service.data<{ auditTrail: unknown }>(
      '{ auditTrail(filter: { action: ["ServerCertificateInspected", "CertificateAdded"] }) { nodes { reason ... on ServerCertificateInspectedEntry { server code } ... on CertificateAddedEntry { fetchedFrom } } } }',
    );
    expect(auditTrail).toEqual({
      nodes: [
        { reason: null, server: `127.0.0.1:${lab.ports.imap} (IMAP_STARTTLS)`, code: 'CERTIFICATE_UNTRUSTED' },
        { reason: 'Compared by telephone', fetchedFrom: `127.0.0.1:${lab.ports.smtps} (TLS)` },
        { reason: null, fetchedFrom: null },
      ],
    });
  });

  it('and of an old TLS version is connected to where the account allows it, and both the account and the test say so', async () => {
    await say.change('addCertificate', { truststore: 'Lab-CA', pem: lab.authority });
    await say.create('Old', sections(lab.hosts.oldTls, { minimumTlsVersion: 'TLS_1_0' }));
    const { outcome, stages } = await test('Old');
    expect(outcome).toBe('PASSED');
    expect(
      stages
        .filter((stage) => stage.outcome === 'WARNED')
        .map(({ stage, code }) => `${stage} ${code}`)
        .sort(),
    ).toEqual(['STARTTLS TLS_VERSION_TOO_LOW', 'TLS TLS_VERSION_TOO_LOW']);
    const { emailAccount } = await service.data<{ emailAccount: { readiness: { warnings: { code: string }[] } } }>(
      '{ emailAccount(accountId: "Old") { readiness { warnings { code } } } }',
    );
    expect(emailAccount.readiness.warnings.filter(({ code }) => code === 'TLS_FLOOR_LOW')).toHaveLength(2);
  });
});
