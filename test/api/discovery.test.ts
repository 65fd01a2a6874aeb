import { createClient } from 'graphql-ws';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { nameServers } from '../../src/discovery/name-servers.js';
import { dnsServer, type DnsServer } from '../discovery/dns-server.js';
import { ownServers } from '../discovery/documents.js';
import { probeFinding } from '../discovery/searches.js';
import { webServers, type WebServers } from '../discovery/web-servers.js';
import { startTestService, type TestService } from './service.js';

interface Candidate {
  readonly protocol: string;
  readonly host: string;
  readonly port: number;
  readonly source: string;
  readonly userId: string | null;
  readonly verified: boolean;
}
interface Discovery {
  readonly emailAddress: string;
  readonly durationMilliseconds: number;
  readonly candidates: readonly Candidate[];
  readonly sources: readonly { readonly source: string; readonly outcome: string; readonly message: string | null }[];
}
const fields =
  'emailAddress durationMilliseconds candidates { protocol host port security userId authentication source verified provider { id } oauth { authorizationEndpoint tokenEndpoint scopes } } sources { source outcome message durationMilliseconds }';
const query = `query ($emailAddress: String!) { discoverEmailSettings(emailAddress: $emailAddress) { ${fields} } }`;
const subscription = `subscription ($emailAddress: String!) { emailSettingsDiscovered(emailAddress: $emailAddress) { source { source outcome message } discovery { ${fields} } } }`;

