import type { ProfileSettings } from './settings.js';

/** Microsoft's separate clouds. A token of one is worth nothing in another. */
export type NationalCloud = 'GLOBAL' | 'US_GOVERNMENT_L4' | 'US_GOVERNMENT_L5' | 'CHINA';

/** Where each has its Graph. Access tokens for Graph are sent there and nowhere else, whatever a profile says. */
export const graphAddresses: Readonly<Record<NationalCloud, string>> = {
  GLOBAL: 'https://graph.microsoft.com',
  US_GOVERNMENT_L4: 'https://graph.microsoft.us',
  US_GOVERNMENT_L5: 'https://dod-graph.microsoft.us',
  CHINA: 'https://microsoftgraph.chinacloudapi.cn',
};

/** The cloud that a profile's tokens are for: told by where they come from, and where one place serves two clouds, or is none of Microsoft's, by what they are asked for. */
export function nationalCloudOf({ tokenEndpoint, scopes }: Pick<ProfileSettings, 'tokenEndpoint' | 'scopes'>): NationalCloud {
  switch (new URL(tokenEndpoint).hostname) {
    case 'login.microsoftonline.com':
      return 'GLOBAL';
    case 'login.microsoftonline.us':
      return cloudOfScopes(scopes) === 'US_GOVERNMENT_L5' ? 'US_GOVERNMENT_L5' : 'US_GOVERNMENT_L4';
    case 'login.chinacloudapi.cn':
    case 'login.partner.microsoftonline.cn':
      return 'CHINA';
    default:
      return cloudOfScopes(scopes);
  }
}

function cloudOfScopes(scopes: readonly string[]): NationalCloud {
  const clouds = ['US_GOVERNMENT_L4', 'US_GOVERNMENT_L5', 'CHINA'] as const;
  return clouds.find((cloud) => scopes.some((scope) => scope.toLowerCase().startsWith(`${graphAddresses[cloud]}/`))) ?? 'GLOBAL';
}
