import { createHash } from 'node:crypto';
import { appendFileSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { auditTrail } from '../../projections/audit-trail.js';
import { restoreSnapshot } from '../../projections/restore-snapshot.js';
import { SnapshotRefused } from '../../projections/snapshot-manifest.js';
import { takeSnapshot } from '../../projections/take-snapshot.js';
import { viewCatalogue } from '../../projections/view-catalogue.js';
import { openViews, type Views } from '../../projections/views.js';
import { smtpForm } from '../domain/accounts.js';
import { creation, History, issue } from './histories.js';
import { MemoryLog } from './memory-log.js';
import { throughPages } from './pages.js';
import { temporaryDirectory, viewsOf } from './temporary-views.js';

const auditTrailFile = `views-${auditTrail.name}-v${auditTrail.version}.db`;

let history: History;
let directory: string;
let views: Views;

/** A service's views of three accounts and a token, which follow the log. */
beforeEach(async () => {
  history = new History();
  for (const id of ['sales', 'support', 'billing']) history.account(id, creation(id, { sender: smtpForm() }));
  history.do({ by: 0, after: 1_000, token: 't1', command: issue('t1') });
  directory = temporaryDirectory();
  views = await viewsOf(history.log, directory);
});

const snapshotOf = (from: string, destination = join(temporaryDirectory(), 'snapshot'), onProgress?: (view: string) => void) =>
  takeSnapshot({ directory: from, destination, program: '1.2.3', now: () => new Date('2026-11-25T10:00:00.000Z'), ...(onProgress && { onProgress }) }).then(
    (manifest) => ({ manifest, snapshot: destination }),
  );

function answersOf({ accounts, auditTrail, tokens }: Views): unknown {
  return {
    accounts: throughPages((page) => accounts.page({}, { field: 'ACCOUNT_ID', direction: 'ASC' }, page), 'first', 100),
    entries: throughPages((page) => auditTrail.page({}, page), 'first', 100),
    tokens: throughPages((page) => tokens.page(page), 'first', 100),
  };
}

/** What the files of a directory hold. */
const contentOf = (of: string) =>
  readdirSync(of).map((name) => [
    name,
    createHash('sha256')
      .update(readFileSync(join(of, name)))
      .digest('hex'),
  ]);

function changeManifest(snapshot: string, change: (text: string) => string): void {
  const path = join(snapshot, 'snapshot.json');
  const text = readFileSync(path, 'utf8');
  const changed = change(text);
  expect(changed).not.toBe(text);
  writeFileSync(path, changed);
}

describe('a snapshot', () => {
  it('is taken while the views follow the log, says of each view what it is, and only its owner may read it', async () => {
    const { manifest, snapshot } = await snapshotOf(directory, undefined, (view) => history.account('later', creation(`later-${view}`)));
    expect(manifest).toMatchObject({ program: '1.2.3', createdAt: new Date('2026-11-25T10:00:00.000Z') });
    expect(manifest.views.map(({ name, version }) => ({ name, version }))).toEqual(viewCatalogue);
    for (const { file, bytes, sha256, position, lastEvent } of manifest.views) {
      expect(contentOf(snapshot)).toContainEqual([file, sha256]);
      expect(statSync(join(snapshot, file))).toMatchObject({ size: bytes, mode: 0o100600 });
      expect(history.log.events.find(({ id }) => id === lastEvent?.id)?.position).toBe(lastEvent?.position);
      expect(position).toBeGreaterThanOrEqual(lastEvent?.position ?? 0n);
    }
    expect(readdirSync(snapshot).sort()).toEqual(['snapshot.json', ...manifest.views.map(({ file }) => file)].sort());
    expect(statSync(snapshot).mode & 0o777).toBe(0o700);
  });

  it('knows every view that the service has', () => expect(viewCatalogue).toEqual(views.statuses().map(({ name, version }) => ({ name, version }))));

  it('writes over nothing', async () => {
    const destination = temporaryDirectory();
    writeFileSync(join(destination, 'mine.txt'), 'mine');
    await expect(snapshotOf(directory, destination)).rejects.toThrow('is not empty. Name a new directory.');
    expect(readdirSync(destination)).toEqual(['mine.txt']);
  });

  it('is refused while a view is not built yet, and leaves nothing', async () => {
    await views.stop();
    rmSync(join(directory, auditTrailFile));
    const destination = join(temporaryDirectory(), 'snapshot');
    await expect(snapshotOf(directory, destination)).rejects.toThrow(
      /The view audit-trail of this program is not in .* Start the service, wait until it listens/,
    );
    expect(() => readdirSync(destination)).toThrow('ENOENT');
  });

  it('of a file that is no view leaves nothing either', async () => {
    await views.stop();
    writeFileSync(join(directory, auditTrailFile), 'this is no database, and longer than a header of one would be. '.repeat(100));
    const destination = join(temporaryDirectory(), 'snapshot');
    await expect(snapshotOf(directory, destination)).rejects.toThrow(SnapshotRefused);
    expect(readdirSync(destination)).toEqual([]);
  });
});

describe('views from a snapshot', () => {
  it('answer as those it was taken of, after they have taken what came since, and nothing before that once more', async () => {
    const { manifest, snapshot } = await snapshotOf(directory);
    history.account('sales', { type: 'RenameAccount', accountName: 'Sales department' });
    expect(await views.readYourWrites.reached(BigInt(history.log.events.length))).toBe(true);
    const elsewhere = temporaryDirectory();
    expect(await restoreSnapshot(history.log, { snapshot, directory: elsewhere })).toEqual(manifest);
    expect(readdirSync(elsewhere).sort()).toEqual(manifest.views.map(({ file }) => file).sort());

    const discarded: string[] = [];
    const listener = { stopped: () => undefined, storeLost: () => undefined, discarded: (name: string) => void discarded.push(name) };
    const restored = await openViews(history.log, { rawEvents: history.log, directory: elsewhere, listener, readYourWritesMilliseconds: 1 });
    expect(restored.statuses().map(({ state, position }) => [state, position])).toEqual(manifest.views.map(({ position }) => ['CATCHING_UP', position]));
    await restored.settled();
    expect(answersOf(restored)).toEqual(answersOf(views));
    expect(discarded).toEqual([]);
    await restored.stop();
  });

  it('take the place of what was there', async () => {
    const { snapshot } = await snapshotOf(directory);
    const elsewhere = temporaryDirectory();
    const others = await viewsOf(new MemoryLog(), elsewhere);
    await others.stop();
    for (const beside of ['-wal', '-shm', '-journal']) writeFileSync(join(elsewhere, `views-api-tokens-v1.db${beside}`), 'of the file that was there');
    await restoreSnapshot(history.log, { snapshot, directory: elsewhere });
    expect(readdirSync(elsewhere)).toEqual(viewCatalogue.map(({ name, version }) => `views-${name}-v${version}.db`).sort());
    expect(answersOf(await viewsOf(history.log, elsewhere))).toEqual(answersOf(views));
  });

  it('are proven to be of the log, even where a view has gone past events of others that stand nowhere else', async () => {
    await views.stop();
    // The audit trail cannot take this one and stops before it. It is nothing to the others, who go past it.
    history.recordForeign('securityLog-2026-11', 'CommandRefused', {});
    // And this one is nothing to any of them.
    history.recordForeign('shelf-1', 'Dusted', {});
    const elsewhere = temporaryDirectory();
    const listener = { stopped: () => undefined, storeLost: () => undefined };
    const standing = await openViews(history.log, { rawEvents: history.log, directory: elsewhere, listener, readYourWritesMilliseconds: 1 });
    await standing.settled();
    const head = BigInt(history.log.events.length);
    expect(standing.statuses().map(({ position }) => position)).toEqual(viewCatalogue.map(({ name }) => (name === 'audit-trail' ? head - 2n : head)));
    await standing.stop();

    const { manifest, snapshot } = await snapshotOf(elsewhere);
    expect(manifest.views.map(({ position }) => position)).toEqual(viewCatalogue.map(({ name }) => (name === 'audit-trail' ? head - 2n : head - 1n)));
    await expect(restoreSnapshot(history.log, { snapshot, directory: temporaryDirectory() })).resolves.toBeDefined();
  });
});

describe('a snapshot is refused, and what was there stays', () => {
  let snapshot: string;
  let log: MemoryLog;
  beforeEach(async () => {
    ({ snapshot } = await snapshotOf(directory));
    log = history.log;
  });

  async function refused(message: string | RegExp): Promise<void> {
    const elsewhere = temporaryDirectory();
    const before = await viewsOf(history.log, elsewhere);
    await before.stop();
    const content = contentOf(elsewhere);
    const restoring = restoreSnapshot(log, { snapshot, directory: elsewhere });
    await expect(restoring).rejects.toThrow(SnapshotRefused);
    await expect(restoring).rejects.toThrow(message);
    expect(contentOf(elsewhere)).toEqual(content);
  }

  it('when a file was changed', async () => {
    appendFileSync(join(snapshot, auditTrailFile), 'more');
    await refused(`${auditTrailFile} is not as it was written: it was changed or damaged. Make another snapshot, or start without a snapshot`);
  });

  it('when a file is missing', async () => {
    rmSync(join(snapshot, 'views-api-tokens-v1.db'));
    await refused('views-api-tokens-v1.db is missing. Make another snapshot');
  });

  it('when it is of an older version of a view', async () => {
    changeManifest(snapshot, (text) => text.replace('"version": 1', '"version": 0'));
    await refused(/was made by Postledger 1\.2\.3 and holds the views .*api-tokens 0.*; this program has .*api-tokens 1.*Make a snapshot with this program/);
  });

  it('when it lacks a view', async () => {
    changeManifest(snapshot, (text) =>
      JSON.stringify({ ...(JSON.parse(text) as { views: unknown[] }), views: (JSON.parse(text) as { views: unknown[] }).views.slice(1) }),
    );
    await refused(/holds the views (?!.*email-accounts.*;).*this program has .*email-accounts 3/);
  });

  it('when the log is another one', async () => {
    const others = new History();
    others.do({ by: 0, after: 0, token: 't1', command: issue('t1') });
    for (const id of ['sales', 'support', 'billing', 'more']) others.account(id, creation(id, { sender: smtpForm() }));
    ({ log } = others);
    expect(log.events.length).toBeGreaterThanOrEqual(history.log.events.length);
    await refused(
      /was not made from this log: at position \d+ the log does not hold the event .+\. Take a snapshot of a service on this very log, or start without a snapshot/,
    );
  });

  it('when the log is the same one as it was before', async () => {
    log = new MemoryLog();
    for (const { streamId, recordedAt, ...event } of history.log.events.slice(0, -1)) log.record(streamId, [event], recordedAt);
    await refused('was not made from this log');
  });

  it('when it names an event that its files do not end with', async () => {
    const [first] = history.log.events;
    changeManifest(snapshot, (text) =>
      text.replace(/"id": "[^"]+"/, `"id": "${first?.id}"`).replace(/"lastEvent": \{\s+"position": "\d+"/, '"lastEvent": { "position": "1"'),
    );
    await refused('is not as it was written');
  });

  it('when it says to be further than any event that it names', async () => {
    changeManifest(snapshot, (text) => text.replace(/"position": "\d+"/, '"position": "900"'));
    await refused('Nothing tells which log the view email-accounts of the snapshot is of');
  });

  it.each([
    ['has no list of contents', () => rmSync(join(snapshot, 'snapshot.json')), 'There is no snapshot in'],
    ['has a damaged list of contents', () => changeManifest(snapshot, (text) => text.slice(0, -20)), 'snapshot.json is damaged'],
    ['is of another format', () => changeManifest(snapshot, (text) => text.replace('"format": 1', '"format": 2')), 'by a program that this one does not know'],
    [
      'has a position that is none',
      () => changeManifest(snapshot, (text) => text.replace(/"position": "\d+"/, '"position": "-1"')),
      'snapshot.json is damaged',
    ],
  ])('when it %s', async (_, damage, message) => {
    damage();
    await refused(message);
  });
});
