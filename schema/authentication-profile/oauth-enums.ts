import type { OAuthGrant as Grant, OAuthPreset as Preset } from '../../src/domain/authentication-profile/settings.js';
import { enumeration } from '../enumeration.js';

export const OAuthGrant = enumeration<Grant>('OAuthGrant', 'How access tokens are got (RFC 6749, section 1.3).', {
  CLIENT_CREDENTIALS:
    'The application gets them by itself, with a client secret or a certificate: access to mailboxes that an administrator of the provider allowed.',
  AUTHORIZATION_CODE: 'The owner of a mailbox consents once (`beginConsent`), with PKCE (RFC 7636); from then on a refresh token gets them.',
  REFRESH_TOKEN: 'A refresh token that was obtained elsewhere gets them.',
});

export const OAuthPreset = enumeration<Preset>('OAuthPreset', 'Whose endpoints and scopes fill in what is left out.', {
  MICROSOFT:
    'Microsoft identity platform: Microsoft 365 and Outlook.com. Without scopes, client credentials are for Graph, and consents for SMTP, IMAP and POP3.',
  GOOGLE: 'Google: Gmail and Workspace.',
  YAHOO: 'Yahoo Mail.',
  CUSTOM: 'Any other provider: state its endpoints and scopes.',
});
