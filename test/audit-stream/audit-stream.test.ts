import { cpSync } from 'node:fs';
import * as fc from 'fast-check';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { openViews } from '../../projections/views.js';
import { jsonl } from '../../projections/audit-export/jsonl.js';
import { StreamDatabase } from '../../src/audit-stream/stream-database.js';
import { StreamState } from '../../src/audit-stream/stream-state.js';
import { temporaryDirectory } from '../projections/temporary-views.js';
import { isSignedBy, type Answer } from './receiver.js';
import { eventually, secret, streamSetting, type StreamSetting } from './stream-under-test.js';

/** Resolves once all that is recorded, except these, has arrived. */
async function arrived(setting: StreamSetting, except: readonly string[] = []): Promise<void> {
  const { receiver, views } = setting;
  await eventually(() =>
    expect(new Set(receiver.taken().map(({ id }) => id)).size + except.length).toBeGreaterThanOrEqual(views.auditTrail.count({}) ?? Infinity),
  );
  expect([...setting.arrived(), ...except].sort()).toEqual([...setting.recorded()].sort());
}

describe('the stream', () => {
  it('sends every entry once and in order, those that were there and those that come, as an export has them, signed', async () => {
    const setting = await streamSetting();
    await setting.record(250);
    setting.stream();
    await arrived(setting);
    await setting.record(3);
    await eventually(() => expect(setting.arrived()).toHaveLength(253));
    const { requests } = setting.receiver;
    expect(requests.map(({ id }) => id)).toEqual(setting.recorded());
    for (const request of requests) {
      const row = setting.views.auditTrail.find(request.id);
      expect(row && JSON.parse(jsonl.record(row, '0.0.0'))).toEqual(request.data);
      expect(request).toMatchObject({ type: 'audit.entry', timestamp: row?.occurredAt });
      expect(isSignedBy(secret, request)).toBe(true);
      expect(Math.abs(Number(request.seconds) - Date.now() / 1_000)).toBeLessThan(60);
    }
  });

  it('goes on after a restart where it was, and begins with what comes where it was told to', async () => {
    const setting = await streamSetting();
    await setting.record(5);
    setting.stream();
    await arrived(setting);
    await setting.stop();
    await setting.record(5);
    const late = setting.stream({ directory: temporaryDirectory(), from: 'now' });
    await eventually(() => expect(late.status().cursor.entryId).toBe(setting.recorded().at(-1)));
    setting.stream();
    await arrived(setting);
    expect(setting.receiver.requests).toHaveLength(10);
  });

  it('sends what the receiver took and it could not keep in mind again, under the same id, and passes nothing over', async () => {
    const setting = await streamSetting();
    const asItWas = temporaryDirectory();
    await setting.record(20);
    // The files as a kill at this moment leaves them: the receiver has the eighth, and the answer is not out.
    setting.receiver.answer = (_, number) => {
      if (number === 7) cpSync(setting.directory, asItWas, { recursive: true });
      return 204;
    };
    setting.stream();
    await arrived(setting);
    await setting.stop();
    const recorded = setting.recorded();
    setting.stream({ directory: asItWas });
    await eventually(() => expect(setting.receiver.requests).toHaveLength(20 + 13));
    expect(setting.receiver.requests.slice(20).map(({ id }) => id)).toEqual(recorded.slice(7));
  });

  it.each<[string, Answer, string]>([
    ['503', 503, 'unavailable HTTP_503'],
    ['500', 500, 'refused HTTP_500'],
    ['401', 401, 'refused HTTP_401'],
    ['a redirect', { status: 307, headers: { location: 'http://127.0.0.1:1/' } }, 'refused HTTP_307'],
    ['a broken connection', 'reset', 'unavailable '],
    ['silence', 'silence', 'unavailable TIMEOUT'],
  ])('stands while the receiver answers everything with %s, puts nothing aside, and goes on', async (_, answer, told) => {
    const setting = await streamSetting();
    await setting.record(4);
    setting.receiver.answer = () => answer;
    const stream = setting.stream({ timeoutMilliseconds: 20 });
    await eventually(() => expect(setting.told.length).toBeGreaterThan(6));
    expect(stream.status()).toMatchObject({ deadLetters: 0, lag: { entriesBehind: 4 }, cursor: { position: -1n } });
    expect(stream.status().trouble?.attempts).toBeGreaterThan(3);
    setting.receiver.answer = () => 204;
    await arrived(setting);
    await eventually(() => expect(stream.status()).toMatchObject({ trouble: null, deadLetters: 0, lag: { entriesBehind: 0 } }));
    expect(setting.told[0]).toContain(told);
    expect(setting.told.at(-1)).toBe('recovered');
  });

  it('stands while nobody listens, and goes on once somebody does', async () => {
    const setting = await streamSetting();
    await setting.record(3);
    await setting.receiver.stop();
    setting.stream();
    await eventually(() => expect(setting.told).toContain('unavailable ECONNREFUSED'));
    await setting.receiver.start();
    await arrived(setting);
    expect(setting.arrived()).toEqual(setting.recorded());
  });

  it('leaves the receiver alone for as long as it asks', async () => {
    const setting = await streamSetting();
    await setting.record(1);
    const times: number[] = [];
    setting.receiver.answer = (_, number) => {
      times.push(performance.now());
      return number === 0 ? { status: 429, headers: { 'retry-after': '1' } } : 204;
    };
    setting.stream();
    await arrived(setting);
    expect((times[1] ?? 0) - (times[0] ?? 0)).toBeGreaterThan(990);
  });

  it('connects to nothing that the rules of egress forbid, and says which setting may allow it', async () => {
    const setting = await streamSetting();
    await setting.record(1);
    const stream = setting.stream({ egress: { allowLoopback: false } });
    await eventually(() => expect(setting.told).toContain('unavailable EGRESS_DENIED'));
    expect(stream.status().trouble?.words).toContain('POSTLEDGER_EGRESS_ALLOW_LOOPBACK');
    expect(setting.receiver.requests).toEqual([]);
  });

  it('ends when the receiver wants nothing more, and begins anew with a restart', async () => {
    const setting = await streamSetting();
    await setting.record(5);
    setting.receiver.answer = (_, number) => (number === 2 ? 410 : 204);
    const stream = setting.stream();
    await eventually(() => expect(stream.status().isGone).toBe(true));
    await setting.record(5);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(setting.receiver.requests).toHaveLength(3);
    expect(stream.status()).toMatchObject({ trouble: { cause: 'HTTP_410' }, deadLetters: 0 });
    await setting.stop();
    setting.stream();
    await arrived(setting);
    expect(setting.arrived()).toEqual(setting.recorded());
  });

  it('ends as well when the receiver says so of a checkpoint, and goes on when somebody asks for a replay', async () => {
    const setting = await streamSetting();
    await setting.record(3);
    const stream = setting.stream();
    await arrived(setting);
    stream.receiverIsGone();
    await setting.record(3);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(setting.receiver.requests).toHaveLength(3);
    expect(stream.status()).toMatchObject({ isGone: true, trouble: { cause: 'HTTP_410' } });
    stream.surroundings.state.requests.ask({ kind: 'replay', from: '1' }, { kind: 'COMMAND_LINE', id: 'command-line:erin', displayName: 'erin' }, new Date());
    await arrived(setting);
    await eventually(() => expect(stream.status()).toMatchObject({ isGone: false, trouble: null }));
  });

  it('is signed with the old secret and the new one while a receiver knows either', async () => {
    const setting = await streamSetting();
    await setting.record(1);
    const newer = `whsec_${Buffer.alloc(64, 7).toString('base64')}`;
    setting.stream({ secrets: `${newer} ${secret}` });
    await arrived(setting);
    const [request] = setting.receiver.requests;
    expect(request && [isSignedBy(newer, request), isSignedBy(secret, request)]).toEqual([true, true]);
  });
});

