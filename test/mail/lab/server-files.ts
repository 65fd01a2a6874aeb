import { execFileSync } from 'node:child_process';
import { chmod, chown, mkdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { dovecotConfiguration, introspectionConfiguration, openSslConfiguration, type DovecotInstance } from './dovecot.js';
import { mainConfiguration, masterConfiguration, type PostfixInstance } from './postfix.js';

/** Writes what an instance needs to start, owned as its processes want it. */
export async function writeDovecot(instance: DovecotInstance): Promise<void> {
  const { folder, name, highestTls } = instance;
  await writeFile(join(folder, `${name}.conf`), dovecotConfiguration(instance));
  await writeFile(join(folder, `${name}.openssl`), highestTls === null ? '' : openSslConfiguration(highestTls));
  if (instance.services) await writeFile(join(folder, `${name}.oauth2`), introspectionConfiguration(instance.services.introspection));
  const { uid, gid } = owner('dovecot');
  for (const path of [name, `${name}-state`, 'mail']) {
    await mkdir(join(folder, path), { recursive: true });
    await chown(join(folder, path), uid, gid);
  }
  await writeFile(join(folder, `${name}.log`), '');
  await chown(join(folder, `${name}.log`), uid, gid);
}

/** Writes configuration and an empty queue, as Postfix's own installation would. */
export async function writePostfix(instance: PostfixInstance): Promise<void> {
  const { folder } = instance;
  const { uid } = owner('postfix');
  await mkdir(join(folder, 'postfix'));
  const longAgo = new Date(Date.now() - 3_600_000);
  for (const [name, text] of [
    ['main.cf', mainConfiguration(instance)],
    ['master.cf', masterConfiguration(instance)],
  ] as const) {
    await writeFile(join(folder, 'postfix', name), text);
    // Postfix waits two seconds before it believes a file that has just been written.
    await utimes(join(folder, 'postfix', name), longAgo, longAgo);
  }
  await mkdir(join(folder, 'postfix-data'));
  await chown(join(folder, 'postfix-data'), uid, 0);
  await mkdir(join(folder, 'postfix-queue', 'pid'), { recursive: true });
  for (const queue of ['active', 'bounce', 'corrupt', 'defer', 'deferred', 'flush', 'hold', 'incoming', 'private', 'saved', 'trace']) {
    await mkdir(join(folder, 'postfix-queue', queue), { mode: 0o700 });
    await chown(join(folder, 'postfix-queue', queue), uid, 0);
  }
  const postdrop = Number(/^postdrop:[^:]*:(\d+)/m.exec(await readFile('/etc/group', 'utf8'))?.[1]);
  for (const [queue, mode] of [
    ['maildrop', 0o730],
    ['public', 0o710],
  ] as const) {
    await mkdir(join(folder, 'postfix-queue', queue));
    await chown(join(folder, 'postfix-queue', queue), uid, postdrop);
    await chmod(join(folder, 'postfix-queue', queue), mode);
  }
}

function owner(user: string): { readonly uid: number; readonly gid: number } {
  const id = (flag: string) => Number(execFileSync('id', [flag, user], { encoding: 'utf8' }));
  return { uid: id('-u'), gid: id('-g') };
}
