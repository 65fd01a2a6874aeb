import { describe, expect, it } from 'vitest';
import type { Certificate } from '../../src/domain/email-account/connection-test.js';
import { mostCertificates, truststoreDecider } from '../../src/domain/truststore/decide.js';
import type { TruststoreEvent } from '../../src/domain/truststore/events.js';
import { evolveTruststoreSnapshot, type TruststoreSnapshot } from '../../src/domain/truststore/snapshot.js';
import { specification } from '../given-when-then.js';

const given = specification(truststoreDecider);

const certificate = (digit: string): Certificate => ({
  fingerprintSha256: digit.repeat(64),
  subject: `CN=Root ${digit}`,
  issuer: `CN=Root ${digit}`,
  subjectAlternativeNames: [],
  serialNumber: digit,
  notBefore: '2026-01-01T00:00:00.000Z',
  notAfter: '2036-01-01T00:00:00.000Z',
  isCertificateAuthority: true,
  pem: `-----BEGIN CERTIFICATE-----\n${digit}\n-----END CERTIFICATE-----\n`,
});
const many = (count: number) => Array.from({ length: count }, (_, index) => ({ ...certificate('0'), fingerprintSha256: index.toString(16).padStart(64, '0') }));
const [a, b] = [certificate('A'), certificate('B')];
const name = 'Plant-7';
const created: TruststoreEvent = { type: 'TruststoreCreated', data: { name, includeSystemRoots: false } };
const added = (each: Certificate): TruststoreEvent => ({ type: 'CertificateAdded', data: { name, certificate: each, fetchedFrom: null } });
const deleted: TruststoreEvent = { type: 'TruststoreDeleted', data: { name } };
const create = { type: 'CreateTruststore', name, certificates: [], includeSystemRoots: false } as const;
const add = (...certificates: Certificate[]) => ({ type: 'AddCertificates', certificates, fetchedFrom: null }) as const;
const remove = (fingerprintSha256: string) => ({ type: 'RemoveCertificate', fingerprintSha256 }) as const;
const unreadable = { code: 'PRIVATE_KEY_REFUSED', message: 'There is a private key in it.', field: ['pem'] } as const;

describe('a truststore', () => {
  it('is created with its first certificates in one step, each once', () =>
    given()
      .when({ ...create, certificates: [a, b, a] })
      .then(created, added(a), added(b)));

  it('has a name of its own, whatever its case', () =>
    given(created)
      .when({ ...create, name: 'PLANT-7' })
      .thenRefused('ALREADY_EXISTS', 'name'));

  it.each(['', '7plant', 'plant 7', 'plänt', 'p'.repeat(65)])('is not named "%s"', (bad) =>
    given()
      .when({ ...create, name: bad })
      .thenRefused('INVALID_FORMAT', 'name'),
  );

  it('is told everything that is wrong with it at once', () => {
    const attempt = given(created).when({ ...create, name: '7', certificates: unreadable });
    attempt.thenRefused('INVALID_FORMAT', 'name');
    attempt.thenRefused('ALREADY_EXISTS', 'name');
    attempt.thenRefused('PRIVATE_KEY_REFUSED', 'pem');
  });

  it('may be created anew under the name of one that was deleted, without what that one trusted', () => {
    given(created, added(a), deleted).when(create).then(created);
    given(created, added(a), deleted, created).when(add(a)).then(added(a));
  });

  it('cannot be deleted from under accounts, and says which', () => {
    const attempt = (total: number, accountIds: readonly string[]) => given(created).when({ type: 'DeleteTruststore', usedBy: { total, accountIds } });
    attempt(2, ['Sales', 'Support']).thenRefused('IN_USE', 'name');
    expect(() => attempt(7, ['a', 'b', 'c', 'd', 'e']).thenNothing()).toThrow(/a, b, c, d, e and 2 more/);
    attempt(0, []).then(deleted);
  });

  it.each([add(a), remove(a.fingerprintSha256), { type: 'DeleteTruststore', usedBy: { total: 0, accountIds: [] } }] as const)(
    'has to be there for %o',
    (command) => {
      given().when(command).thenRefused('NOT_FOUND');
      given(created, deleted).when(command).thenRefused('NOT_FOUND');
    },
  );
});

describe('a certificate', () => {
  it('is added once: the same again changes nothing, others beside it are added', () => {
    given(created, added(a)).when(add(a)).thenNothing();
    given(created, added(a)).when(add(a, b)).then(added(b));
  });

  it('keeps which server showed it', () => {
    const fetchedFrom = { host: 'mail.example.com', port: 993, security: 'TLS' } as const;
    given(created)
      .when({ type: 'AddCertificates', certificates: [a], fetchedFrom })
      .then({ type: 'CertificateAdded', data: { name, certificate: a, fetchedFrom } });
  });

  it('is one of a hundred at most', () => {
    given(created)
      .when(add(...many(mostCertificates)))
      .thenSatisfies((events) => expect(events).toHaveLength(mostCertificates));
    given(created)
      .when(add(...many(mostCertificates + 1)))
      .thenRefused('TOO_LONG', 'pem');
    given(created, ...many(mostCertificates).map(added))
      .when(add(a))
      .thenRefused('TOO_LONG', 'pem');
  });

  it('is taken out by its fingerprint, as any program writes one', () => {
    const removed: TruststoreEvent = { type: 'CertificateRemoved', data: { name, fingerprintSha256: a.fingerprintSha256, subject: a.subject } };
    for (const written of [a.fingerprintSha256, a.fingerprintSha256.toLowerCase(), a.fingerprintSha256.replace(/..(?=.)/g, '$&:')])
      given(created, added(a), added(b)).when(remove(written)).then(removed);
    given(created, added(a), removed).when(add(a)).then(added(a));
  });

  it('that is not there is not taken for removed', () => {
    given(created, added(a)).when(remove(b.fingerprintSha256)).thenRefused('NOT_FOUND', 'fingerprintSha256');
    given(created, added(a)).when(remove('AB')).thenRefused('INVALID_FORMAT', 'fingerprintSha256');
  });
});

describe('the snapshot', () => {
  it('counts all events of the name, and dates the truststore that is there', () => {
    const history = [created, added(a), deleted, created, added(b)];
    const snapshot = history.reduce<TruststoreSnapshot | null>(
      (before, event, index) => evolveTruststoreSnapshot(before, event, { revision: BigInt(index), recordedAt: new Date(Date.UTC(2026, 0, index + 1)) }),
      null,
    );
    expect(snapshot).toMatchObject({
      version: 5,
      createdAt: '2026-01-04T00:00:00.000Z',
      updatedAt: '2026-01-05T00:00:00.000Z',
      truststore: { certificates: [b] },
    });
  });
});