describe('what was erased while the stream stood', () => {
  const metadata = { actor: { kind: 'API_TOKEN', id: 'token', displayName: 'Erin' }, schemaVersion: 1 };
  const recordAccount = (setting: StreamSetting) => {
    const event = (number: number, type: string, data: Record<string, string>) => ({
      id: `10000000-0000-4000-8000-00000000000${number}`,
      type,
      data,
      metadata,
    });
    const record = (...events: readonly ReturnType<typeof event>[]) => setting.log.record('emailAccount-sales', events, new Date());
    record(
      event(1, 'AccountCreated', { accountId: 'Sales', accountName: 'Jane Doe', provider: 'custom' }),
      event(2, 'AccountRenamed', { accountName: 'Jane Roe' }),
    );
    return { erase: () => record(event(3, 'AccountErased', {})) };
  };

  it.each<[string, Answer]>([
    ['was away', 503],
    ['refused it', 400],
  ])('is not sent: the receiver %s, and gets the entry as the trail shows it by then', async (_, answer) => {
    const setting = await streamSetting();
    const { erase } = recordAccount(setting);
    await setting.record(1);
    setting.receiver.answer = () => answer;
    setting.stream();
    await eventually(() => expect(setting.receiver.requests.length).toBeGreaterThan(1));
    erase();
    await setting.seen();
    // What is under way at this moment was read before.
    const before = setting.receiver.requests.length + 1;
    await eventually(() => expect(setting.receiver.requests.length).toBeGreaterThan(before));
    setting.receiver.answer = () => 204;
    await arrived(setting);
    const after = setting.receiver.requests.slice(before).map(({ body }) => body);
    expect(after.length).toBeGreaterThan(3);
    expect(after.filter((body) => body.includes('Jane'))).toEqual([]);
    expect(after.some((body) => body.includes('[erased'))).toBe(true);
  });

  it('is not sent either where the receiver was slow', async () => {
    const setting = await streamSetting();
    await setting.record(1);
    const { erase } = recordAccount(setting);
    await setting.seen();
    // The receiver has the first of a batch in its hands when the account is erased.
    let erased = false;
    setting.receiver.answer = () => {
      if (!erased) erase();
      erased = true;
      return { status: 204 };
    };
    setting.receiver.delay = () => setting.seen();
    setting.stream();
    await arrived(setting);
    expect(setting.receiver.requests.filter(({ body }) => body.includes('Jane'))).toEqual([]);
  });
});

