import type { EmailAccountEvent } from './events.js';
import type { Password, SecretReference, SecretSlot } from './settings.js';
import { isSecretReference, passwordOf } from './state.js';

/** The password that the event gives to a section, and of which slot; null where it gives none. */
export function passwordIn(event: EmailAccountEvent): { readonly slot: SecretSlot; readonly reference: SecretReference } | null {
  switch (event.type) {
    case 'SenderConfigured':
      return slotted('sender.password', passwordOf(event.data.sender));
    case 'SenderPasswordChanged':
      return slotted('sender.password', event.data.password);
    case 'ReceiverConfigured':
      return slotted('receiver.password', passwordOf(event.data.receiver));
    case 'ReceiverPasswordChanged':
      return slotted('receiver.password', event.data.password);
    case 'AccountCreated':
    case 'AccountRenamed':
    case 'ProviderChanged':
    case 'SenderRemoved':
    case 'ReceiverRemoved':
    case 'AccountDisabled':
    case 'AccountEnabled':
    case 'AccountDeleted':
    case 'AccountRestored':
    case 'AccountErased':
    case 'ConnectionTested':
      return null;
  }
}

/** The same event with the fingerprint that the secret store gave to its password. @param sameValueAs as its reference is to say it; left out where the value is new. */
export function withFingerprint(event: EmailAccountEvent, fingerprint: string, sameValueAs?: number): EmailAccountEvent {
  const marked = (password: Password) => (isSecretReference(password) ? withMark(password, fingerprint, sameValueAs) : password);
  switch (event.type) {
    case 'SenderConfigured':
      return event.data.sender.kind === 'smtp' ? { ...event, data: { sender: { ...event.data.sender, password: marked(event.data.sender.password) } } } : event;
    case 'ReceiverConfigured':
      return event.data.receiver.kind === 'microsoftGraph'
        ? event
        : { ...event, data: { receiver: { ...event.data.receiver, password: marked(event.data.receiver.password) } } };
    case 'SenderPasswordChanged':
    case 'ReceiverPasswordChanged':
      return { ...event, data: { password: marked(event.data.password) } };
    case 'AccountCreated':
    case 'AccountRenamed':
    case 'ProviderChanged':
    case 'SenderRemoved':
    case 'ReceiverRemoved':
    case 'AccountDisabled':
    case 'AccountEnabled':
    case 'AccountDeleted':
    case 'AccountRestored':
    case 'AccountErased':
    case 'ConnectionTested':
      return event;
  }
}

function slotted(slot: SecretSlot, password: Password) {
  return isSecretReference(password) ? { slot, reference: password } : null;
}

/** A reference as it is once its secret is sealed. */
function withMark(reference: SecretReference, fingerprint: string, sameValueAs?: number): SecretReference {
  return { ...reference, fingerprint, ...(sameValueAs !== undefined && { sameValueAs }) };
}
