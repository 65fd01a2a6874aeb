import type { Endpoint as ProviderEndpoint } from '../provider/catalogue.js';
import { checkEntityName } from '../text/entity-name.js';
import { checkHost, checkPort } from '../text/host.js';
import type { Problems } from './problems.js';
import type { StartTls, TlsVersion } from './settings.js';

/** What the SMTP, IMAP and POP3 connections of the form have in common, before the defaults. `implicitTls` is useSmtps or useTls. */
export interface ConnectionForm {
  readonly host?: string | null | undefined;
  readonly port?: number | null | undefined;
  readonly implicitTls?: boolean | null | undefined;
  readonly startTls?: StartTls | null | undefined;
  readonly minimumTlsVersion?: TlsVersion | null | undefined;
  readonly truststore?: string | null | undefined;
  readonly authenticationProfile?: string | null | undefined;
}

export interface CompletedConnection {
  readonly host: string;
  readonly port: number;
  readonly implicitTls: boolean;
  readonly startTls: StartTls;
  readonly minimumTlsVersion: TlsVersion;
  readonly truststore: string | null;
  readonly authenticationProfile: string | null;
}

export interface ConnectionDefaults {
  /** The provider's endpoints for the protocol, preferred first. */
  readonly presets: readonly ProviderEndpoint[];
  readonly implicitTls: boolean;
  readonly portFor: (implicitTls: boolean) => number;
  /** The form's name for implicit TLS: `useSmtps`, `useTls`. */
  readonly implicitTlsField: string;
}

/**
 * Fills in what the caller left out: from the provider's endpoint that agrees with all the caller stated, else by the form's own defaults. What the caller states always wins.
 * STARTTLS is required on 587 and where the provider says so, else opportunistic; it has no place beside implicit TLS.
 */
export function completeConnection(form: ConnectionForm, defaults: ConnectionDefaults, problems: Problems, path: readonly string[]): CompletedConnection {
  const at = (field: string) => [...path, field];
  const preset = defaults.presets.find((endpoint) => agrees(endpoint, form));
  const implicitTls = form.implicitTls ?? (preset ? preset.security === 'TLS' : defaults.implicitTls);
  const port = form.port ?? preset?.port ?? defaults.portFor(implicitTls);
  const hostText = form.host ?? preset?.host ?? defaults.presets[0]?.host;

  if (hostText === undefined) problems.add('REQUIRED', "Name the server's host, or choose a provider of the catalogue that has one.", at('host'));
  if (implicitTls && (form.startTls === 'REQUIRED' || form.startTls === 'OPPORTUNISTIC'))
    problems.add(
      'CONTRADICTION',
      `STARTTLS has no place in a connection that speaks TLS from the start. Leave startTls out, or switch ${defaults.implicitTlsField} off.`,
      at('startTls'),
    );

  return {
    host: hostText === undefined ? '' : problems.take(checkHost(hostText), at('host'), ''),
    port: problems.take(checkPort(port), at('port'), 1),
    implicitTls,
    startTls: implicitTls ? 'DISABLED' : (form.startTls ?? (preset?.security === 'STARTTLS' || port === 587 ? 'REQUIRED' : 'OPPORTUNISTIC')),
    minimumTlsVersion: form.minimumTlsVersion ?? 'TLS_1_2',
    truststore: nameOrNull(form.truststore, problems, at('truststore')),
    authenticationProfile: nameOrNull(form.authenticationProfile, problems, at('authenticationProfile')),
  };
}

/** Whether the account's connection is one of the provider's. */
export function isPreset(
  connection: Omit<CompletedConnection, 'minimumTlsVersion' | 'truststore' | 'authenticationProfile'>,
  presets: readonly ProviderEndpoint[],
): boolean {
  return presets.some(
    (preset) =>
      preset.host === connection.host &&
      preset.port === connection.port &&
      (preset.security === 'TLS') === connection.implicitTls &&
      (preset.security !== 'STARTTLS' || connection.startTls === 'REQUIRED'),
  );
}

function agrees(endpoint: ProviderEndpoint, form: ConnectionForm): boolean {
  return (
    (form.host ?? endpoint.host).toLowerCase() === endpoint.host &&
    (form.port ?? endpoint.port) === endpoint.port &&
    (form.implicitTls ?? endpoint.security === 'TLS') === (endpoint.security === 'TLS') &&
    (form.startTls === undefined || form.startTls === null || endpoint.security !== 'TLS')
  );
}

function nameOrNull(name: string | null | undefined, problems: Problems, field: readonly string[]): string | null {
  return name === undefined || name === null ? null : problems.take(checkEntityName(name), field, null);
}
