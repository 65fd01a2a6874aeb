import { Refused } from './refused.js';

interface StoredMessage {
  readonly id: string;
  readonly internetMessageId: string;
  readonly content: Buffer;
  isRead: boolean;
  folder: string;
}

interface Change {
  readonly sequence: number;
  readonly folder: string;
  readonly id: string;
}

/** A mailbox of the double: messages in folders, and what has changed in each, as delta queries tell it. */
export class DoubleMailbox {
  readonly messages = new Map<string, StoredMessage>();
  readonly #changes: Change[] = [];
  /** Links that were given before are forgotten: 410 for whoever comes with one. */
  #forgottenBefore = 0;
  #epoch = 0;
  #sequence = 0;
  #nextId = 1;

  /** @returns its immutable id */
  deliver(internetMessageId: string, content = Buffer.from(`Message-ID: ${internetMessageId}\r\n\r\nHello\r\n`), folder = 'inbox'): string {
    const id = `AAkALgAA=${this.#nextId++}`;
    this.messages.set(id, { id, internetMessageId, content, isRead: false, folder });
    this.#changed(folder, id);
    return id;
  }

  setRead(id: string, isRead: boolean): object {
    const message = this.#message(id);
    message.isRead = isRead;
    this.#changed(message.folder, id);
    return { id, isRead };
  }

  move(id: string, destination: string): object {
    const message = this.#message(id);
    this.#changed(message.folder, id);
    message.folder = destination;
    this.#changed(destination, id);
    return { id, parentFolderId: destination };
  }

  remove(id: string): void {
    const { folder } = this.#message(id);
    this.messages.delete(id);
    this.#changed(folder, id);
  }

  content(id: string): Buffer {
    return this.#message(id).content;
  }

  /** Whoever comes with a link that was given by now has to begin anew. */
  forgetCursors(): void {
    this.#forgottenBefore = ++this.#epoch;
  }

  folder(name: string): object {
    if (name !== 'inbox') throw new Refused(404, 'ErrorFolderNotFound', 'The specified folder could not be found in the store.');
    const inbox = this.in('inbox');
    return { id: 'inbox-id', displayName: 'Inbox', totalItemCount: inbox.length, unreadItemCount: inbox.filter(({ isRead }) => !isRead).length };
  }

  in(folder: string): readonly StoredMessage[] {
    return [...this.messages.values()].filter((message) => message.folder === folder);
  }

  filtered(url: URL): object {
    const wanted = /^internetMessageId eq '(.*)'$/.exec(url.searchParams.get('$filter') ?? '')?.[1]?.replaceAll("''", "'");
    if (wanted === undefined) throw new Refused(400, 'BadRequest', 'This double filters by internetMessageId alone.');
    return {
      value: this.in('inbox')
        .filter(({ internetMessageId }) => internetMessageId === wanted)
        .map(listed),
    };
  }

  /** A page of what has changed: each id once, as it is now. */
  delta(folder: string, url: URL, pageSize: number): object {
    const token = url.searchParams.get('$skiptoken') ?? url.searchParams.get('$deltatoken');
    const [epoch, since] = token === null ? [this.#epoch, 0] : token.split('.').map(Number);
    if ((epoch ?? 0) < this.#forgottenBefore) throw new Refused(410, 'SyncStateNotFound', 'The sync state generation is not found.');
    const latest = new Map(this.#changes.filter((change) => change.folder === folder).map((change) => [change.id, change.sequence]));
    const all = [...latest].filter(([, sequence]) => sequence > (since ?? 0)).sort(([, one], [, other]) => one - other);
    const page = all.slice(0, pageSize);
    const next = `${epoch}.${page.at(-1)?.[1] ?? since ?? 0}`;
    const link = `${url.origin}${url.pathname}?`;
    const value = page.map(([id]) => {
      const message = this.messages.get(id);
      return message?.folder === folder ? listed(message) : { id, '@removed': { reason: message ? 'changed' : 'deleted' } };
    });
    return { value, ...(all.length > pageSize ? { '@odata.nextLink': `${link}$skiptoken=${next}` } : { '@odata.deltaLink': `${link}$deltatoken=${next}` }) };
  }

  #message(id: string): StoredMessage {
    const message = this.messages.get(id);
    if (!message) throw new Refused(404, 'ErrorItemNotFound', 'The specified object was not found in the store.');
    return message;
  }

  #changed(folder: string, id: string): void {
    this.#changes.push({ sequence: ++this.#sequence, folder, id });
  }
}

function listed({ id, internetMessageId, isRead }: StoredMessage): object {
  return { id, internetMessageId, isRead, receivedDateTime: '2026-11-25T06:00:00Z' };
}
