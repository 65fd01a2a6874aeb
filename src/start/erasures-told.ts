import type { Erasure } from '../secret-store/kurrentdb/erasure-ledger.js';

/** An erasure in words. */
export function erasureLine(erasure: Erasure): string {
  const at = erasure.at.toISOString();
  switch (erasure.kind) {
    case 'account':
      return `${at}  account ${erasure.accountId}: its key and its passwords, encrypted`;
    case 'secrets':
      return `${at}  account ${erasure.accountId}: ${erasure.secretIds.length} replaced or removed ${erasure.secretIds.length === 1 ? 'password' : 'passwords'}, encrypted`;
    case 'rewrappedKeys':
      return `${at}  ${erasure.keys} ${erasure.keys === 1 ? 'key' : 'keys'} as the older root key wrapped them`;
  }
}

/** What `serviceStatus` tells of it: erased accounts are named by number, as the audit trail has their names. Null when nothing waits. */
export function erasureWarning(pending: readonly Erasure[]): string | null {
  const accounts = pending.filter(({ kind }) => kind === 'account').length;
  const [oldest] = pending;
  if (oldest === undefined) return null;
  const what = accounts === 0 ? 'Destroyed passwords' : `${accounts} erased ${accounts === 1 ? 'account' : 'accounts'} and destroyed passwords`;
  return (
    `${what} may still be in the files of the event store's servers, encrypted, since ${oldest.at.toISOString()}. ` +
    'They are gone when each server has scavenged twice: npx postledger erasures pending --user ops.'
  );
}
