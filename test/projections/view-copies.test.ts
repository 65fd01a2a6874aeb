import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ViewStorageFault } from '../../projections/view-build.js';
import { copyView, progressOf } from '../../projections/view-copy.js';
import { ViewDatabase } from '../../projections/view-database.js';
import { ViewRunner } from '../../projections/view-runner.js';
import { apiTokens } from '../../projections/api-tokens.js';
import { History, issue } from './histories.js';
import { temporaryDirectory } from './temporary-views.js';

const mark = (position: bigint) => ({ position, id: `event-${position}` });

function openedView(file: string): ViewDatabase {
  const view = new ViewDatabase(file, 'follow');
  onTestFinished(() => view.close());
  view.prepareTables('CREATE TABLE note (text TEXT NOT NULL) STRICT;');
  return view;
}

/** What stands in for somebody who copies the file: a read transaction that goes on until it is ended. */
function startCopying(file: string): () => void {
  const reader = new DatabaseSync(file, { readOnly: true });
  reader.exec('BEGIN; SELECT position FROM progress');
  const end = () => {
    if (reader.isOpen) reader.exec('COMMIT');
    reader.close();
  };
  onTestFinished(() => {
    if (reader.isOpen) end();
  });
  return end;
}

describe('a copy of a view', () => {
  it('shows one moment, whatever is written while it is made', async () => {
    const directory = temporaryDirectory();
    const [file, copy] = [join(directory, 'view.db'), join(directory, 'copy.db')];
    const view = openedView(file);
    const page = 'x'.repeat(1_000_000);
    view.advance(1n, mark(1n), () => {
      for (let n = 0; n < 40; n++) view.run('INSERT INTO note VALUES (?)', page);
    });
    let written = 1n;
    await copyView(file, copy, () => {
      written += 1n;
      view.advance(written, mark(written), () => view.run('UPDATE note SET text = ?', `written ${written}`));
    });
    expect(written).toBeGreaterThan(1n);
    expect(progressOf(copy)).toEqual({ position: 1n, lastEvent: mark(1n) });
    const copied = new DatabaseSync(copy, { readOnly: true });
    expect(copied.prepare('SELECT count(*) AS notes, min(text) = max(text) AS alike, max(length(text)) AS length FROM note').get()).toEqual({
      notes: 40,
      alike: 1,
      length: 1_000_000,
    });
    expect(copied.prepare('PRAGMA integrity_check').get()).toEqual({ integrity_check: 'ok' });
    copied.close();
  });
});

describe('a view of which a copy is being made', () => {
  it('goes on, and wipes what was erased meanwhile once the copy is made', () => {
    const file = join(temporaryDirectory(), 'view.db');
    const view = openedView(file);
    view.advance(1n, mark(1n), () => view.run("INSERT INTO note VALUES ('to be erased')"));
    const end = startCopying(file);
    view.advance(2n, mark(2n), () => {
      view.run('DELETE FROM note');
      view.scrub();
    });
    expect(view.all('SELECT * FROM note')).toEqual([]);
    expect(readFileSync(`${file}-wal`, 'latin1')).toContain('to be erased');
    end();
    view.advance(3n, mark(3n), () => view.run("INSERT INTO note VALUES ('other')"));
    expect(statSync(`${file}-wal`).size).toBe(0);
    expect(readFileSync(file, 'latin1')).not.toContain('to be erased');
  });

  it('is closed without a loss', () => {
    const file = join(temporaryDirectory(), 'view.db');
    const view = openedView(file);
    const end = startCopying(file);
    view.advance(1n, mark(1n), () => view.run("INSERT INTO note VALUES ('kept')"));
    view.close();
    end();
    expect(openedView(file).position).toBe(1n);
  });

  it('cannot be replaced until the copy is made: the one that serves goes on serving', async () => {
    const [history, directory] = [new History(), temporaryDirectory()];
    history.do({ by: 0, after: 0, token: 't1', command: issue('t1') });
    const runner = new ViewRunner(apiTokens, history.log, directory, { stopped: () => undefined, storeLost: () => undefined });
    onTestFinished(() => runner.stop());
    runner.start();
    await runner.settled();
    const end = startCopying(join(directory, 'views-api-tokens-v1.db'));
    await expect(runner.rebuild()).rejects.toThrow(ViewStorageFault);
    history.do({ by: 0, after: 0, token: 't2', command: issue('t2') });
    expect(await runner.waitFor(2n, 5_000)).toBe(true);
    expect([runner.reader.count(), runner.status.state]).toEqual([2, 'CURRENT']);
    end();
    await expect(runner.rebuild()).resolves.toEqual({ events: 2 });
    expect(runner.reader.count()).toBe(2);
  });
});
