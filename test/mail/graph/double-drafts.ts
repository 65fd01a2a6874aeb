import { createHash, randomUUID, type Hash } from 'node:crypto';
import { Refused } from './refused.js';

export interface SentMessage {
  readonly from: string;
  readonly mime: string;
  readonly attachments: readonly { readonly name: string; readonly content: Buffer | null; readonly size: number; readonly digest: string }[];
}

interface Upload {
  readonly draft: string;
  readonly name: string;
  readonly size: number;
  readonly hash: Hash;
  received: number;
}

interface Draft {
  readonly from: string;
  readonly mime: string;
  readonly attachments: { readonly name: string; readonly content: Buffer | null; readonly size: number; readonly digest: string }[];
}

/** 320 KiB: pieces of an upload are multiples of it. */
const unit = 327_680;

/** Messages that are being put together. What is uploaded is counted and hashed, and not kept. */
export class Drafts {
  readonly #drafts = new Map<string, Draft>();
  readonly #uploads = new Map<string, Upload>();
  /** The pieces that came, in bytes. */
  readonly pieces: number[] = [];

  get ids(): readonly string[] {
    return [...this.#drafts.keys()];
  }

  create(from: string, mime: string): string {
    const id = `draft=${randomUUID()}`;
    this.#drafts.set(id, { from, mime, attachments: [] });
    return id;
  }

  has(id: string): boolean {
    return this.#drafts.has(id);
  }

  remove(id: string): void {
    this.#drafts.delete(id);
  }

  attach(id: string, attachment: Readonly<Record<string, unknown>>, requestBytes: number): string {
    if (requestBytes > 4_100_000) throw new Refused(413, 'ErrorMessageSizeExceeded', 'An attachment of 3 MB and more goes by upload session.');
    if (attachment['@odata.type'] !== '#microsoft.graph.fileAttachment') throw new Refused(400, 'BadRequest', 'The type of the attachment is missing.');
    const content = Buffer.from(String(attachment['contentBytes']), 'base64');
    const digest = createHash('sha256').update(content).digest('hex');
    this.#drafts.get(id)?.attachments.push({ name: String(attachment['name']), content, size: content.length, digest });
    return randomUUID();
  }

  beginUpload(draft: string, body: Readonly<Record<string, unknown>>): string {
    const { attachmentType, name, size } = body['AttachmentItem'] as Readonly<Record<string, unknown>>;
    if (attachmentType !== 'file' || typeof name !== 'string' || typeof size !== 'number')
      throw new Refused(400, 'ErrorInvalidRequest', 'The attachment is not described.');
    if (size < 3_000_000 || size > 157_286_400) throw new Refused(400, 'ErrorAttachmentSizeShouldNotBeLessThanMinimumSize', 'From 3 MB to 150 MB.');
    const id = randomUUID();
    this.#uploads.set(id, { draft, name, size, hash: createHash('sha256'), received: 0 });
    return id;
  }

  /** Whether the attachment is complete with this piece. */
  put(session: string, range: string, piece: Buffer): boolean {
    const upload = this.#upload(session);
    const [first = -1, last = -1, size = -1] = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(range)?.slice(1).map(Number) ?? [];
    if (size !== upload.size || last - first + 1 !== piece.length) throw new Refused(400, 'ErrorInvalidContentRange', 'The range does not fit the bytes.');
    if (first !== upload.received) throw new Refused(416, 'ErrorInvalidRange', 'These bytes are not expected now.');
    if (piece.length >= 4_194_304) throw new Refused(413, 'ErrorMaxRequestLength', 'A piece is smaller than 4 MB.');
    if (last + 1 < size && piece.length % unit !== 0) throw new Refused(400, 'ErrorInvalidContentRange', 'A piece is a multiple of 320 KiB.');
    this.pieces.push(piece.length);
    upload.hash.update(piece);
    upload.received += piece.length;
    if (upload.received < size) return false;
    this.#uploads.delete(session);
    this.#drafts.get(upload.draft)?.attachments.push({ name: upload.name, content: null, size, digest: upload.hash.digest('hex') });
    return true;
  }

  missing(session: string): readonly string[] {
    const { received } = this.#upload(session);
    return [`${received}-`];
  }

  send(id: string): SentMessage {
    const draft = this.#drafts.get(id);
    if (!draft) throw new Refused(404, 'ErrorItemNotFound', 'The specified object was not found in the store.');
    this.#drafts.delete(id);
    return draft;
  }

  #upload(session: string): Upload {
    const upload = this.#uploads.get(session);
    if (!upload) throw new Refused(404, 'ErrorItemNotFound', 'The upload session is over.');
    return upload;
  }
}