describe('an entry that the receiver refuses though it takes others', () => {
  const refusing = (setting: StreamSetting, ids: readonly string[], answer: Answer = 400) => {
    setting.receiver.answer = ({ id }) => (ids.includes(id) ? answer : 204);
  };

  it('is put aside after some attempts, is on record, and the rest goes on in order', async () => {
    const setting = await streamSetting();
    await setting.record(10);
    const [first = '', second = '', , , fifth = ''] = setting.recorded();
    refusing(setting, [first, second, fifth], 422);
    const stream = setting.stream();
    await eventually(() => expect(stream.status().deadLetters).toBe(3));
    await arrived(setting, [first, second, fifth]);
    expect(setting.receiver.requests.filter(({ id }) => id === first).length).toBeGreaterThanOrEqual(3);
    const untouched = setting.recorded().filter((id) => ![first, second, fifth].includes(id));
    expect(setting.arrived()).toEqual(untouched);
    const told = () =>
      setting.views.auditTrail
        .page({ action: ['AuditStreamDeadLettered'] }, { take: 'first', size: 10, after: null, before: null })
        .entries.map(({ row }) => row);
    await eventually(() => expect(told().reduce((sum, { data }) => sum + Number(data['count']), 0)).toBe(3));
    expect(told()[0]).toMatchObject({ actor: { kind: 'SYSTEM' }, data: { firstPosition: '1', lastPosition: '2' } });
  });

  it('comes to rest where what is told of it is refused too', async () => {
    const setting = await streamSetting();
    await setting.record(3);
    const [first = ''] = setting.recorded();
    setting.receiver.answer = ({ id, data }) => (id === first || data['action'] === 'AuditStreamDeadLettered' ? 400 : 204);
    const stream = setting.stream();
    await eventually(() => expect(setting.recorded()).toHaveLength(4));
    await setting.record(1);
    await eventually(() => expect(stream.status()).toMatchObject({ deadLetters: 2, lag: { entriesBehind: 0 } }));
    // Longer than two tellings are apart.
    await new Promise((resolve) => setTimeout(resolve, 150));
    await setting.seen();
    expect(setting.recorded()).toHaveLength(5);
  });

  it('is sent once more when somebody asks, and stays where it is refused again', async () => {
    const setting = await streamSetting();
    await setting.record(6);
    const [first = '', second = ''] = setting.recorded();
    refusing(setting, [first, second], 500);
    const stream = setting.stream();
    await eventually(() => expect(stream.status().deadLetters).toBe(2));
    refusing(setting, [second]);
    const { requests } = stream.surroundings.state;
    const id = requests.ask({ kind: 'retry' }, { kind: 'COMMAND_LINE', id: 'command-line:erin', displayName: 'erin' }, new Date());
    await eventually(() => expect(requests.answerTo(id)).toEqual({ done: true, words: '2 dead letters are sent once more.' }));
    await eventually(() => expect(stream.status().deadLetters).toBe(1));
    await arrived(setting, [second]);
    await eventually(() => expect(stream.surroundings.state.deadLetters.list(9)).toMatchObject([{ entryId: second, cause: 'HTTP_400' }]));
    const [told] = setting.views.auditTrail.page({ action: ['AuditStreamDeadLettersRetried'] }, { take: 'first', size: 1, after: null, before: null }).entries;
    expect(told?.row).toMatchObject({ actor: { kind: 'COMMAND_LINE', displayName: 'erin' }, data: { count: 2 } });
  });

  it('does not keep what is new from being sent when the receiver is ended by it once more, and stays', async () => {
    const setting = await streamSetting();
    await setting.record(3);
    const [first = ''] = setting.recorded();
    refusing(setting, [first]);
    const stream = setting.stream();
    await eventually(() => expect(stream.status().deadLetters).toBe(1));
    refusing(setting, [first], 504);
    const { requests, deadLetters } = stream.surroundings.state;
    requests.ask({ kind: 'retry' }, { kind: 'COMMAND_LINE', id: 'command-line:erin', displayName: 'erin' }, new Date());
    await eventually(() => expect(setting.told).toContain(`retry ${first} HTTP_504`));
    await setting.record(5);
    await arrived(setting, [first]);
    await eventually(() => expect(deadLetters.nextToRetry()).toBeNull());
    expect(deadLetters.list(9)).toMatchObject([{ entryId: first, cause: 'HTTP_504' }]);
    expect(setting.told).not.toContain('unavailable HTTP_504');
  });

  it('is sent once more when the receiver is back that was away when somebody asked', async () => {
    const setting = await streamSetting();
    await setting.record(3);
    const [first = ''] = setting.recorded();
    refusing(setting, [first]);
    const stream = setting.stream();
    await eventually(() => expect(stream.status()).toMatchObject({ deadLetters: 1, lag: { entriesBehind: 0 } }));
    await setting.receiver.stop();
    const { requests } = stream.surroundings.state;
    requests.ask({ kind: 'retry' }, { kind: 'COMMAND_LINE', id: 'command-line:erin', displayName: 'erin' }, new Date());
    const failed = () => setting.told.filter((told) => told === `retry ${first} ECONNREFUSED`).length;
    await setting.seen();
    // More often than is tried where the letter may be why.
    await eventually(() => expect(failed() + setting.told.filter((told) => told === 'unavailable ECONNREFUSED').length).toBeGreaterThan(5));
    refusing(setting, []);
    await setting.receiver.start();
    await eventually(() => expect(stream.status().deadLetters).toBe(0));
    await arrived(setting);
  });

  it('is put aside with its place alone: nothing of what is in it is in the files', async () => {
    const setting = await streamSetting();
    await setting.record(2);
    const [first = ''] = setting.recorded();
    refusing(setting, [first]);
    const stream = setting.stream();
    await eventually(() => expect(stream.status().deadLetters).toBe(1));
    expect(Object.keys(stream.surroundings.state.database.get('SELECT * FROM dead_letter') ?? {})).toEqual([
      'number',
      'entry_id',
      'position',
      'action',
      'attempts',
      'cause',
      'refused_at',
      'told',
      'retry',
    ]);
  });
});

