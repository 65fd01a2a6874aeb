import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { authenticationProfiles } from '../../projections/authentication-profiles.js';
import { ConfigurationHistory } from '../../src/commands/configuration-history.js';
import { systemActor } from '../../src/domain/access/actor.js';
import type { EventStore } from '../../src/event-store/event-store.js';
import { smtpForm } from '../domain/accounts.js';
import { creation, History } from '../projections/histories.js';
import { MemoryLog } from '../projections/memory-log.js';
import { filled, temporaryDirectory } from '../projections/temporary-views.js';

/** Counts, by stream, how often it was read and how many of its events. */
function counting(store: Pick<EventStore, 'readStream'>) {
  const reads = new Map<string, number[]>();
  return {
    reads,
    profileMilestone: () => null,
    async *readStream(streamId: string, options?: { readonly from?: bigint }) {
      const counts = reads.get(streamId) ?? [];
      reads.set(streamId, counts);
      const index = counts.push(0) - 1;
      for await (const event of store.readStream(streamId, options)) {
        counts[index] = (counts[index] ?? 0) + 1;
        yield event;
      }
    },
  };
}

const history = new History();
history.recordForeign('truststore-plant', 'TruststoreCreated', { name: 'Plant', includeSystemRoots: false });
for (const id of ['a', 'b', 'c']) history.account(id, creation(id, { sender: smtpForm({ truststore: id === 'b' ? 'PLANT' : 'Plant' }) }));
const then = history.now;
history.account('a', { type: 'RenameAccount', accountName: 'Later' });
for (const includeSystemRoots of [true, false, true]) {
  history.recordForeign('truststore-plant', 'TruststoreDeleted', { name: 'Plant' });
  history.recordForeign('truststore-plant', 'TruststoreCreated', { name: 'Plant', includeSystemRoots });
}

describe('what there was at a time', () => {
  it('reads each stream once, however many accounts name what is in it, and not beyond the time', async () => {
    const store = counting(history.log);
    const past = new ConfigurationHistory(store).at(then);
    const found = await Promise.all(
      ['a', 'b', 'C'].map(async (id) => {
        const snapshot = await past.account(id);
        if (!snapshot) throw new Error('The account was there.');
        return { name: snapshot.account.accountName, ready: (await past.readiness(snapshot)).ready, truststore: await past.truststore('plant') };
      }),
    );
    expect(found.map(({ name, ready, truststore }) => [name, ready, truststore?.version])).toEqual([
      ['a', true, 1],
      ['b', true, 1],
      ['c', true, 1],
    ]);
    // One event more, to see that it came later; of accounts all, for one that was erased since is not told of.
    expect(Object.fromEntries(store.reads)).toEqual({ 'emailAccount-a': [3], 'emailAccount-b': [2], 'emailAccount-c': [2], 'truststore-plant': [2] });
  });

  it('is found again by the name of its moment, and by no other name', async () => {
    const configurations = new ConfigurationHistory(counting(history.log));
    const ofVersion = await configurations.ofVersion('A', 2);
    expect([ofVersion?.moment.name, configurations.at(then).moment.name]).toEqual(['a:2', then.toISOString()]);
    for (const { moment } of [ofVersion, configurations.at(then)].filter((past) => past !== null))
      expect((await configurations.named(moment.name))?.moment).toEqual(moment);
    for (const name of ['a:4', 'a:0', 'a:02', 'A:2', 'nobody:1', '2026-11-24', '2026-11-24T12:00:00Z', 'now', ''])
      expect(await configurations.named(name)).toBeNull();
  });
});

describe('a profile whose refresh token was replaced a thousand times', () => {
  const start = Date.parse('2026-11-24T12:00:00Z');
  const reference = (version: number) => ({
    secretId: `s${version}`,
    version,
    fingerprint: 'f',
    setAt: '2026-01-01T00:00:00.000Z',
    setBy: systemActor,
    boundTo: [],
  });
  const settings = (clientId: string) => ({
    name: 'Corp',
    grant: 'REFRESH_TOKEN',
    preset: 'CUSTOM',
    tenant: null,
    tokenEndpoint: 'https://login.example.com/token',
    authorizationEndpoint: null,
    clientId,
    scopes: [],
    clientSecret: null,
    clientSecretExpiresAt: null,
    certificate: null,
    privateKey: null,
    refreshToken: reference(1),
  });

  it('is as it was at any moment, and a few hundred events are read for it', async () => {
    const log = new MemoryLog();
    const record = (type: string, data: object) => {
      const id = `00000000-0000-4000-8000-${String(log.events.length).padStart(12, '0')}`;
      log.record('authenticationProfile-corp', [{ id, type, data: { ...data }, metadata: { schemaVersion: 1 } }], new Date(start + log.events.length));
    };
    record('AuthenticationProfileCreated', { profile: settings('first') });
    for (let version = 2; version <= 700; version++) record('RefreshTokenRotated', { refreshToken: reference(version) });
    record('AuthenticationProfileDeleted', {});
    record('AuthenticationProfileCreated', { profile: settings('second') });
    record('ConsentLost', { message: 'Taken back.' });
    for (let version = 701; version <= 1_000; version++) record('RefreshTokenRotated', { refreshToken: reference(version) });
    const { reader } = filled(authenticationProfiles, log.events, join(temporaryDirectory(), 'profiles.db'), { sizes: [50] });
    for (const { recordedAt, position } of log.events.filter((_, index) => index % 37 === 0 || (index > 695 && index < 710)))
      for (const moment of [
        { name: 'time', time: recordedAt, position: null },
        { name: 'position', time: new Date(0), position },
      ]) {
        const store = { ...counting(log), profileMilestone: reader.milestone.bind(reader) };
        const found = await new ConfigurationHistory(store).of(moment).profile('CORP');
        expect(found).toEqual(await new ConfigurationHistory(counting(log)).of(moment).profile('corp'));
        expect(store.reads.get('authenticationProfile-corp')?.[0]).toBeLessThanOrEqual(257);
      }
  });
});
