import type { Call } from '../../src/commands/change.js';
import { commandIdOf, eventsToAppend, hashOfInput } from '../../src/commands/event-metadata.js';
import type { EmailAccountEvent } from '../../src/domain/email-account/events.js';
import { emailAccountStream } from '../../src/domain/streams.js';
import { smtpSender } from '../domain/accounts.js';
import { call, type OpenedCommands } from './opened-commands.js';

export const unsealed = { accountId: 'Old', accountName: 'Old' };

/** An account as it was written before personal data was sealed: in the clear, without a key, under the hash of its input as it is. */
export async function withUnsealedAccount({ rawEvents }: OpenedCommands, idempotencyKey: string, by: Call = call): Promise<void> {
  const created: EmailAccountEvent = { type: 'AccountCreated', data: { ...unsealed, provider: 'custom' } };
  const sender: EmailAccountEvent = { type: 'SenderConfigured', data: { sender: smtpSender() } };
  const identity = {
    commandId: commandIdOf(by, idempotencyKey),
    command: 'createEmailAccount',
    inputHash: hashOfInput({ input: unsealed, passwords: {} }),
    reason: null,
  };
  await rawEvents.appendToStream(emailAccountStream(unsealed.accountId), eventsToAppend([created, sender], identity, by), 'no_stream');
}
