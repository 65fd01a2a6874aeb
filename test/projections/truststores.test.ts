import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { truststores } from '../../projections/truststores.js';
import type { Certificate } from '../../src/domain/email-account/connection-test.js';
import { History } from './histories.js';
import { throughPages } from './pages.js';
import { filled, temporaryDirectory } from './temporary-views.js';

const certificate = (subject: string): Certificate => ({
  fingerprintSha256: subject.repeat(64),
  subject,
  issuer: subject,
  subjectAlternativeNames: [],
  serialNumber: '1',
  notBefore: '2026-01-01T00:00:00.000Z',
  notAfter: '2036-01-01T00:00:00.000Z',
  isCertificateAuthority: true,
  pem: 'PEM',
});

const history = new History();
const create = (name: string) => history.recordForeign(`truststore-${name.toLowerCase()}`, 'TruststoreCreated', { name, includeSystemRoots: name === 'Both' });
const add = (name: string, subject: string) =>
  history.recordForeign(`truststore-${name.toLowerCase()}`, 'CertificateAdded', { name, certificate: certificate(subject), fetchedFrom: null });
create('Plant-7');
add('Plant-7', 'A');
add('Plant-7', 'B');
create('Both');
create('gone');
add('gone', 'C');
history.recordForeign('truststore-plant-7', 'CertificateRemoved', { name: 'Plant-7', fingerprintSha256: 'A'.repeat(64), subject: 'A' });
history.recordForeign('truststore-gone', 'TruststoreDeleted', { name: 'gone' });
create('Again');
history.recordForeign('truststore-again', 'TruststoreDeleted', { name: 'Again' });
create('again');

describe('the view of truststores', () => {
  it.each([true, false])('shows what is there with its certificates, also after a restart (%s)', (reopens) => {
    const { reader } = filled(truststores, history.log.events, join(temporaryDirectory(), 'truststores.db'), { sizes: [1, 3], reopens });
    expect(reader.find('PLANT-7')).toMatchObject({ version: 4, truststore: { name: 'Plant-7', includeSystemRoots: false, certificates: [certificate('B')] } });
    expect(reader.find('both')).toMatchObject({ version: 1, truststore: { includeSystemRoots: true, certificates: [] } });
    expect(reader.find('again')).toMatchObject({ version: 3, truststore: { name: 'again' } });
    expect([reader.find('gone'), reader.isThere('Gone'), reader.isThere('BOTH')]).toEqual([null, false, true]);
    expect([reader.count(), [...reader.names()].sort()]).toEqual([3, ['again', 'both', 'plant-7']]);
    for (const take of ['first', 'last'] as const)
      expect(throughPages((page) => reader.page(page), take, 2).map(({ truststore }) => truststore.name)).toEqual(['again', 'Both', 'Plant-7']);
  });

  it('applies nothing twice when a batch fails in the middle', () => {
    const [created, added, addedToo, other] = history.log.events;
    if (!created || !added || !addedToo || !other) throw new Error('The history is shorter than this test.');
    const build = filled(truststores, [created], join(temporaryDirectory(), 'truststores.db'));
    build.commit();
    build.view.execute(`CREATE TRIGGER full BEFORE INSERT ON truststore WHEN NEW.key = 'both' BEGIN SELECT RAISE(ABORT, 'full'); END`);
    expect(() => build.apply([added, addedToo, other], other.position)).toThrow('cannot take the event');
    // All before that event is there, and once.
    expect(build.reader.find('plant-7')?.truststore.certificates).toEqual([certificate('A'), certificate('B')]);
    expect(build.reader.isThere('both')).toBe(false);
  });
});
