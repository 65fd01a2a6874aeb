import type { EmailAccountEvent } from './events.js';
import type { Password, ReceiverSettings, SecretReference, SecretSlot, SenderSettings } from './settings.js';

export type EmailAccount = { readonly status: 'absent' } | { readonly status: 'erased'; readonly accountId: string } | PresentAccount;

export interface PresentAccount {
  readonly status: 'active' | 'disabled' | 'deleted';
  /** What a restore brings back. The same as `status` unless deleted. */
  readonly statusUnlessDeleted: 'active' | 'disabled';
  readonly accountId: string;
  readonly accountName: string;
  readonly provider: string;
  readonly sender: SenderSettings | null;
  readonly receiver: ReceiverSettings | null;
  /** The highest version given to a password of the slot so far; 0 before the first. A version is never given twice. */
  readonly secretVersions: Readonly<Record<SecretSlot, number>>;
}

export const initialState: EmailAccount = { status: 'absent' };

export function evolve(state: EmailAccount, event: EmailAccountEvent): EmailAccount {
  if (event.type === 'AccountCreated')
    return {
      ...event.data,
      status: 'active',
      statusUnlessDeleted: 'active',
      sender: null,
      receiver: null,
      secretVersions: { 'sender.password': 0, 'receiver.password': 0 },
    };
  if (!isPresent(state)) return state;
  switch (event.type) {
    case 'AccountRenamed':
    case 'ProviderChanged':
      return { ...state, ...event.data };
    case 'SenderConfigured':
      return withSender(state, event.data.sender);
    case 'SenderRemoved':
      return withSender(state, null);
    case 'ReceiverConfigured':
      return withReceiver(state, event.data.receiver);
    case 'ReceiverRemoved':
      return withReceiver(state, null);
    case 'SenderPasswordChanged':
      return state.sender?.kind === 'smtp' ? withSender(state, { ...state.sender, password: event.data.password }) : state;
    case 'ReceiverPasswordChanged':
      return state.receiver && state.receiver.kind !== 'microsoftGraph' ? withReceiver(state, { ...state.receiver, password: event.data.password }) : state;
    case 'AccountDisabled':
      return { ...state, status: 'disabled', statusUnlessDeleted: 'disabled' };
    case 'AccountEnabled':
      return { ...state, status: 'active', statusUnlessDeleted: 'active' };
    case 'AccountDeleted':
      return { ...state, status: 'deleted' };
    case 'AccountRestored':
      return { ...state, status: state.statusUnlessDeleted };
    case 'AccountErased':
      return { status: 'erased', accountId: state.accountId };
    case 'ConnectionTested':
      return state;
  }
}

export function isPresent(state: EmailAccount): state is PresentAccount {
  return state.status !== 'absent' && state.status !== 'erased';
}

/** The password that belongs to the section itself; null for Microsoft Graph, which has none. */
export function passwordOf(section: SenderSettings | ReceiverSettings | null): Password {
  return section === null || section.kind === 'microsoftGraph' ? null : section.password;
}

export function isSecretReference(password: Password): password is SecretReference {
  return password !== null && password !== 'lost';
}

/** The sealed passwords that this state refers to. */
export function secretReferences(state: EmailAccount): readonly SecretReference[] {
  return isPresent(state) ? [passwordOf(state.sender), passwordOf(state.receiver)].filter(isSecretReference) : [];
}

function withSender(state: PresentAccount, sender: SenderSettings | null): PresentAccount {
  return { ...state, sender, secretVersions: { ...state.secretVersions, 'sender.password': highest(state, 'sender.password', passwordOf(sender)) } };
}

function withReceiver(state: PresentAccount, receiver: ReceiverSettings | null): PresentAccount {
  return { ...state, receiver, secretVersions: { ...state.secretVersions, 'receiver.password': highest(state, 'receiver.password', passwordOf(receiver)) } };
}

function highest(state: PresentAccount, slot: SecretSlot, password: Password): number {
  return Math.max(state.secretVersions[slot], isSecretReference(password) ? password.version : 0);
}
