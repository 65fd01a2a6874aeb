/** What can be wrong between this node and the event store. */
export type StoreProblemCode =
  | 'STORE_ADDRESS_UNKNOWN'
  | 'STORE_PORT_REFUSED'
  | 'STORE_UNREACHABLE'
  | 'STORE_CERTIFICATE_UNTRUSTED'
  | 'STORE_CERTIFICATE_EXPIRED'
  | 'STORE_CERTIFICATE_NOT_YET_VALID'
  | 'STORE_CERTIFICATE_WRONG_HOST'
  | 'STORE_TLS_MISSING'
  | 'STORE_TLS_NEEDED'
  | 'STORE_NOT_RECOGNIZED'
  | 'STORE_NOT_READY'
  | 'STORE_NO_QUORUM'
  | 'STORE_LOGIN_REFUSED'
  | 'STORE_APPEND_REFUSED'
  | 'STORE_READ_REFUSED'
  | 'STORE_METADATA_REFUSED'
  | 'STORE_TOMBSTONE_REFUSED'
  | 'STORE_READ_ALL_REFUSED'
  | 'STORE_UNANSWERED';

/** A problem, in one line that says what to do. No password is in it. */
export interface StoreProblem {
  readonly code: StoreProblemCode;
  /** The server, `host:port`, or what of it. */
  readonly subject: string;
  readonly message: string;
}

/** Whether it may pass by itself, as servers start and elect. The others stay until somebody mends them. */
export function mayPass({ code }: StoreProblem): boolean {
  switch (code) {
    case 'STORE_ADDRESS_UNKNOWN':
    case 'STORE_PORT_REFUSED':
    case 'STORE_UNREACHABLE':
    case 'STORE_NOT_READY':
    case 'STORE_NO_QUORUM':
    case 'STORE_UNANSWERED':
      return true;
    case 'STORE_CERTIFICATE_UNTRUSTED':
    case 'STORE_CERTIFICATE_EXPIRED':
    case 'STORE_CERTIFICATE_NOT_YET_VALID':
    case 'STORE_CERTIFICATE_WRONG_HOST':
    case 'STORE_TLS_MISSING':
    case 'STORE_TLS_NEEDED':
    case 'STORE_NOT_RECOGNIZED':
    case 'STORE_LOGIN_REFUSED':
    case 'STORE_APPEND_REFUSED':
    case 'STORE_READ_REFUSED':
    case 'STORE_METADATA_REFUSED':
    case 'STORE_TOMBSTONE_REFUSED':
    case 'STORE_READ_ALL_REFUSED':
      return false;
  }
}

export function inOneLine({ code, subject, message }: StoreProblem): string {
  return `${code} ${subject}: ${message.replaceAll(/\s+/g, ' ')}`;
}
