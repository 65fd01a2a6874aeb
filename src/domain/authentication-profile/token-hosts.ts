import type { OAuthPreset } from './settings.js';

/** Domains of each provider's mail servers. */
const domains: Readonly<Record<Exclude<OAuthPreset, 'CUSTOM'>, readonly string[]>> = {
  MICROSOFT: ['office365.com', 'outlook.com', 'office.com', 'office365.us', 'partner.outlook.cn'],
  GOOGLE: ['gmail.com', 'googlemail.com'],
  YAHOO: ['mail.yahoo.com', 'aol.com'],
};

/**
 * Whether a mail server of this host may be shown access tokens of such a profile. An access token opens its mailbox to whoever holds it, so one of a known provider goes to that provider's servers
 * alone; where CUSTOM tokens go, whoever may configure accounts decides.
 */
export function mayBeShownTokens(preset: OAuthPreset, host: string): boolean {
  if (preset === 'CUSTOM') return true;
  const name = host.toLowerCase().replace(/\.$/, '');
  return domains[preset].some((domain) => name === domain || name.endsWith(`.${domain}`));
}
