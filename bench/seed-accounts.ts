import { randomUUID } from 'node:crypto';
import { eventsToAppend } from '../src/commands/event-metadata.js';
import { systemActor } from '../src/domain/access/actor.js';
import type { EmailAccountEvent } from '../src/domain/email-account/events.js';
import { emailAccountStream } from '../src/domain/streams.js';
import type { EventStore } from '../src/event-store/event-store.js';

const atOnce = 500;

/** The id of the n-th seeded account. */
export function seededAccountId(n: number): string {
  return `account-${String(n).padStart(7, '0')}`;
}

/** Appends accounts `from` to `to` (exclusive), three events each as a create with sender and receiver makes them; their passwords are references to nothing. */
export async function seedAccounts(store: EventStore, from: number, to: number, onProgress: (done: number) => void): Promise<void> {
  for (let first = from; first < to; first += atOnce) {
    await Promise.all(Array.from({ length: Math.min(atOnce, to - first) }, (_, index) => seedAccount(store, first + index)));
    onProgress(Math.min(first + atOnce, to) - from);
  }
}

async function seedAccount(store: EventStore, n: number): Promise<void> {
  const id = randomUUID();
  const call = {
    actor: systemActor,
    role: 'ADMIN',
    tokenId: null,
    requestId: id,
    correlationId: id,
    ip: '127.0.0.1',
    userAgent: 'bench',
    clientName: null,
  } as const;
  const identity = { commandId: id, command: 'createEmailAccount', inputHash: id, reason: 'Seeded' };
  await store.appendToStream(emailAccountStream(seededAccountId(n)), eventsToAppend(seededAccountEvents(n), identity, call), 'no_stream');
}

/** What the n-th seeded account is created by. */
export function seededAccountEvents(n: number): readonly EmailAccountEvent[] {
  const accountId = seededAccountId(n);
  const emailAddress = `${accountId}@example.com`;
  const password = (boundTo: string) => ({
    secretId: randomUUID(),
    version: 1,
    fingerprint: 'none',
    setAt: '2026-01-01T00:00:00.000Z',
    setBy: systemActor,
    boundTo: [boundTo],
  });
  const connection = { minimumTlsVersion: 'TLS_1_2', truststore: null, authenticationProfile: null } as const;
  return [
    { type: 'AccountCreated', data: { accountId, accountName: `Account number ${n}`, provider: 'custom' } },
    {
      type: 'SenderConfigured',
      data: {
        sender: {
          kind: 'smtp',
          identity: { emailAddress, displayName: `Team ${n % 100}`, userId: emailAddress, replyTo: null },
          connection: { host: `smtp${n % 10}.example.com`, port: 587, useSmtps: false, startTls: 'REQUIRED', ...connection },
          password: password(`smtp://smtp${n % 10}.example.com:587?tls=required`),
        },
      },
    },
    {
      type: 'ReceiverConfigured',
      data: {
        receiver: {
          kind: 'imap',
          identity: { useSenderCredentials: false, userId: emailAddress },
          connection: { host: `imap${n % 10}.example.com`, port: 993, useTls: true, startTls: 'DISABLED', ...connection },
          mailbox: 'INBOX',
          password: password(`imap://imap${n % 10}.example.com:993?tls=implicit`),
        },
      },
    },
  ];
}
