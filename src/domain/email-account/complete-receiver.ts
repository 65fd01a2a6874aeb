import type { Provider } from '../provider/catalogue.js';
import { checkEmailAddress } from '../text/email-address.js';
import { checkEntityName } from '../text/entity-name.js';
import { checkMailboxName, checkUserId } from '../text/line.js';
import { completeConnection } from './connection-form.js';
import type { ReceiverForm } from './form.js';
import type { Problems } from './problems.js';
import type { GraphReceiverSettings, MailboxReceiverSettings } from './settings.js';

/** A receiver without its password, which `passwords.ts` decides on. */
export type CompletedReceiver = Omit<MailboxReceiverSettings, 'password'> | GraphReceiverSettings;

const defaultPort = { imap: (useTls: boolean) => (useTls ? 993 : 143), pop3: (useTls: boolean) => (useTls ? 995 : 110) };

/** Checks the receiver section of the form and fills in its defaults. What is wrong is noted in `problems`; the result then serves only to go on checking. */
export function completeReceiver(form: ReceiverForm, provider: Provider, problems: Problems): CompletedReceiver {
  if (form.kind === 'microsoftGraph') {
    const path = ['receiver', 'microsoftGraph'];
    return {
      kind: 'microsoftGraph',
      identity: { userPrincipalName: problems.take(checkEmailAddress(form.identity.userPrincipalName), [...path, 'identity', 'userPrincipalName'], '') },
      connection: {
        authenticationProfile: problems.take(checkEntityName(form.connection.authenticationProfile), [...path, 'connection', 'authenticationProfile'], ''),
      },
    };
  }
  const path = ['receiver', form.kind];
  const { implicitTls: useTls, ...connection } = completeConnection(
    { ...form.connection, implicitTls: form.connection.useTls },
    { presets: form.kind === 'imap' ? provider.imap : provider.pop3, implicitTls: true, portFor: defaultPort[form.kind], implicitTlsField: 'useTls' },
    problems,
    [...path, 'connection'],
  );
  return {
    kind: form.kind,
    identity: completeIdentity(form, connection.authenticationProfile, problems, [...path, 'identity']),
    connection: {
      host: connection.host,
      port: connection.port,
      useTls,
      startTls: connection.startTls,
      minimumTlsVersion: connection.minimumTlsVersion,
      truststore: connection.truststore,
      authenticationProfile: connection.authenticationProfile,
    },
    mailbox: form.kind === 'pop3' ? null : problems.take(checkMailboxName(form.mailbox ?? 'INBOX'), [...path, 'mailbox'], 'INBOX'),
  };
}

function completeIdentity(
  form: ReceiverForm & { kind: 'imap' | 'pop3' },
  profile: string | null,
  problems: Problems,
  path: readonly string[],
): MailboxReceiverSettings['identity'] {
  const { userId } = form.identity;
  const useSenderCredentials = form.identity.useSenderCredentials ?? false;
  if (useSenderCredentials) {
    const own = [
      ...(userId === undefined || userId === null ? [] : ['userId']),
      ...(form.password.change === 'replace' ? ['password'] : []),
      ...(profile === null ? [] : ['authenticationProfile']),
    ];
    for (const field of own)
      problems.add(
        'CONTRADICTION',
        `The receiver uses the sender's ID and password, so it has no ${field} of its own. Leave ${field} out, or switch useSenderCredentials off.`,
        field === 'authenticationProfile' ? [...path.slice(0, -1), 'connection', field] : [...path, field],
      );
    return { useSenderCredentials, userId: null };
  }
  if (profile !== null && form.password.change === 'replace')
    problems.add('CONTRADICTION', 'An authentication profile takes the place of a password. Leave one of them out.', [...path, 'password']);
  if (userId === undefined || userId === null) {
    problems.add('REQUIRED', "Name the receiver's user ID, or set useSenderCredentials to use the sender's.", [...path, 'userId']);
    return { useSenderCredentials, userId: null };
  }
  return { useSenderCredentials, userId: problems.take(checkUserId(userId), [...path, 'userId'], '') };
}
