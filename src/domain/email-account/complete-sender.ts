import type { Provider } from '../provider/catalogue.js';
import { checkEmailAddress } from '../text/email-address.js';
import { checkEntityName } from '../text/entity-name.js';
import { checkLine, checkUserId } from '../text/line.js';
import { completeConnection } from './connection-form.js';
import type { SenderForm } from './form.js';
import type { Problems } from './problems.js';
import type { GraphSenderSettings, SenderSettings, SmtpSenderSettings } from './settings.js';

/** A sender without its password, which `passwords.ts` decides on. */
export type CompletedSender = Omit<SmtpSenderSettings, 'password'> | GraphSenderSettings;

/** Checks the sender section of the form and fills in its defaults. What is wrong is noted in `problems`; the result then serves only to go on checking. */
export function completeSender(form: SenderForm, provider: Provider, problems: Problems): CompletedSender {
  return form.kind === 'smtp' ? completeSmtp(form, provider, problems) : completeGraph(form, problems);
}

function completeSmtp(form: SenderForm & { kind: 'smtp' }, provider: Provider, problems: Problems): CompletedSender {
  const path = ['sender', 'smtp'];
  const at = (field: string) => [...path, 'identity', field];
  const { identity } = form;
  const emailAddress = problems.take(checkEmailAddress(identity.emailAddress), at('emailAddress'), '');
  const connection = completeConnection(
    { ...form.connection, implicitTls: form.connection.useSmtps },
    { presets: provider.smtp, implicitTls: false, portFor: (useSmtps) => (useSmtps ? 465 : 587), implicitTlsField: 'useSmtps' },
    problems,
    [...path, 'connection'],
  );
  if (connection.implicitTls && connection.port === 587)
    problems.add('CONTRADICTION', 'Port 587 speaks STARTTLS, not SMTPS. Switch useSmtps off, or use port 465.', [...path, 'connection', 'useSmtps']);
  if (connection.authenticationProfile !== null && form.password.change === 'replace')
    problems.add('CONTRADICTION', 'An authentication profile takes the place of a password. Leave one of them out.', at('password'));
  return {
    kind: 'smtp',
    identity: {
      emailAddress,
      displayName: optional(identity.displayName, (text) => problems.take(checkLine(text, { label: 'The display name', maximum: 128 }), at('displayName'), '')),
      userId: optional(identity.userId, (text) => problems.take(checkUserId(text), at('userId'), '')) ?? presetUserId(provider, emailAddress),
      replyTo: optional(identity.replyTo, (text) => problems.take(checkEmailAddress(text), at('replyTo'), '')),
    },
    connection: {
      host: connection.host,
      port: connection.port,
      useSmtps: connection.implicitTls,
      startTls: connection.startTls,
      minimumTlsVersion: connection.minimumTlsVersion,
      truststore: connection.truststore,
      authenticationProfile: connection.authenticationProfile,
    },
  };
}

function completeGraph(form: SenderForm & { kind: 'microsoftGraph' }, problems: Problems): GraphSenderSettings {
  const path = ['sender', 'microsoftGraph'];
  return {
    kind: 'microsoftGraph',
    identity: {
      userPrincipalName: problems.take(checkEmailAddress(form.identity.userPrincipalName), [...path, 'identity', 'userPrincipalName'], ''),
      replyTo: optional(form.identity.replyTo, (text) => problems.take(checkEmailAddress(text), [...path, 'identity', 'replyTo'], '')),
    },
    connection: {
      authenticationProfile: problems.take(checkEntityName(form.connection.authenticationProfile), [...path, 'connection', 'authenticationProfile'], ''),
    },
  };
}

/** The user ID that the provider expects where the form names none: the address, or its part before the @. */
function presetUserId(provider: Provider, emailAddress: string): string {
  return provider.userId === 'local-part' ? emailAddress.slice(0, emailAddress.lastIndexOf('@')) : emailAddress;
}

function optional<T>(text: string | null | undefined, check: (text: string) => T): T | null {
  return text === null || text === undefined ? null : check(text);
}

export function withoutPassword(sender: SenderSettings): CompletedSender {
  if (sender.kind === 'microsoftGraph') return sender;
  const { password: _, ...rest } = sender;
  return rest;
}
