import { describe, expect, it } from 'vitest';
import { graphAddresses, nationalCloudOf } from '../../src/domain/authentication-profile/national-cloud.js';

describe('the national cloud of an authentication profile', () => {
  it.each([
    ['https://login.microsoftonline.com/contoso/oauth2/v2.0/token', ['https://graph.microsoft.com/.default'], 'GLOBAL'],
    ['https://login.microsoftonline.us/contoso/oauth2/v2.0/token', ['https://graph.microsoft.us/.default'], 'US_GOVERNMENT_L4'],
    ['https://login.microsoftonline.us/contoso/oauth2/v2.0/token', ['https://dod-graph.microsoft.us/.default'], 'US_GOVERNMENT_L5'],
    ['https://login.chinacloudapi.cn/contoso/oauth2/v2.0/token', [], 'CHINA'],
    ['https://login.partner.microsoftonline.cn/contoso/oauth2/v2.0/token', [], 'CHINA'],
    ['https://sso.contoso.test/token', ['offline_access', 'https://microsoftgraph.chinacloudapi.cn/Mail.Send'], 'CHINA'],
    ['https://sso.contoso.test/token', ['https://graph.microsoft.us.evil.test/.default'], 'GLOBAL'],
    ['https://login.microsoftonline.com/contoso/oauth2/v2.0/token', ['https://graph.microsoft.us/.default'], 'GLOBAL'],
  ])('of %s with %j is %s', (tokenEndpoint, scopes, cloud) => expect(nationalCloudOf({ tokenEndpoint, scopes })).toBe(cloud));

  it('has its Graph at an address of Microsoft, over TLS', () => {
    expect(Object.values(graphAddresses).map((address) => new URL(address).protocol)).toEqual(['https:', 'https:', 'https:', 'https:']);
  });
});
