import { posix } from 'node:path';
import { describe, expect, it } from 'vitest';
import { filesIn, readText } from './repository.js';

/** What each part may import besides itself. One direction, no way back: `docs/decisions/0001` says why commands stand between schema and domain. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  domain: [],
  'event-store': [],
  'secret-store': ['domain', 'event-store'],
  ledger: ['event-store'],
  checkpoints: ['event-store', 'ledger'],
  'personal-data': ['domain', 'event-store', 'secret-store'],
  egress: ['domain'],
  mail: ['domain', 'secret-store', 'egress'],
  oauth: ['domain', 'secret-store', 'egress', 'mail'],
  discovery: ['domain', 'egress', 'mail'],
  projections: ['domain', 'event-store', 'ledger'],
  migration: ['domain', 'event-store', 'ledger', 'secret-store'],
  'audit-stream': ['domain', 'event-store', 'projections', 'mail', 'egress'],
  commands: ['domain', 'event-store', 'ledger', 'checkpoints', 'personal-data', 'projections', 'secret-store', 'mail', 'oauth', 'discovery', 'egress'],
  schema: ['domain', 'event-store', 'ledger', 'checkpoints', 'projections', 'secret-store', 'mail', 'oauth', 'discovery', 'egress', 'commands'],
  http: ['domain', 'event-store', 'ledger', 'checkpoints', 'projections', 'secret-store', 'mail', 'oauth', 'discovery', 'egress', 'commands', 'schema'],
};

/** The composition: these put the parts together, and no part knows of them. `config` they and `http` read. */
const composition = ['config', 'start', 'main', 'cli'];
const allowed = (from: string): readonly string[] =>
  composition.includes(from) ? [...composition, ...Object.keys(mayImport)] : [from, ...(mayImport[from] ?? []), ...(from === 'http' ? ['config'] : [])];

const sources = ['src', 'schema', 'projections'].flatMap((folder) => filesIn(folder).filter((path) => path.endsWith('.ts')));

describe('imports', () => {
  it('know every part', () => {
    expect([...new Set(sources.map(partOf))].filter((part) => !composition.includes(part) && !(part in mayImport))).toEqual([]);
  });

  it('go one way: main, http, schema, commands, then domain, projections, secrets and mail, then the event store', () => {
    const wrong = sources.flatMap((path) =>
      importsOf(path)
        .filter((target) => target.startsWith('.'))
        .map((target) => posix.join(posix.dirname(path), target))
        .filter((target) => !allowed(partOf(path)).includes(partOf(target)))
        .map((target) => `${path} imports ${target}`),
    );
    expect(wrong).toEqual([]);
  });

  it('bring nothing into the domain: no clock, no randomness, no network, no library', () => {
    const domain = sources.filter((path) => partOf(path) === 'domain');
    const packages = domain.flatMap((path) => importsOf(path).filter((target) => !target.startsWith('.')));
    // Pure functions of text: isIP and domainToASCII.
    expect([...new Set(packages)].filter((name) => name !== 'node:net' && name !== 'node:url')).toEqual([]);
    expect(domain.filter((path) => /\bDate\.now\b|new Date\(\)|\bMath\.random\b|\brandomUUID\b|\bprocess\.|\bfetch\(/.test(readText(path)))).toEqual([]);
  });

  it('reach each client of the network, the database and the old clients through the part that keeps it', () => {
    const kept: Readonly<Record<string, readonly string[]>> = {
      '@photostructure/sqlite': ['event-store', 'secret-store', 'projections', 'audit-stream'],
      '@eventstore/db-client': ['event-store'],
      nodemailer: ['mail'],
      imapflow: ['mail'],
      undici: ['egress'],
      oauth4webapi: ['oauth'],
      'fast-xml-parser': ['discovery'],
      'type-graphql': ['schema'],
      fastify: ['http'],
    };
    const wrong = sources.flatMap((path) =>
      importsOf(path)
        .filter((target) => kept[target]?.includes(partOf(path)) === false)
        .map((target) => `${path} imports ${target}`),
    );
    expect(wrong).toEqual([]);
  });
});

describe('a file', () => {
  it('is named for what it is for', () => {
    const nameless = /^(?:utils?|helpers?|managers?|misc|common|shared|stuff)$/i;
    const wrong = [...sources, ...filesIn('test'), ...filesIn('bench')].filter((path) =>
      path.split('/').some((part) => part.split(/[.-]/).some((word) => nameless.test(word))),
    );
    expect(wrong).toEqual([]);
  });
});

/** `domain` of `src/domain/decider.ts`, `main` of `src/main.ts`, `schema` of `schema/change.ts`. */
function partOf(path: string): string {
  const [first = '', second = ''] = path.split('/');
  return (first === 'src' ? second : first).replace(/\.[jt]s$/, '');
}

function importsOf(path: string): readonly string[] {
  return [...readText(path).matchAll(/(?:\bfrom|\bimport)\s*\(?\s*'([^'\n]+)'/g)].map(([, target = '']) => target);
}
