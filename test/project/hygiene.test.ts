import { describe, expect, it } from 'vitest';
import { filesIn, readText } from './repository.js';

const files = filesIn().filter((path) => !/\.(?:png|ico|jpg|woff2?)$/.test(path));
const code = files.filter((path) => /\.[cm]?[jt]s$/.test(path));

/** The lines of the files that hold the pattern, as `path:line`. */
function lines(paths: readonly string[], pattern: RegExp): readonly string[] {
  return paths.flatMap((path) =>
    readText(path)
      .split('\n')
      .flatMap((line, index) => (pattern.test(line) ? [`${path}:${index + 1}`] : [])),
  );
}

describe('the project', () => {
  it('names no package registry and no folder of one machine', () => {
    expect(lines(files, /\bregistry\.[a-z0-9-]+\.[a-z]|\b(?:npm|nuget)\.pkg\.|artifactor[y]|verdacci[o]|pypi\.org|\bdeb\.debian\b/i)).toEqual([]);
    expect(lines(files, /(?:^|[\s"'`(=:])\/(?:home|root|Users|work|workspace)\//)).toEqual([]);
  });

  it('locks packages by their content, wherever they are fetched from', () => {
    expect(lines(['package-lock.json'], /"resolved"/)).toEqual([]);
    expect(lines(['package-lock.json'], /"integrity": "sha(?!512-)/)).toEqual([]);
  });

  it('depends on exact versions', () => {
    const manifest: unknown = JSON.parse(readText('package.json'));
    expect(manifest).toMatchObject({ license: 'Apache-2.0', engines: { node: '>=20.19' } });
    const ranges = [...readText('package.json').matchAll(/"([^"]+)": "([\^~><=*][^"]*)"/g)].map(([, name]) => name);
    expect(ranges).toEqual(['node']);
  });

  it('runs every test: none is skipped, alone or to be done', () => {
    expect(lines(code, /\b(?:it|test|describe|suite)(?:\.\w+)*\.(?:skip|only|todo|fails)\b|\b(?:x|f)(?:it|describe)\(/)).toEqual([]);
  });

  it('leaves no way around the compiler, and switches a lint rule off with a reason alone', () => {
    expect(lines(code, /@ts-(?:ignore|nocheck|expect-error)|\bas any\s*[;,)\].]|<an[y]>/)).toEqual([]);
    const without = lines(code, /(?:ox|es)lint-disable(?!.* -- \S)/);
    expect(without).toEqual([]);
  });

  it('has no switch that stops certificates from being verified', () => {
    const shipped = code.filter((path) => !path.startsWith('test/'));
    expect(lines(shipped, /rejectUnauthorized:\s*false|NODE_TLS_REJECT_UNAUTHORIZED/)).toEqual([]);
  });

  it('ends every text file with a line feed, and has no other line ends', () => {
    const wrong = files.filter((path) => {
      const text = readText(path);
      return text.includes('\r') || (text !== '' && !text.endsWith('\n'));
    });
    expect(wrong).toEqual([]);
  });

  it('carries its licence', () => {
    expect(readText('LICENSE')).toMatch(/Apache License\s+Version 2\.0, January 2004/);
  });
});