describe('an entry that the receiver is ended by though it takes others', () => {
  it.each<[string, Answer]>([
    ['502', 502],
    ['504', 504],
    ['a broken connection', 'reset'],
    ['silence', 'silence'],
  ])('is put aside after some attempts, and the rest goes on in order: %s', async (_, answer) => {
    const setting = await streamSetting();
    await setting.record(8);
    const [, second = '', third = '', , fifth = ''] = setting.recorded();
    const bad = [second, third, fifth];
    setting.receiver.answer = ({ id }) => (bad.includes(id) ? answer : 204);
    const stream = setting.stream({ timeoutMilliseconds: 100, timing: { betweenTellingsMilliseconds: 600_000 } });
    await eventually(() => expect(stream.status()).toMatchObject({ deadLetters: 3, lag: { entriesBehind: 0 } }));
    await arrived(setting, bad);
    expect(stream.surroundings.state.deadLetters.list(9).map(({ entryId }) => entryId)).toEqual(bad);
    expect(setting.receiver.requests.filter(({ id }) => id === second).length).toBeGreaterThan(3);
  });

  it('is found out also where the receiver does not answer for a while after it, several times in a row', async () => {
    const setting = await streamSetting();
    await setting.record(6);
    const [first = '', second = ''] = setting.recorded();
    // One process, which ends with either entry and takes some milliseconds to be there again: shorter than the longest wait between attempts.
    let isThereFrom = 0;
    setting.receiver.answer = ({ id }) => {
      if (performance.now() < isThereFrom) return 502;
      if (id !== first && id !== second) return 204;
      isThereFrom = performance.now() + 5;
      return 'reset';
    };
    const stream = setting.stream({ timing: { backOff: { firstMilliseconds: 20, mostMilliseconds: 40 } } });
    await eventually(() => expect(stream.status()).toMatchObject({ deadLetters: 2, lag: { entriesBehind: 0 } }));
    await arrived(setting, [first, second]);
  });

  it('hides nothing that is refused before it', async () => {
    const setting = await streamSetting();
    await setting.record(6);
    const [first = '', second = ''] = setting.recorded();
    setting.receiver.answer = ({ id }) => (id === first ? 400 : id === second ? 502 : 204);
    const stream = setting.stream();
    await eventually(() => expect(stream.status()).toMatchObject({ deadLetters: 2, lag: { entriesBehind: 0 } }));
    await arrived(setting, [first, second]);
  });
});

