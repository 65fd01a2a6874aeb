import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { authenticationProfiles } from '../../projections/authentication-profiles.js';
import { ConfigurationHistory } from '../../src/commands/configuration-history.js';
import { systemActor } from '../../src/domain/access/actor.js';
import type { ProfileMilestones } from '../../src/commands/past-configuration.js';
import { TimeInLog } from '../../src/commands/time-in-log.js';
import type { EventStore, SubscriptionMessage } from '../../src/event-store/event-store.js';
import { smtpForm } from '../domain/accounts.js';
import { creation, History } from '../projections/histories.js';
import { lastPositionAt } from '../projections/last-position.js';
import { MemoryLog } from '../projections/memory-log.js';
import { filled, temporaryDirectory, viewsOf } from '../projections/temporary-views.js';

/** Counts, by stream, how often it was read and how many of its events. */
function counting(store: Pick<EventStore, 'readStream'>) {
  const reads = new Map<string, number[]>();
  return {
    reads,
    async *readStream(...[streamId, options]: Parameters<EventStore['readStream']>) {
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

const later = (time: Date) => new Date(time.getTime() + 3_000);
const noMilestones = { profileMilestone: () => null };
function readingOf(store: Pick<EventStore, 'readStream'>, { events }: MemoryLog, milestones: ProfileMilestones = noMilestones) {
  return new ConfigurationHistory(store, milestones, { lastPosition: (time) => Promise.resolve(lastPositionAt(events, time)) }).reading();
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
  it('reads each stream once, however many accounts name what is in it', async () => {
    const store = counting(history.log);
    const past = await readingOf(store, history.log).at(then);
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
    expect(Object.fromEntries(store.reads)).toEqual({ 'emailAccount-a': [3], 'emailAccount-b': [2], 'emailAccount-c': [2], 'truststore-plant': [7] });
  });

  it('reads each stream once for all the moments of a request, a hundred events at most beyond the last of them', async () => {
    const long = new History();
    long.recordForeign('truststore-plant', 'TruststoreCreated', { name: 'Plant', includeSystemRoots: false });
    long.account('a', creation('a', { sender: smtpForm({ truststore: 'Plant' }) }));
    for (let turn = 0; turn < 200; turn++) {
      long.recordForeign('truststore-plant', 'TruststoreDeleted', { name: 'Plant' });
      long.recordForeign('truststore-plant', 'TruststoreCreated', { name: 'Plant', includeSystemRoots: turn % 2 === 0 });
    }
    const store = counting(long.log);
    const reading = readingOf(store, long.log);
    const moments = long.log.events.slice(0, 150).map(({ position, recordedAt }) => ({ name: `${position}`, time: recordedAt, position }));
    // The later ones first: what comes earlier was read with them.
    const versions = await Promise.all([...moments].reverse().map(async (moment) => (await reading.of(moment).truststore('plant'))?.version ?? null));
    const expected = moments.map(({ position }) => {
      const happened = long.log.events.filter((event) => event.streamId === 'truststore-plant' && event.position <= position);
      return happened.at(-1)?.type === 'TruststoreCreated' ? happened.length : null;
    });
    expect(versions).toEqual(expected.reverse());
    expect(store.reads.get('truststore-plant')).toEqual([100, 100]);
    await Promise.all([reading.ofVersion('a', 1), reading.ofVersion('A', 2), reading.named('a:1'), reading.at(long.now).then((past) => past.account('a'))]);
    // Behind what was read by then it is looked once more, for the later moment.
    expect(store.reads.get('emailAccount-a')).toEqual([2, 0]);
    expect(await reading.named('a:1')).toBe(await reading.ofVersion('a', 1));
  });

  it('is told by places in the log, whatever times whoever reads it sees', async () => {
    // As two readers of a cluster may see one event after its leader changed: one of them has seen the later time of the leader before, the other has not.
    const skewed = {
      async *readStream(...given: Parameters<EventStore['readStream']>) {
        for await (const event of history.log.readStream(...given)) yield { ...event, recordedAt: new Date(event.recordedAt.getTime() - 3_600_000) };
      },
    };
    const [plain, early] = await Promise.all([history.log, skewed].map((store) => readingOf(store, history.log).at(then)));
    expect((await early?.account('a'))?.version).toBe((await plain?.account('a'))?.version);
    expect((await early?.truststore('plant'))?.version).toBe(1);
  });

  it('is the same in lists and in what is shown of each entry, though their readers saw other times', async () => {
    const changing = new History();
    for (const id of ['a', 'b', 'c']) changing.account(id, creation(id, { accountName: 'First' }));
    for (const id of ['a', 'b', 'c']) changing.account(id, { type: 'RenameAccount', accountName: 'Second' });
    const { log } = changing;
    const late = new (class extends MemoryLog {
      // As a reader sees them that began before the clock stepped back, when the others began after it.
      override async *subscribeToAll(options: Parameters<MemoryLog['subscribeToAll']>[0]): AsyncIterable<SubscriptionMessage> {
        const ofAccountsAlone = options.streamPrefixes?.length === 1;
        for await (const message of super.subscribeToAll(options))
          yield message.kind === 'event' && ofAccountsAlone
            ? { ...message, event: { ...message.event, recordedAt: later(message.event.recordedAt) } }
            : message;
      }
    })();
    for (const event of log.events) late.record(event.streamId, [event], event.recordedAt);
    const views = await viewsOf(late);
    const history = new ConfigurationHistory(late, noMilestones, new TimeInLog(late, views.auditTrail));
    for (const { recordedAt } of log.events.slice(0, -1)) {
      const past = await history.reading().at(recordedAt);
      for (const text of ['First', 'Second']) {
        const page = views.accounts.pageAt(
          { text },
          { field: 'ACCOUNT_ID', direction: 'ASC' },
          { take: 'first', size: 9, after: null, before: null },
          past.moment.position,
        );
        const shown = await Promise.all(['a', 'b', 'c'].map(async (id) => ((await past.account(id))?.account.accountName === text ? [id] : [])));
        expect(page.entries.map(({ row }) => row)).toEqual(shown.flat());
      }
    }
  });

  it('is found again by the name of its moment, and by no other name', async () => {
    const configurations = readingOf(counting(history.log), history.log);
    const [ofVersion, atTime] = await Promise.all([configurations.ofVersion('A', 2), configurations.at(then)]);
    expect([ofVersion?.moment.name, atTime.moment.name]).toEqual(['a:2', then.toISOString()]);
    for (const { moment } of [ofVersion, atTime].filter((past) => past !== null)) expect((await configurations.named(moment.name))?.moment).toEqual(moment);
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
    for (const { recordedAt: time, position } of log.events.filter((_, index) => index % 37 === 0 || (index > 695 && index < 710))) {
      const [store, moment] = [counting(log), { name: 'position', time, position }];
      const milestones = { profileMilestone: reader.milestone.bind(reader) };
      const found = await readingOf(store, log, milestones).of(moment).profile('CORP');
      expect(found).toEqual(await readingOf(counting(log), log).of(moment).profile('corp'));
      expect((store.reads.get('authenticationProfile-corp') ?? []).reduce((sum, events) => sum + events, 0)).toBeLessThanOrEqual(256 + 100);
    }
  });
});