describe('searching for the settings of an address', () => {
  let web: WebServers;
  let dns: DnsServer;
  let service: TestService;
  beforeAll(async () => {
    web = await webServers(({ host }) => (host === 'autoconfig.xn--mller-kva.example' ? { body: ownServers } : undefined), {
      hosts: ['autoconfig.xn--mller-kva.example'],
    });
    dns = await dnsServer(({ type, name }) =>
      type === 'MX' && name === 'xn--mller-kva.example' ? [{ type: 'MX', data: { preference: 10, exchange: 'aspmx.l.google.com' } }] : 'NXDOMAIN',
    );
    const { probe } = probeFinding('IMAP imap.example.com:993 TLS');
    service = await startTestService({}, { discoveryMeans: { fetch: web.fetch, nameServers: nameServers([dns.address]), probe } });
  });
  afterAll(async () => {
    await service.stop();
    await Promise.all([web.close(), dns.close()]);
  });

  it('answers with all candidates by trust, their sources, and how each source ended; a domain may be written as people do', async () => {
    const { discoverEmailSettings: found } = await service.data<{ discoverEmailSettings: Discovery }>(query, { emailAddress: 'Anna@Müller.example' });
    expect(found.emailAddress).toBe('Anna@xn--mller-kva.example');
    expect(found.candidates.map(({ source, protocol, host, port }) => `${source} ${protocol} ${host}:${port}`)).toEqual([
      'PROVIDER_AUTOCONFIG IMAP imap.example.com:993',
      'PROVIDER_AUTOCONFIG POP3 pop3.example.com:995',
      'PROVIDER_AUTOCONFIG SMTP smtp.example.com:587',
      'MX SMTP smtp.gmail.com:465',
      'MX IMAP imap.gmail.com:993',
      'MX POP3 pop.gmail.com:995',
    ]);
    expect(found.candidates[0]).toEqual({
      protocol: 'IMAP',
      host: 'imap.example.com',
      port: 993,
      security: 'TLS',
      userId: 'Anna@xn--mller-kva.example',
      authentication: ['PASSWORD'],
      source: 'PROVIDER_AUTOCONFIG',
      verified: true,
      provider: null,
      oauth: null,
    });
    expect(found.candidates[1]?.userId).toBe('Anna');
    expect(found.candidates[4]).toMatchObject({ provider: { id: 'google' }, oauth: { scopes: ['https://mail.google.com/'] }, verified: false });
    expect(found.sources.map(({ source, outcome }) => `${source} ${outcome}`)).toEqual([
      'CATALOGUE SKIPPED',
      'PROVIDER_AUTOCONFIG PASSED',
      'THUNDERBIRD_DATABASE SKIPPED',
      'DNS_SRV SKIPPED',
      'MX PASSED',
      'EXCHANGE_AUTODISCOVER SKIPPED',
      'GUESS SKIPPED',
    ]);
  });

  it('tells of each source as it ends over a subscription, then the whole once', async () => {
    const client = createClient({
      url: service.url.replace('http', 'ws'),
      webSocketImpl: WebSocket,
      connectionParams: { authorization: `Bearer ${service.adminToken}` },
      retryAttempts: 0,
    });
    try {
      const told: { source: { source: string } | null; discovery: Discovery | null }[] = [];
      for await (const { data, errors } of client.iterate<{ emailSettingsDiscovered: (typeof told)[number] }>({
        query: subscription,
        variables: { emailAddress: 'anna@müller.example' },
      })) {
        expect(errors).toBeUndefined();
        if (data) told.push(data.emailSettingsDiscovered);
      }
      expect(told.map(({ discovery }) => discovery !== null)).toEqual([...Array<boolean>(7).fill(false), true]);
      expect(told.at(-2)?.source?.source).toBe('GUESS');
      expect(new Set(told.map(({ source }) => source?.source)).size).toBe(8);
      expect(told.at(-1)?.discovery?.candidates.length).toBe(6);

      const refused = [];
      for await (const each of client.iterate({ query: subscription, variables: { emailAddress: 'anna' } })) refused.push(each);
      expect(refused).toMatchObject([
        { errors: [{ extensions: { code: 'BAD_USER_INPUT', problems: [{ code: 'INVALID_FORMAT', field: ['emailAddress'] }] } }] },
      ]);
    } finally {
      await client.dispose();
    }
  });

  it.each([
    ['anna', 'INVALID_FORMAT'],
    ['', 'REQUIRED'],
    ['anna@example.com\r\nHost: evil.example', 'FORBIDDEN_CHARACTER'],
    ['anna@169.254.169.254', 'INVALID_FORMAT'],
    ['anna@example.com/../x?y#z', 'INVALID_FORMAT'],
  ])('asks nobody about %j, which is no address', async (emailAddress, code) => {
    const before = web.asked.length + dns.questions.length;
    const { errors } = await service.query(query, { emailAddress });
    expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT', problems: [{ code, field: ['emailAddress'] }] } }]);
    expect(web.asked.length + dns.questions.length).toBe(before);
  });

  it('is for those who operate', async () => {
    const { errors } = await service.query(query, { emailAddress: 'anna@müller.example' }, { token: await service.tokenFor('VIEWER') });
    expect(errors).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }]);
  });

  it('asks Thunderbird nothing where the operator switched it off, and is limited for each caller together with connection tests', async () => {
    const limited = await startTestService(
      { POSTLEDGER_DISCOVERY_THUNDERBIRD: 'false', POSTLEDGER_CONNECTION_TESTS_PER_MINUTE: '1' },
      { discoveryMeans: { fetch: web.fetch, nameServers: nameServers([dns.address]), probe: () => Promise.resolve('ABSENT') } },
    );
    try {
      const before = web.asked.length;
      const { discoverEmailSettings: found } = await limited.data<{ discoverEmailSettings: Discovery }>(query, { emailAddress: 'anna@nowhere.example' });
      const asked = web.asked.slice(before);
      expect(asked.length).toBeGreaterThan(0);
      expect(asked.filter((url) => url.includes('thunderbird'))).toEqual([]);
      expect(found.sources.find(({ source }) => source === 'THUNDERBIRD_DATABASE')).toMatchObject({ outcome: 'SKIPPED' });
      expect(found.candidates).toEqual([]);

      const again = await limited.query(query, { emailAddress: 'anna@nowhere.example' });
      expect(again.errors).toMatchObject([{ extensions: { code: 'RATE_LIMITED' } }]);
    } finally {
      await limited.stop();
    }
  });
});
