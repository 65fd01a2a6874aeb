import { findProvider } from '../provider/catalogue.js';
import { isPreset } from './connection-form.js';
import type { PresentAccount } from './state.js';

/** Whether a section no longer matches what the account's provider presets. An account of `custom` never diverges. */
export function divergesFromProvider({ provider: id, sender, receiver }: PresentAccount): boolean {
  const provider = findProvider(id);
  if (provider === undefined || provider.id === 'custom') return false;
  if (sender?.kind === 'smtp' && !isPreset({ ...sender.connection, implicitTls: sender.connection.useSmtps }, provider.smtp)) return true;
  if (receiver === null || receiver.kind === 'microsoftGraph')
    return (sender?.kind === 'microsoftGraph' || receiver?.kind === 'microsoftGraph') && !provider.microsoftGraph;
  return !isPreset({ ...receiver.connection, implicitTls: receiver.connection.useTls }, receiver.kind === 'imap' ? provider.imap : provider.pop3);
}
