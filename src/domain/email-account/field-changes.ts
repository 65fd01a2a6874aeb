import { secretChangeOf, type SecretChange } from './secret-change.js';
import type { Password, ReceiverConnectionSettings, ReceiverSettings, SenderSettings, SmtpConnectionSettings } from './settings.js';
import { passwordOf, type PresentAccount } from './state.js';

/** A field of an account before and after. Of a secret no more than that it changed. */
export interface FieldChange {
  /** As the API names it: `sender.connection.port`. */
  readonly path: string;
  /** Null where it was not there, and for a secret. */
  readonly before: unknown;
  /** Null where it is no more, and for a secret. */
  readonly after: unknown;
  readonly secret: boolean;
  /** What became of a secret; left out for what is none. */
  readonly secretChange?: SecretChange;
}

/** What is different between two states of an account, in the order of the form. Null: it was not there yet. */
export function fieldChanges(before: PresentAccount | null, after: PresentAccount): readonly FieldChange[] {
  return [
    ...changesOf(headerFields, before, after),
    // A section that an event left alone is the same object, and most events change one section.
    ...(before?.sender === after.sender ? [] : sectionChanges('sender', senderFields, before?.sender ?? null, after.sender)),
    ...(before?.receiver === after.receiver ? [] : sectionChanges('receiver', receiverFields, before?.receiver ?? null, after.receiver)),
  ];
}

/** What erasing does to an account: its status ends and its secrets are destroyed. Its other fields are not repeated on the way out. */
export function erasureChanges({ status, sender, receiver }: PresentAccount): readonly FieldChange[] {
  return [
    { path: 'status', before: statuses[status], after: null, secret: false },
    ...secretChange('sender', passwordOf(sender), null),
    ...secretChange('receiver', passwordOf(receiver), null),
  ];
}

const statuses = { active: 'ACTIVE', disabled: 'DISABLED', deleted: 'DELETED' } as const;
const kinds = { smtp: 'SMTP', imap: 'IMAP', pop3: 'POP3', microsoftGraph: 'MICROSOFT_GRAPH' } as const;

type Field<Thing> = readonly [path: string, of: (thing: Thing) => string | number | boolean | null | undefined];

const headerFields: readonly Field<PresentAccount>[] = [
  ['accountId', (account) => account.accountId],
  ['accountName', (account) => account.accountName],
  ['provider', (account) => account.provider],
  ['status', (account) => statuses[account.status]],
];

const senderFields: readonly Field<SenderSettings>[] = [
  ['sender.kind', ({ kind }) => kinds[kind]],
  ['sender.identity.emailAddress', (sender) => (sender.kind === 'smtp' ? sender.identity.emailAddress : null)],
  ['sender.identity.userPrincipalName', (sender) => (sender.kind === 'smtp' ? null : sender.identity.userPrincipalName)],
  ['sender.identity.displayName', (sender) => (sender.kind === 'smtp' ? sender.identity.displayName : null)],
  ['sender.identity.userId', (sender) => (sender.kind === 'smtp' ? sender.identity.userId : null)],
  ['sender.identity.replyTo', ({ identity }) => identity.replyTo],
  ...connectionFields('sender', (sender: SenderSettings): Partial<SmtpConnectionSettings> => sender.connection, 'useSmtps'),
];

const receiverFields: readonly Field<ReceiverSettings>[] = [
  ['receiver.kind', ({ kind }) => kinds[kind]],
  ['receiver.identity.useSenderCredentials', (receiver) => (receiver.kind === 'microsoftGraph' ? null : receiver.identity.useSenderCredentials)],
  ['receiver.identity.userPrincipalName', (receiver) => (receiver.kind === 'microsoftGraph' ? receiver.identity.userPrincipalName : null)],
  ['receiver.identity.userId', (receiver) => (receiver.kind === 'microsoftGraph' ? null : receiver.identity.userId)],
  ...connectionFields('receiver', (receiver: ReceiverSettings): Partial<ReceiverConnectionSettings> => receiver.connection, 'useTls'),
  ['receiver.mailbox', (receiver) => (receiver.kind === 'microsoftGraph' ? null : receiver.mailbox)],
];

type ConnectionSettings = SmtpConnectionSettings & ReceiverConnectionSettings;

function connectionFields<Section>(
  section: string,
  connectionOf: (section: Section) => Partial<ConnectionSettings>,
  implicitTls: 'useSmtps' | 'useTls',
): readonly Field<Section>[] {
  const names = ['host', 'port', implicitTls, 'startTls', 'minimumTlsVersion'] as const;
  return [
    ...names.map((name): Field<Section> => [`${section}.connection.${name}`, (settings) => connectionOf(settings)[name]]),
    [`${section}.connection.truststoreName`, (settings) => connectionOf(settings).truststore],
    [`${section}.connection.authenticationProfileName`, (settings) => connectionOf(settings).authenticationProfile],
  ];
}

function sectionChanges<Section extends SenderSettings | ReceiverSettings>(
  name: string,
  fields: readonly Field<Section>[],
  before: Section | null,
  after: Section | null,
): readonly FieldChange[] {
  return [...changesOf(fields, before, after), ...secretChange(name, passwordOf(before), passwordOf(after))];
}

function changesOf<Thing>(fields: readonly Field<Thing>[], before: Thing | null, after: Thing | null): readonly FieldChange[] {
  const changes: FieldChange[] = [];
  for (const [path, of] of fields) {
    const was = before === null ? null : (of(before) ?? null);
    const is = after === null ? null : (of(after) ?? null);
    if (was !== is) changes.push({ path, before: was, after: is, secret: false });
  }
  return changes;
}

function secretChange(section: string, before: Password, after: Password): readonly FieldChange[] {
  const change = secretChangeOf(before, after);
  return change === null ? [] : [{ path: `${section}.identity.password`, before: null, after: null, secret: true, secretChange: change }];
}
