import { StoreUnavailable } from '../event-store.js';

/** What an error of the client means for the one who called. Whatever is not known here counts as unanswered: nobody can say whether an append was stored. */
export type Failure =
  | { readonly kind: 'conflict'; readonly actual: bigint | 'no_stream' }
  | { readonly kind: 'streamDeleted' }
  | { readonly kind: 'streamMissing' }
  /** Nothing was appended, and the same will be refused again. */
  | { readonly kind: 'tooLarge'; readonly explanation: string }
  /** Login or rights: the same will be refused again until somebody mends it. */
  | { readonly kind: 'refused'; readonly explanation: string }
  /** The server took the call and said nothing: it may be frozen. */
  | { readonly kind: 'deadlineMissed'; readonly explanation: string }
  | { readonly kind: 'unanswered'; readonly explanation: string };

const silence = 'it did not answer in time';

/** Our own clock ran out: the client keeps no deadline on reads, and none while it looks for a node. */
export class DeadlineMissed extends Error {
  override readonly name = 'DeadlineMissed';
  constructor() {
    super(silence);
  }
}

/** gRPC status codes that decide something. https://grpc.github.io/grpc/core/md_doc_statuscodes.html */
const Code = { invalidArgument: 3, deadlineExceeded: 4, permissionDenied: 7, resourceExhausted: 8, unauthenticated: 16 } as const;

/** The client's errors all have the name "Error"; `type` tells most of them apart, the code and the server's own words the rest. */
export function failureOf(error: unknown): Failure {
  if (error instanceof DeadlineMissed) return { kind: 'deadlineMissed', explanation: error.message };
  if (error instanceof StoreUnavailable) return { kind: 'unanswered', explanation: error.message };
  const { type, code, message, actualVersion, maxAppendSize } = fieldsOf(error);
  switch (type) {
    case 'wrong-expected-version':
      return { kind: 'conflict', actual: typeof actualVersion === 'bigint' ? actualVersion : 'no_stream' };
    case 'stream-deleted':
      return { kind: 'streamDeleted' };
    case 'stream-not-found':
      return { kind: 'streamMissing' };
    case 'maximum-append-size-exceeded':
      return {
        kind: 'tooLarge',
        explanation: `The events are larger than the ${String(maxAppendSize)} bytes that the event store takes in one append. ${raiseIt}`,
      };
    case 'access-denied':
      return { kind: 'refused', explanation: code === Code.permissionDenied ? noRights : noLogin };
    default:
  }
  switch (code) {
    case Code.unauthenticated:
      return { kind: 'refused', explanation: noLogin };
    case Code.permissionDenied:
      return { kind: 'refused', explanation: noRights };
    case Code.deadlineExceeded:
      return { kind: 'deadlineMissed', explanation: silence };
    case Code.invalidArgument:
      if (exceptionOf(error) === 'maximum-append-event-size-exceeded')
        return { kind: 'tooLarge', explanation: `An event is larger than the event store takes. ${raiseIt}` };
      break;
    case Code.resourceExhausted:
      if (/message/i.test(message))
        return { kind: 'tooLarge', explanation: 'The events are larger than the event store takes in one message. Send less at once.' };
      break;
    default:
  }
  return { kind: 'unanswered', explanation: explained(message) };
}

/** What the port says when nobody answered in time. */
export function storeUnavailable(failure: Failure, consequence: string, cause: unknown): StoreUnavailable {
  const explanation = 'explanation' in failure ? failure.explanation : failure.kind;
  return failure.kind === 'refused'
    ? new StoreUnavailable(explanation, { cause })
    : new StoreUnavailable(`The event store cannot be reached: ${explanation}. ${consequence}`, { cause });
}

const raiseIt = 'Nothing was stored. Send less at once, or raise the limit of the servers (--max-append-size, --max-append-event-size).';
const noLogin = 'The event store refuses the login: wrong user or password. Correct POSTLEDGER_EVENT_STORE, or the user on the servers.';
const noRights = "The event store's user lacks a right that is needed. Grant it on the servers: appending and reading its streams, and reading $all.";

/** The client finds no node and keeps the reason to itself: it is the same sentence for a port that refuses, a wrong certificate and a cluster without a leader. */
const isDiscoveryFailure = (message: string) => message.startsWith('Failed to discover after');

/** Whether it is only the client's word that it found no node, which every caller hears by itself. */
export function saysNoNodeWasFound(error: unknown): boolean {
  return error instanceof Error && isDiscoveryFailure(error.message);
}

function explained(message: string): string {
  if (isDiscoveryFailure(message)) return 'no node of the cluster answered, or none leads (servers down, no quorum, or a certificate that is not trusted)';
  return message === '' ? 'it gave no reason' : message.replaceAll(/\s+/g, ' ').replace(/\.$/, '');
}

function fieldsOf(error: unknown): { type?: unknown; code?: unknown; message: string; actualVersion?: unknown; maxAppendSize?: unknown } {
  return error instanceof Error ? error : { message: String(error) };
}

/** The server's own name of the fault, in the metadata of the gRPC status. */
function exceptionOf(error: unknown): unknown {
  const raw = error instanceof Error && '_raw' in error ? error['_raw'] : error;
  if (!(raw instanceof Error) || !('metadata' in raw)) return undefined;
  const { metadata } = raw as { metadata?: { get?(name: string): readonly unknown[] } };
  return metadata?.get?.('exception')[0];
}