describe('an order', () => {
  it('that nobody carried out within a day is dropped, and the log says so', async () => {
    const setting = await streamSetting();
    await setting.record(3);
    setting.stream();
    await arrived(setting);
    await setting.stop();
    const state = new StreamState(StreamDatabase.open(setting.directory));
    const erin = { kind: 'COMMAND_LINE', id: 'command-line:erin', displayName: 'erin' } as const;
    const hoursAgo = (hours: number) => new Date(Date.now() - hours * 3_600_000);
    const old = state.requests.ask({ kind: 'replay', from: '1' }, erin, hoursAgo(25));
    const recent = state.requests.ask({ kind: 'replay', from: '3' }, erin, hoursAgo(23));
    setting.stream();
    await eventually(() => expect(state.requests.answerTo(recent)).toMatchObject({ done: true }));
    expect(state.requests.answerTo(old)).toBeNull();
    state.close();
    expect(setting.told).toEqual(['expired replay']);
    await eventually(() => expect(setting.receiver.requests).toHaveLength(3 + 2));
    expect(setting.receiver.requests[3]?.id).toBe(setting.recorded()[2]);
  });
});

describe('a replay', () => {
  const ask = (stream: ReturnType<StreamSetting['stream']>, from: string) => {
    const { requests } = stream.surroundings.state;
    const id = requests.ask({ kind: 'replay', from }, { kind: 'COMMAND_LINE', id: 'command-line:erin', displayName: 'erin' }, new Date());
    return eventually(() => {
      const answer = requests.answerTo(id);
      if (answer === null) throw new Error('There is no answer yet.');
      return answer;
    });
  };

  it('sends everything from a position on again, under the same ids and in order, and is on record', async () => {
    const setting = await streamSetting();
    await setting.record(10);
    const stream = setting.stream();
    await arrived(setting);
    const recorded = setting.recorded();
    expect(await ask(stream, '4')).toMatchObject({ done: true });
    await eventually(() => expect(setting.receiver.requests).toHaveLength(10 + 7 + 1));
    expect(setting.receiver.requests.slice(10, 17).map(({ id }) => id)).toEqual(recorded.slice(3));
    expect(setting.receiver.requests.at(-1)?.data).toMatchObject({
      action: 'AuditStreamReplayed',
      actor: { kind: 'COMMAND_LINE', displayName: 'erin' },
      data: { after: '3', reached: '10' },
    });
  });

  it('takes a time, refuses what was not recorded or not sent yet, and goes on where it was', async () => {
    const setting = await streamSetting();
    await setting.record(3);
    const stream = setting.stream();
    await arrived(setting);
    for (const from of ['2999-01-01T00:00:00Z', '4711', 'yesterday', '99999999999999999999']) expect(await ask(stream, from)).toMatchObject({ done: false });
    expect(setting.recorded()).toHaveLength(3);
    expect(await ask(stream, '2020-01-01T00:00:00Z')).toMatchObject({ done: true });
    await eventually(() => expect(setting.receiver.requests).toHaveLength(3 + 4));
    expect(setting.receiver.requests.at(-1)?.data).toMatchObject({ data: { after: null, reached: '3' } });
  });

  it('is not done where it cannot be recorded, and is once it can', async () => {
    const setting = await streamSetting();
    await setting.record(3);
    const stream = setting.stream();
    await arrived(setting);
    const append = vi.spyOn(setting.log, 'appendToStream').mockRejectedValueOnce(new Error('The store is away.'));
    expect(await ask(stream, '1')).toMatchObject({ done: true });
    expect(append).toHaveBeenCalledTimes(2);
    expect(setting.told).toContain('fault Error: The store is away.');
    await eventually(() => expect(setting.receiver.requests).toHaveLength(3 + 4));
  });
});

