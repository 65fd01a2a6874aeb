import { existsSync, readFileSync } from 'node:fs';

/** The program's version, as its package says: the manifest is beside `src`, or beside the `dist` that holds the built `src`. */
export const version: string = versionOfPackage();

function versionOfPackage(): string {
  const manifest = ['../../package.json', '../../../package.json'].map((path) => new URL(path, import.meta.url)).find((url) => existsSync(url));
  if (manifest === undefined) throw new Error('The package.json of this program is not where it was installed. Install it again.');
  const { version: found } = JSON.parse(readFileSync(manifest, 'utf8')) as { readonly version: string };
  return found;
}
