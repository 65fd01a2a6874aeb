import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readText, repository } from './repository.js';

const rows = readText('docs/guarantees.md')
  .split('\n')
  .flatMap((line) => {
    const [, number, proofs] = /^\| (\d+) \| .+ \| (.+) \|$/.exec(line) ?? [];
    return number === undefined || proofs === undefined ? [] : [{ number: Number(number), proofs }];
  });

describe('the guarantees', () => {
  it('are numbered without a gap', () => {
    expect(rows.length).toBeGreaterThan(30);
    expect(rows.map(({ number }) => number)).toEqual(rows.map((_, index) => index + 1));
  });

  it.each(rows.map(({ number, proofs }) => [number, proofs] as const))('%d is proved by a test that exists', (_, proofs) => {
    const [, file = '', title = ''] = /^`(test\/[^`]+)`: (.+)$/.exec(proofs) ?? [];
    expect([proofs, existsSync(join(repository, file))]).toEqual([proofs, true]);
    expect(titlesIn(file).filter((each) => each.includes(title))).not.toEqual([]);
  });
});

/** The titles of suites and tests of the file. */
function titlesIn(file: string): readonly string[] {
  return [...readText(file).matchAll(/\b(?:describe|it)[^'"`\n]*\(\s*(?:'((?:[^'\\]|\\.)*)'|"([^"]*)"|`([^`]*)`)/g)].map(([, single, double, template]) =>
    (single ?? double ?? template ?? '').replaceAll("\\'", "'"),
  );
}
