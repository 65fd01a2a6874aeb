import { access, chmod, open } from 'node:fs/promises';

/**
 * Makes the file if it is not there, and lets only its owner read and write it (0600). A file that is there is not opened: closing it again would
 * release every lock that this process holds on it (POSIX record locks), an open database's too.
 */
export async function ensurePrivateFile(path: string): Promise<void> {
  if (!(await fileExists(path))) await (await open(path, 'a', 0o600)).close();
  await chmod(path, 0o600);
}

export async function fileExists(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false;
    throw error;
  }
}
