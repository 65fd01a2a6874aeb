import { ConnectionFailure } from '../failure.js';
import { Exchange, refusalIn } from './exchange.js';
import type { GraphClient } from './graph-client.js';
import { failureOfRefusal } from './graph-failure.js';
import { objectIn, requiredText, type JsonObject } from './json.js';
import { networkFailure } from '../network-failure.js';
import { permissionsTo } from './permissions.js';
import { pauseBefore } from './repetition.js';

/** A file that is read piece by piece, so that a large one never is in memory as a whole. */
export interface Attachment {
  readonly name: string;
  /** RFC 6838. */
  readonly contentType: string;
  /** In bytes. */
  readonly size: number;
  /** For a picture that the text shows: the Content-ID that it names, without angle brackets. */
  readonly contentId: string | null;
  /** Exactly these bytes; asked for again after a lost connection. */
  read(offset: number, length: number): Promise<Uint8Array>;
}

/** What Graph takes in one request; base64 makes it 4 MB. */
const mostInOneRequest = 3_000_000;
/** Pieces are multiples of 320 KiB, and smaller than 4 MB. */
const pieceBytes = 12 * 327_680;
/** What Graph takes at most, by upload session. */
export const mostAttachmentBytes = 157_286_400;
const mostAnswerBytes = 65_536;

/** Attaches a file to a draft: at once, or piece by piece through an upload session. @param draft the draft's path @throws {ConnectionFailure} @throws {RangeError} it is too large */
export async function uploadAttachment(graph: GraphClient, draft: string, attachment: Attachment, signal: AbortSignal): Promise<void> {
  const { name, contentType, size, contentId } = attachment;
  if (size > mostAttachmentBytes) throw new RangeError(`The attachment ${name} has ${size} bytes; Microsoft Graph takes ${mostAttachmentBytes} at most.`);
  const inline = { isInline: contentId !== null, ...(contentId !== null && { contentId }) };
  const post = (below: string, body: object) =>
    graph.json(
      { method: 'POST', path: `${draft}/attachments${below}`, body: { type: 'application/json', text: JSON.stringify(body) }, needs: permissionsTo.draft },
      signal,
    );
  if (size < mostInOneRequest) {
    const contentBytes = Buffer.from(size === 0 ? [] : await pieceOf(attachment, 0)).toString('base64');
    await post('', { '@odata.type': '#microsoft.graph.fileAttachment', name, contentType, contentBytes, ...inline });
    return;
  }
  const session = await post('/createUploadSession', { AttachmentItem: { attachmentType: 'file', name, contentType, size, ...inline } });
  await upload(graph, checkedAddress(requiredText(session, 'uploadUrl'), graph), attachment, signal);
}

/** The address is a secret of its own kind: whoever has it may write into the draft. It takes no access token, and so none is sent to it. */
function checkedAddress(url: string, { way }: GraphClient): string {
  if (url.startsWith('https://') || new URL(way.baseUrl).origin === originOf(url)) return url;
  throw new ConnectionFailure('PROTOCOL_ERROR', { message: 'Microsoft Graph gave an upload address without TLS. Nothing was sent there.' });
}

function originOf(url: string): string | null {
  return URL.canParse(url) ? new URL(url).origin : null;
}

async function upload(graph: GraphClient, url: string, attachment: Attachment, signal: AbortSignal): Promise<void> {
  let offset = 0;
  for (let attempt = 1; offset < attachment.size;) {
    const piece = await pieceOf(attachment, offset);
    try {
      offset = await put(graph, url, { piece, offset, size: attachment.size }, signal);
      attempt = 1;
    } catch (error) {
      const failure = networkFailure(error, signal);
      await pauseBefore(attempt++, true, failure, graph.way, signal);
      // Whatever became of the piece, the session knows what it has.
      offset = await expectedNext(graph, url, attachment.size, signal);
    }
  }
}

async function pieceOf(attachment: Attachment, offset: number): Promise<Uint8Array> {
  const length = Math.min(pieceBytes, attachment.size - offset);
  const piece = await attachment.read(offset, length);
  if (piece.length !== length) throw new RangeError(`The attachment ${attachment.name} does not have the bytes that its size says.`);
  return piece;
}

interface Piece {
  readonly piece: Uint8Array;
  readonly offset: number;
  readonly size: number;
}

/** Sends one piece and answers where the next begins. */
async function put(graph: GraphClient, url: string, { piece, offset, size }: Piece, signal: AbortSignal): Promise<number> {
  const range = `bytes ${offset}-${offset + piece.length - 1}/${size}`;
  const headers = { 'content-type': 'application/octet-stream', 'content-range': range };
  const answer = await answerTo(graph, new Request(url, { method: 'PUT', headers, body: Buffer.from(piece), redirect: 'manual' }), signal);
  return answer.status === 201 ? size : nextOffset(answer.body, size);
}

/** Asks the session what it has. */
async function expectedNext(graph: GraphClient, url: string, size: number, signal: AbortSignal): Promise<number> {
  const { body } = await answerTo(graph, new Request(url, { redirect: 'manual' }), signal);
  return nextOffset(body, size);
}

async function answerTo(graph: GraphClient, request: Request, signal: AbortSignal): Promise<{ readonly status: number; readonly body: JsonObject }> {
  const leave = await graph.place(signal);
  try {
    const exchange = await Exchange.begin(graph.way, request, signal);
    if (!exchange.response.ok) throw failureOfRefusal(await refusalIn(exchange, null), permissionsTo.draft, graph.mailbox);
    const text = await exchange.text(mostAnswerBytes);
    return { status: exchange.response.status, body: exchange.response.status === 201 ? {} : objectIn(text) };
  } finally {
    leave();
  }
}

/** The first range that is missing, as `8388608-` or `8388608-9437183`; none is missing when there is no range. */
function nextOffset({ nextExpectedRanges, NextExpectedRanges }: JsonObject, size: number): number {
  const [first] = [nextExpectedRanges, NextExpectedRanges].flat().filter((range) => typeof range === 'string');
  if (first === undefined) return size;
  const offset = Number.parseInt(first, 10);
  if (offset >= 0 && offset < size) return offset;
  throw new ConnectionFailure('PROTOCOL_ERROR', { message: 'The upload session asks for bytes that the attachment does not have.' });
}
