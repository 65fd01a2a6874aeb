import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The project's folder, whatever the process was started in. */
export const repository = fileURLToPath(new URL('../../', import.meta.url));

/** What .gitignore names, and git's own folder. */
const notOurs = new Set(['.git', 'node_modules', 'dist', 'data', 'coverage', '.env']);

export function readText(path: string): string {
  return readFileSync(join(repository, path), 'utf8');
}

/** Every file of the project below a folder, as paths with `/` from the project's folder. */
export function filesIn(folder = '.'): readonly string[] {
  return readdirSync(join(repository, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = relative(repository, join(repository, folder, entry.name))
      .split(sep)
      .join('/');
    if (notOurs.has(entry.name) || entry.name.endsWith('.log')) return [];
    return entry.isDirectory() ? filesIn(path) : [path];
  });
}
