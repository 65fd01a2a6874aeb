import { SnapshotRefused } from '../../projections/snapshot-manifest.js';
import { StreamDatabaseRefused } from '../audit-stream/stream-database.js';
import { WebhookSecretRefused } from '../audit-stream/webhook-secrets.js';
import { SigningKeyRefused } from '../checkpoints/signing-key.js';
import { ConfigRefused } from '../config.js';
import { StoreLocked } from '../event-store/embedded.js';
import { StoreUnavailable } from '../event-store/event-store.js';
import { ConnectionStringRefused } from '../event-store/kurrentdb/connection-string.js';
import { NoteMalformed } from '../ledger/signed-note.js';
import { SecretStoreUnavailable } from '../secret-store/secret-store.js';
import { RootKeyRefused } from '../secret-store/root-keys.js';
import { CommandFailed } from './command-failed.js';

/** The message of what an operator can mend, with what to do; null for a fault of ours, whose stack is wanted. */
export function toldToOperators(error: unknown): string | null {
  if (
    error instanceof CommandFailed ||
    error instanceof ConfigRefused ||
    error instanceof StoreLocked ||
    error instanceof StoreUnavailable ||
    error instanceof ConnectionStringRefused ||
    error instanceof RootKeyRefused ||
    error instanceof SigningKeyRefused ||
    error instanceof NoteMalformed ||
    error instanceof SecretStoreUnavailable ||
    error instanceof SnapshotRefused ||
    error instanceof StreamDatabaseRefused ||
    error instanceof WebhookSecretRefused
  )
    return error.message;
  if (!(error instanceof Error) || !('code' in error)) return null;
  switch (error.code) {
    case 'EADDRINUSE':
      return 'The port is in use by another program. Stop that one, or set POSTLEDGER_PORT to another port.';
    case 'EADDRNOTAVAIL':
      return 'This machine has no such address. Correct POSTLEDGER_HOST.';
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
    case 'ENOSPC':
      return error.message;
    default:
      return null;
  }
}