describe('a log that was put back to a backup', () => {
  it('has the stream go back to an entry that is still there: what comes anew is sent', async () => {
    const setting = await streamSetting();
    await setting.record(1_600);
    setting.stream();
    await arrived(setting);
    await setting.stop();
    const marked = setting.recorded()[999] ?? '';

    const restored = await streamSetting();
    for (const event of setting.log.events.slice(0, 1_300)) restored.log.record(event.streamId, [event], event.recordedAt);
    await restored.record(7);
    const stream = restored.stream({ directory: setting.directory });
    expect(restored.told).toEqual([`back ${setting.views.auditTrail.find(marked)?.position}`]);
    await eventually(() => expect(stream.status().lag.entriesBehind).toBe(0));
    expect(restored.arrived()).toEqual(restored.recorded().slice(1_000));
  });
});

describe('a log that loses its end while the service runs', () => {
  it('has the stream go back as well: what is recorded in place of it is sent, without a restart', async () => {
    const setting = await streamSetting({ listener: { stopped: () => undefined, storeLost: () => undefined } });
    await setting.record(10);
    const stream = setting.stream();
    await arrived(setting);
    setting.log.truncate(4);
    setting.log.lose();
    await eventually(() => expect(setting.views.statuses().find(({ name }) => name === 'audit-trail')?.state).toBe('CATCHING_UP'));
    setting.log.giveBack();
    await setting.record(9);
    await eventually(() => expect(setting.recorded()).toHaveLength(13));
    await eventually(() => expect(setting.arrived()).toEqual(expect.arrayContaining([...setting.recorded()])));
    expect(setting.told).toContain('back -1');
    await eventually(() => expect(stream.status()).toMatchObject({ cursor: { position: 13n }, lag: { entriesBehind: 0 } }));
  });
});

describe('a trail that is out of reach', () => {
  it('stops neither the start nor a look at the stream, which begins once the trail is there', async () => {
    const setting = await streamSetting();
    await setting.record(5);
    const views = await openViews(setting.log, {
      rawEvents: setting.log,
      directory: temporaryDirectory(),
      readYourWritesMilliseconds: 0,
      listener: { stopped: () => undefined, storeLost: () => undefined },
      follow: false,
    });
    onTestFinished(() => views.stop());
    expect(() => views.auditTrail.tail({}, -1n)).toThrow('audit-trail');
    const stream = setting.stream({ trail: views.auditTrail });
    await eventually(() => expect(setting.told.filter((told) => told.startsWith('fault')).length).toBeGreaterThan(2));
    expect(stream.status()).toMatchObject({ cursor: { position: -1n }, trouble: null });
    await views.rebuild('audit-trail');
    await arrived(setting);
    expect(setting.arrived()).toEqual(setting.recorded());
  });
});

describe('a log that has two entries of one id', () => {
  it('is sent whole, and the stream comes to rest', async () => {
    const setting = await streamSetting();
    await setting.record(2);
    const event = { id: '20000000-0000-4000-8000-000000000001', type: 'OfAnotherTime', data: {}, metadata: {} };
    setting.log.record('securityLog-2026-11', [event], new Date());
    setting.log.record('securityLog-2026-12', [event], new Date());
    await setting.record(2);
    const stream = setting.stream();
    await eventually(() => expect(stream.status()).toMatchObject({ cursor: { position: 6n }, lag: { entriesBehind: 0 } }));
    expect(setting.receiver.requests.map(({ data }) => data['position'])).toEqual(['1', '2', '3', '4', '5', '6']);
    expect(setting.told).toEqual([]);
  });
});

