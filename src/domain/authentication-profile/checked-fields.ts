import type { Problems } from '../email-account/problems.js';
import type { ProfileSettings } from './settings.js';

const mostScopes = 50;
const longestScope = 256;

/** A directory of Microsoft: its id, one of its domains, or one of the three that stand for many. */
export function checkedTenant({ preset, grant }: Pick<ProfileSettings, 'preset' | 'grant'>, tenant: string | null, problems: Problems): string | null {
  if (preset !== 'MICROSOFT') {
    if (tenant !== null) problems.add('CONTRADICTION', 'Only the preset MICROSOFT knows tenants. Leave it out.', ['tenant']);
    return null;
  }
  if (tenant === null) {
    if (grant === 'CLIENT_CREDENTIALS')
      problems.add('REQUIRED', 'With client credentials Microsoft has to know the directory. Write its id, or one of its domains, e.g. contoso.example.', [
        'tenant',
      ]);
    return null;
  }
  if (!/^[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$/.test(tenant))
    problems.add('INVALID_FORMAT', 'It is no tenant. Write the id of the directory or one of its domains, e.g. contoso.example.', ['tenant']);
  else if (grant === 'CLIENT_CREDENTIALS' && /^(?:common|organizations|consumers)$/i.test(tenant))
    problems.add('CONTRADICTION', 'With client credentials Microsoft has to know the one directory. Write its id, or one of its domains.', ['tenant']);
  return tenant;
}

/** Scopes as RFC 6749, section 3.3, allows them, each once. */
export function checkedScopes(scopes: readonly string[], problems: Problems): readonly string[] {
  if (scopes.length > mostScopes) problems.add('TOO_LONG', `A profile has at most ${mostScopes} scopes.`, ['scopes']);
  if (scopes.some((scope) => scope.length > longestScope)) problems.add('TOO_LONG', `A scope has at most ${longestScope} characters.`, ['scopes']);
  else if (!scopes.every((scope) => /^[\x21\x23-\x5B\x5D-\x7E]+$/.test(scope)))
    problems.add(
      'INVALID_FORMAT',
      'A scope has letters, digits and signs without spaces, quotation marks and backslashes. Write each scope as an entry of its own.',
      ['scopes'],
    );
  return [...new Set(scopes)];
}
