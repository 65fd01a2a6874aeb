import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { folderChanges } from '../../../src/mail/graph/folder-changes.js';
import type { GraphClient } from '../../../src/mail/graph/graph-client.js';
import { allOf, clientOf, never, sales } from './graph-accounts.js';
import { GraphDouble } from './graph-double.js';
import { DoubleMailbox } from './double-mailbox.js';

let double: GraphDouble;
let graph: GraphClient;
beforeAll(async () => {
  double = await GraphDouble.start();
  graph = clientOf(double);
});
afterAll(() => double.stop());

/** Whoever keeps a folder by its changes, as the documentation of them says to. */
class Follower {
  readonly messages = new Map<string, boolean | null>();
  cursor: string | null = null;
  /** What it kept, and what was there, each time that it had read to the end. */
  readonly looks: { readonly kept: ReadonlyMap<string, boolean | null>; readonly there: ReadonlyMap<string, boolean> }[] = [];

  /** @param pages so many at most, as who is stopped in the middle. */
  async follow(pageSize: number, pages = Number.POSITIVE_INFINITY): Promise<void> {
    let seen = 0;
    for await (const progress of folderChanges(graph, 'inbox', this.cursor, never, pageSize)) {
      if (progress.kind === 'resync') {
        this.messages.clear();
        continue;
      }
      for (const change of progress.changes)
        if (change.kind === 'gone') this.messages.delete(change.id);
        else this.messages.set(change.message.id, change.message.isRead);
      this.cursor = progress.cursor;
      if (++seen >= pages) return;
    }
  }
}

function freshMailbox(): DoubleMailbox {
  const mailbox = new DoubleMailbox();
  double.mailboxes.set(sales, mailbox);
  return mailbox;
}

const shown = (mailbox: DoubleMailbox) => new Map(mailbox.in('inbox').map(({ id, isRead }) => [id, isRead]));

type Happening = readonly [what: 'deliver' | 'read' | 'unread' | 'moveAway' | 'moveBack' | 'remove' | 'forget' | 'follow' | 'followAPage', which: number];

const happening: fc.Arbitrary<Happening> = fc.tuple(
  fc.constantFrom('deliver', 'deliver', 'read', 'unread', 'moveAway', 'moveBack', 'remove', 'forget', 'follow', 'followAPage'),
  fc.nat({ max: 30 }),
);

async function happen(mailbox: DoubleMailbox, follower: Follower, [what, which]: Happening, pageSize: number): Promise<void> {
  const all = [...mailbox.messages.values()];
  const chosen = (folder: string) => all.filter((message) => message.folder === folder)[which % Math.max(1, all.length)]?.id;
  const inInbox = chosen('inbox');
  switch (what) {
    case 'deliver':
      mailbox.deliver(`<${which}@lab.test>`);
      return;
    case 'read':
    case 'unread':
      if (inInbox) mailbox.setRead(inInbox, what === 'read');
      return;
    case 'moveAway':
      if (inInbox) mailbox.move(inInbox, 'archive');
      return;
    case 'moveBack': {
      const archived = chosen('archive');
      if (archived) mailbox.move(archived, 'inbox');
      return;
    }
    case 'remove':
      if (inInbox) mailbox.remove(inInbox);
      return;
    case 'forget':
      mailbox.forgetCursors();
      return;
    case 'follow':
      await follower.follow(pageSize);
      follower.looks.push({ kept: new Map(follower.messages), there: shown(mailbox) });
      return;
    case 'followAPage':
      await follower.follow(pageSize, 1);
  }
}

describe('the changes of a folder', () => {
  it('come to what is in it, whatever happens in between, also where Graph forgets what it told before', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(happening, { maxLength: 40 }), fc.integer({ min: 1, max: 4 }), async (history, pageSize) => {
        const mailbox = freshMailbox();
        const follower = new Follower();
        for (const each of history) await happen(mailbox, follower, each, pageSize);
        await happen(mailbox, follower, ['follow', 0], pageSize);
        for (const { kept, there } of follower.looks) expect(kept).toEqual(there);
      }),
      { numRuns: 60 },
    );
  });

  it('come in pages of the size that is asked for, each with a cursor to go on from', async () => {
    const mailbox = freshMailbox();
    for (let message = 0; message < 7; message++) mailbox.deliver(`<${message}@lab.test>`);
    const pages: number[] = [];
    for await (const progress of folderChanges(graph, 'inbox', null, never, 3)) if (progress.kind === 'changes') pages.push(progress.changes.length);
    expect(pages).toEqual([3, 3, 1]);
  });

  it('go on after the page that was read last', async () => {
    const mailbox = freshMailbox();
    const follower = new Follower();
    await follower.follow(2);
    const ids = ['<a@lab.test>', '<b@lab.test>', '<c@lab.test>'].map((messageId) => mailbox.deliver(messageId));
    await follower.follow(1, 2);
    const rest = await allOf(folderChanges(graph, 'inbox', follower.cursor, never, 1));
    expect(rest).toMatchObject([{ changes: [{ message: { id: ids[2] } }] }]);
  });

  it('are told with what a message is known by', async () => {
    const id = freshMailbox().deliver('<a@lab.test>');
    const [first] = await allOf(folderChanges(graph, 'inbox', null, never));
    expect(first).toMatchObject({
      isLast: true,
      changes: [{ kind: 'present', message: { id, internetMessageId: '<a@lab.test>', receivedAt: '2026-11-25T06:00:00Z', isRead: false } }],
    });
  });

  it('begin anew after 410, which is told before the first of them', async () => {
    const mailbox = freshMailbox();
    mailbox.deliver('<a@lab.test>');
    const follower = new Follower();
    await follower.follow(10);
    mailbox.forgetCursors();
    const progress = await allOf(folderChanges(graph, 'inbox', follower.cursor, never));
    expect(progress.map(({ kind }) => kind)).toEqual(['resync', 'changes']);
  });

  it('end with a failure where not even the beginning can be had', async () => {
    freshMailbox();
    double.faults.push({ on: /delta/, status: 410, code: 'SyncStateNotFound' });
    await expect(allOf(folderChanges(graph, 'inbox', null, never))).rejects.toMatchObject({ code: 'PROTOCOL_ERROR' });
  });

  it('are not asked for at an address that no one of Graph gave', async () => {
    await expect(allOf(folderChanges(graph, 'inbox', 'https://evil.test/v1.0/delta', never))).rejects.toThrow('leads elsewhere');
  });
});
