import { describe, expect, it } from 'vitest';
import { filesIn, readText } from './repository.js';

/** Whatever could lead a process out: a word for it, and how it is seen in a file. Types lead nowhere. */
const waysOut: Readonly<Record<string, (text: string) => boolean>> = {
  'TCP sockets': (text) => imports(text, /^node:net$/, ['connect', 'createConnection', 'Socket']),
  'TLS sockets': (text) => imports(text, /^node:tls$/, ['connect', 'TLSSocket']),
  'HTTP requests': (text) => imports(text, /^node:https?2?$/, ['request', 'get', 'Agent', 'ClientRequest', 'connect']),
  'UDP sockets': (text) => imports(text, /^node:dgram$/, ['createSocket', 'Socket']),
  'name servers': (text) => imports(text, /^node:dns(?:\/promises)?$/, null),
  'other processes': (text) => imports(text, /^node:(?:child_process|cluster)$/, null),
  undici: (text) => imports(text, /^undici$/, null),
  nodemailer: (text) => imports(text, /^nodemailer(?:\/|$)/, null),
  imapflow: (text) => imports(text, /^imapflow(?:\/|$)/, null),
  '@eventstore/db-client': (text) => imports(text, /^@eventstore\/db-client$/, null),
  fetch: (text) => /(?<![.\w]|async )fetch\(|(?<!typeof )\bglobalThis\.fetch\b|new (?:WebSocket|EventSource)\(/.test(code(text)),
  'modules by another way than import': (text) => /\bcreateRequire\b|\bgetBuiltinModule\b|\bimport\(\s*[^'\s]/.test(code(text)),
};

/** The files that may, and why. Each still has to need it. What an operator's own configuration names, the servers of the event store, is no way out for whoever edits accounts. */
const allowed: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'TCP sockets': {
    'src/egress/open-socket.ts': 'the one that judges every address',
    'src/start/store-check-node.ts': "the servers of the event store, from the operator's configuration",
  },
  'TLS sockets': {
    'src/mail/tls-handshake.ts': 'on a socket that is connected already',
    'src/start/store-check-certificate.ts': "the servers of the event store, from the operator's configuration",
  },
  'HTTP requests': { 'src/start/store-node-request.ts': "the servers of the event store, from the operator's configuration" },
  'name servers': {
    'src/discovery/name-servers.ts': "records of mail servers, from the machine's own name servers; what they name goes the one way out",
    'src/egress/resolve.ts': "addresses, from the machine's own name servers; each is judged",
  },
  undici: {
    'src/egress/egress-fetch.ts': 'with connections of the guarded connector alone',
    'src/egress/guarded-connector.ts': 'TLS on a socket that is connected already',
  },
  nodemailer: {
    'src/mail/smtp-session.ts': 'on a socket that is connected already',
    'src/mail/test-message.ts': 'writes messages, and connects to nothing',
  },
  imapflow: { 'src/mail/imap-session.ts': 'on a socket that is connected already' },
  '@eventstore/db-client': { 'src/event-store/kurrentdb/mended-client.ts': "the servers of the event store, from the operator's configuration" },
  fetch: {
    'src/audit-stream/webhook-receiver.ts': 'the one that it is given',
    'src/discovery/https-document.ts': 'the one that it is given',
    'src/mail/graph/exchange.ts': 'the one that it is given',
    'src/oauth/token-client.ts': 'the one that it is given',
    'src/start/export-source.ts': 'this service itself, asked by the command line at the address that its operator names',
  },
  'modules by another way than import': {
    'src/event-store/kurrentdb/compression.ts': 'the library that the client of the event store speaks through',
    'src/http/ide.ts': 'finds the files of the IDE',
  },
};

const sources = ['src', 'schema', 'projections'].flatMap((folder) => filesIn(folder).filter((path) => path.endsWith('.ts')));

describe('what leaves the process', () => {
  it.each(Object.entries(waysOut))('goes out by %s only where it is said why', (way, isIn) => {
    expect(sources.filter((path) => isIn(readText(path)))).toEqual(Object.keys(allowed[way] ?? {}).sort());
  });
});

/** What a file takes of a module: some of the names, or anything at all. */
function imports(text: string, module: RegExp, names: readonly string[] | null): boolean {
  const statements = [...text.matchAll(/^(?:import|export)\s+(type\s)?([^;]*?)\s*from\s*'([^'\n]+)'/gm)];
  const byStatement = statements.some(([, type, taken = '', target = '']) => {
    if (type !== undefined || !module.test(target)) return false;
    const values = [...taken.matchAll(/(type\s+)?(\w+)(?:\s+as\s+\w+)?/g)].filter(([, isType]) => isType === undefined).map(([, , name = '']) => name);
    return names === null ? values.length > 0 : !taken.startsWith('{') || values.some((name) => names.includes(name));
  });
  return byStatement || [...text.matchAll(/(?:\bimport\s*\(\s*|^import\s+)'([^'\n]+)'/gm)].some(([, target = '']) => module.test(target));
}

/** Without comments. */
function code(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '');
}
