import type { AccountKeys } from './account-keys.js';
import type { AccountRows } from './account-rows.js';
import { claimedPlace } from './claimed-place.js';
import { SealBroken } from './sealing.js';
import type { RowCursor, SecretRows, StoredRow } from './secret-rows.js';
import { AccountShredded, SecretUnreadable, type Diagnosis, type OnProgress, type UnreadableSecret } from './secret-store.js';
import { SlotDamaged } from './slots.js';

const rowsAtOnce = 100;

interface Examined {
  readonly accounts: AccountRows;
  readonly secrets: SecretRows;
  readonly keys: AccountKeys;
}

/** Opens every stored secret and lets go of it again, and unwraps every key. `pause` lets others run between two pages, and throws when the walk must end. */
export async function diagnose({ accounts, secrets, keys }: Examined, pause: () => Promise<void>, onProgress?: OnProgress): Promise<Diagnosis> {
  const total = secrets.count();
  const unreadable: UnreadableSecret[] = [];
  let checked = 0;
  let after: RowCursor = { accountId: '', secretId: '' };
  for (;;) {
    const page = secrets.page(after, rowsAtOnce);
    const last = page.at(-1);
    if (last === undefined) return { checked, unreadable, lostKeys: await lostKeys(accounts, keys, pause) };
    for (const row of page) if (!(await opens(row, secrets, keys))) unreadable.push({ accountId: row.accountId, secretId: row.secretId });
    checked += page.length;
    after = last;
    onProgress?.(checked, Math.max(total, checked));
    await pause();
  }
}

async function lostKeys(accounts: AccountRows, keys: AccountKeys, pause: () => Promise<void>): Promise<readonly string[]> {
  const lost: string[] = [];
  for (let after = ''; ;) {
    const page = accounts.present(after, rowsAtOnce);
    const last = page.at(-1);
    if (last === undefined) return lost;
    for (const accountId of page) if (!(await unwraps(accountId, keys))) lost.push(accountId);
    after = last;
    await pause();
  }
}

async function unwraps(accountId: string, keys: AccountKeys): Promise<boolean> {
  try {
    await keys.use(accountId, () => undefined);
    return true;
  } catch (error) {
    // Erased while the page was read: nothing is lost that should be there.
    if (error instanceof AccountShredded) return true;
    if (error instanceof SecretUnreadable) return false;
    throw error;
  }
}

async function opens(row: StoredRow, secrets: SecretRows, keys: AccountKeys): Promise<boolean> {
  try {
    const value = await keys.use(row.accountId, (key) => key.open(claimedPlace(row), secrets.sealedText(row)));
    value?.erase();
    return value !== null;
  } catch (error) {
    // Erased while the page was read: nothing is lost that should be there.
    if (error instanceof AccountShredded) return true;
    if (error instanceof SealBroken || error instanceof SlotDamaged) return secrets.find(row.accountId, row.secretId) === undefined;
    if (error instanceof SecretUnreadable) return false;
    throw error;
  }
}
