import { join } from 'node:path';
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { expiries } from '../../projections/expiries.js';
import { upcast } from '../../src/domain/event-catalogue.js';
import type { ExpiryOwner } from '../../src/domain/expiry/expiring-thing.js';
import { foldExpiries, type ExpiringThings } from '../../src/domain/expiry/expiry-changes.js';
import { MemoryLog } from './memory-log.js';
import { filled, temporaryDirectory } from './temporary-views.js';

const certificate = (name: string, day: number) => ({
  fingerprintSha256: name.repeat(64),
  subject: `CN=${name}`,
  issuer: 'CN=Root',
  subjectAlternativeNames: [],
  serialNumber: '1',
  notBefore: '2026-01-01T00:00:00.000Z',
  notAfter: `2027-01-0${day}T00:00:00.000Z`,
  isCertificateAuthority: true,
  pem: 'PEM',
});
const certificates = fc.tuple(fc.constantFrom('A', 'B', 'C'), fc.integer({ min: 1, max: 9 })).map(([name, day]) => certificate(name, day));
const event = (streamId: string, type: string, data: fc.Arbitrary<object>) => data.map((given) => ({ streamId, type, data: given }));
const shown = fc.array(certificates, { maxLength: 2 }).map((chain) => ({ tls: chain.length > 0 ? { certificates: chain } : null }));
const profile = fc.record({
  clientSecret: fc.option(fc.constant({ secretId: 's' }), { nil: null }),
  clientSecretExpiresAt: fc.option(fc.constant('2027-01-05T00:00:00.000Z'), { nil: null }),
  certificate: fc.option(
    certificates.map(({ fingerprintSha256, notBefore, notAfter }) => ({ thumbprintSha256: fingerprintSha256, notBefore, notAfter })),
    { nil: null },
  ),
});

/** As much of each event as an end depends on. */
const events = fc.array(
  fc.oneof(
    event(
      'emailAccount-sales',
      'ConnectionTested',
      fc.array(shown, { maxLength: 3 }).map((stages) => ({ test: { stages } })),
    ),
    event('emailAccount-sales', 'SenderConfigured', fc.constant({})),
    event('emailAccount-sales', 'AccountRenamed', fc.constant({})),
    event(
      'truststore-plant',
      'CertificateAdded',
      certificates.map((added) => ({ certificate: added })),
    ),
    event(
      'truststore-plant',
      'CertificateRemoved',
      certificates.map(({ fingerprintSha256 }) => ({ fingerprintSha256 })),
    ),
    event('truststore-plant', 'TruststoreDeleted', fc.constant({})),
    event(
      'authenticationProfile-corp',
      'AuthenticationProfileChanged',
      profile.map((settings) => ({ profile: settings })),
    ),
    event('authenticationProfile-corp', 'ConsentLost', fc.constant({})),
    event(
      'apiToken-tok1',
      'ApiTokenIssued',
      fc.option(fc.constant('2027-01-05T00:00:00.000Z'), { nil: null }).map((expiresAt) => ({ expiresAt })),
    ),
    event('apiToken-tok1', 'ApiTokenUsed', fc.constant({})),
    event('apiToken-tok1', 'ApiTokenExpired', fc.constant({})),
    event('apiToken-tok1', 'ApiTokenRevoked', fc.constant({})),
  ),
  { maxLength: 20 },
);
const owners: readonly (readonly [string, ExpiryOwner])[] = [
  ['emailAccount-sales', { entityType: 'EmailAccount', entityId: 'sales' }],
  ['truststore-plant', { entityType: 'Truststore', entityId: 'plant' }],
  ['authenticationProfile-corp', { entityType: 'AuthenticationProfile', entityId: 'corp' }],
  ['apiToken-tok1', { entityType: 'ApiToken', entityId: 'tok1' }],
];

it('what has an end is the same in the view and folded from a stream, as the past is: for any history', () => {
  fc.assert(
    fc.property(events, (history) => {
      const log = new MemoryLog();
      for (const { streamId, type, data } of history) {
        const id = `00000000-0000-4000-8000-${String(log.events.length).padStart(12, '0')}`;
        log.record(streamId, [{ id, type, data: { ...data }, metadata: { schemaVersion: 1 } }], new Date('2026-11-24T12:00:00Z'));
      }
      const { reader } = filled(expiries, log.events, join(temporaryDirectory(), 'expiries.db'), { sizes: [3] });
      for (const [streamId, owner] of owners) {
        const folded = log.events
          .filter((recorded) => recorded.streamId === streamId)
          .reduce<ExpiringThings>((things, recorded) => {
            const known = upcast(recorded);
            return known ? foldExpiries(things, known, owner, recorded.recordedAt.toISOString()) : things;
          }, new Map());
        const viewed = reader.of(owner.entityType, owner.entityId);
        expect(viewed).toHaveLength(folded.size);
        expect([...folded.values()]).toEqual(expect.arrayContaining([...viewed]));
      }
    }),
    { numRuns: 60 },
  );
});
