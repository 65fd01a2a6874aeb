import type { OAuthGrant, OAuthPreset } from './settings.js';

export interface PresetEndpoints {
  readonly tokenEndpoint: string;
  readonly authorizationEndpoint: string;
}

/** Where the provider gives tokens and asks for consent; null for CUSTOM. Without a tenant Microsoft takes accounts of every directory. */
export function endpointsOf(preset: OAuthPreset, tenant: string | null): PresetEndpoints | null {
  switch (preset) {
    case 'MICROSOFT': {
      const directory = `https://login.microsoftonline.com/${tenant ?? 'common'}/oauth2/v2.0`;
      return { tokenEndpoint: `${directory}/token`, authorizationEndpoint: `${directory}/authorize` };
    }
    case 'GOOGLE':
      return { tokenEndpoint: 'https://oauth2.googleapis.com/token', authorizationEndpoint: 'https://accounts.google.com/o/oauth2/v2/auth' };
    case 'YAHOO':
      return { tokenEndpoint: 'https://api.login.yahoo.com/oauth2/get_token', authorizationEndpoint: 'https://api.login.yahoo.com/oauth2/request_auth' };
    case 'CUSTOM':
      return null;
  }
}

/**
 * What is asked for unless the profile says otherwise. A token of Microsoft is for one service: an application by itself is let into Graph, a person's consent into SMTP, IMAP and POP3;
 * the other way round the scopes have to be stated (`https://outlook.office365.com/.default`, or `https://graph.microsoft.com/Mail.Send` and the like).
 */
export function defaultScopesOf(preset: OAuthPreset, grant: OAuthGrant): readonly string[] {
  switch (preset) {
    case 'MICROSOFT':
      if (grant === 'CLIENT_CREDENTIALS') return ['https://graph.microsoft.com/.default'];
      return [
        'https://outlook.office.com/SMTP.Send',
        'https://outlook.office.com/IMAP.AccessAsUser.All',
        'https://outlook.office.com/POP.AccessAsUser.All',
        'offline_access',
      ];
    case 'GOOGLE':
      return ['https://mail.google.com/'];
    case 'YAHOO':
      return ['mail-w'];
    case 'CUSTOM':
      return [];
  }
}

/** What the provider wants at its authorization endpoint before it gives a refresh token. */
export function consentParametersOf(preset: OAuthPreset): Readonly<Record<string, string>> {
  switch (preset) {
    case 'GOOGLE':
      return { access_type: 'offline', prompt: 'consent' };
    case 'MICROSOFT':
    case 'YAHOO':
    case 'CUSTOM':
      return {};
  }
}