describe('a log that was moved to another engine', () => {
  it('has the stream go on after the same entry, though that has another position there', async () => {
    const setting = await streamSetting();
    await setting.record(10);
    setting.stream();
    await arrived(setting);
    await setting.stop();

    const moved = await streamSetting();
    await moved.record(3);
    for (const event of setting.log.events) moved.log.record(event.streamId, [event], event.recordedAt);
    await moved.record(2);
    const stream = moved.stream({ directory: setting.directory });
    await eventually(() => expect(stream.status().lag.entriesBehind).toBe(0));
    expect(moved.arrived()).toEqual(moved.recorded().slice(13));
    expect(moved.told).toEqual([]);
  });
});

describe('whatever the receiver does', () => {
  const fault = fc.constantFrom<Answer>(
    204,
    204,
    204,
    500,
    503,
    404,
    'reset',
    'silence',
    { status: 200, body: 'x'.repeat(40_000) },
    { status: 429, headers: { 'retry-after': '0' } },
  );

  it('every entry arrives at least once, the first arrivals in order, also over restarts', { timeout: 60_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fault, { maxLength: 25 }),
        fc.integer({ min: 1, max: 12 }),
        fc.array(fc.nat(6), { maxLength: 3 }),
        async (answers, entries, restarts) => {
          const setting = await streamSetting();
          await setting.record(entries);
          setting.receiver.answer = (_, number) => answers[number] ?? 204;
          // What is refused is not put aside: that the receiver has only bad days is what this is about.
          const options = { timeoutMilliseconds: 15, timing: { attemptsBeforeLookingAhead: 1_000 } };
          for (const after of restarts) {
            setting.stream(options);
            const until = setting.receiver.requests.length + after;
            await eventually(() => expect(setting.receiver.requests.length >= until || setting.arrived().length === entries).toBe(true));
            await setting.stop();
          }
          setting.stream(options);
          await arrived(setting);
          expect(setting.arrived()).toEqual(setting.recorded());
          await setting.stop();
        },
      ),
      { numRuns: 20 },
    );
  });

  /** Times when it takes nothing, of so many requests each, with two between them that it answers. */
  const outages = fc
    .array(fc.array(fc.constantFrom<Answer>(503, 502, 'reset', { status: 429, headers: { 'retry-after': '0' } }), { minLength: 1, maxLength: 15 }), {
      maxLength: 3,
    })
    .map((each) => each.flatMap((outage) => [...outage, 204, 204]));

  it('what it never takes is put aside, and nothing else: all else arrives, in order where it was never away', { timeout: 60_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.constantFrom<Answer>(204, 204, 400, 502), { minLength: 2, maxLength: 14 }), outages, async (answers, away) => {
        const setting = await streamSetting();
        await setting.record(answers.length);
        const recorded = setting.recorded();
        // The last is taken: nothing would show that it is not the receiver. Nor would it where more than ten in a row are not.
        const isBad = (index: number) => answers[index] !== 204 && index < answers.length - 1 && index % 9 !== 0;
        const bad = new Map(recorded.flatMap((id, index) => (isBad(index) ? [[id, answers[index] ?? 204] as const] : [])));
        setting.receiver.answer = ({ id }, number) => bad.get(id) ?? away[number] ?? 204;
        const stream = setting.stream({ timing: { betweenTellingsMilliseconds: 600_000 } });
        await eventually(() => expect(stream.status()).toMatchObject({ deadLetters: bad.size, lag: { entriesBehind: 0 } }));
        expect(stream.surroundings.state.deadLetters.list(100).map(({ entryId }) => entryId)).toEqual([...bad.keys()]);
        const good = recorded.filter((id) => !bad.has(id));
        // Without what the trail tells of the stream itself.
        const taken = setting.arrived().filter((id) => recorded.includes(id));
        const inOrder = away.length === 0 ? taken : taken.toSorted();
        expect(inOrder).toEqual(good);
        await setting.stop();
      }),
      { numRuns: 20 },
    );
  });
});
