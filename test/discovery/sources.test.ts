import { afterEach, describe, expect, it } from 'vitest';
import { addressOf } from '../../src/discovery/address.js';
import type { Candidate } from '../../src/discovery/discovery-port.js';
import { nameServers } from '../../src/discovery/name-servers.js';
import { SourceFailed, type Source } from '../../src/discovery/source.js';
import { catalogue } from '../../src/discovery/sources/catalogue.js';
import { dnsSrv } from '../../src/discovery/sources/dns-srv.js';
import { exchangeAutodiscover } from '../../src/discovery/sources/exchange-autodiscover.js';
import { mailExchanger } from '../../src/discovery/sources/mail-exchanger.js';
import { providerAutoconfig } from '../../src/discovery/sources/provider-autoconfig.js';
import { thunderbirdDatabase } from '../../src/discovery/sources/thunderbird-database.js';
import { dnsServer, fromZone, type DnsReply, type DnsServer } from './dns-server.js';
import { autodiscover, clientConfig, ownServers, server } from './documents.js';
import { anna, inWords, search } from './searches.js';
import { webServers, type WebAnswer, type WebServers } from './web-servers.js';

const running: (DnsServer | WebServers)[] = [];
afterEach(async () => {
  for (const each of running.splice(0)) await each.close();
});

/** The web, by `host/path` without the query. */
async function web(pages: Readonly<Record<string, WebAnswer>>, impostors: readonly string[] = []): Promise<WebServers> {
  const hosts = [...new Set(Object.keys(pages).map((page) => page.split('/')[0] ?? ''))];
  const servers = await webServers(({ host, path }) => pages[`${host}${path.split('?')[0]}`], { hosts, impostors });
  running.push(servers);
  return servers;
}
async function dns(zone: Readonly<Record<string, DnsReply>>): Promise<DnsServer> {
  const served = await dnsServer(fromZone(zone));
  running.push(served);
  return served;
}
const asking = (served: DnsServer) => ({ nameServers: nameServers([served.address]) });
const wordsOf = ({ candidates }: { readonly candidates: readonly Candidate[] }) => candidates.map(inWords);
const failure = (source: Source, some: Parameters<typeof search>[1]): Promise<string> =>
  search(source, some).then(
    () => 'It did not fail.',
    (error: unknown) => (error instanceof SourceFailed ? error.message : String(error)),
  );

const autoconfigHost = 'autoconfig.example.com/mail/config-v1.1.xml';
const wellKnown = 'example.com/.well-known/autoconfig/mail/config-v1.1.xml';
const thunderbird = (domain: string) => `autoconfig.thunderbird.net/v1.1/${domain}`;
const ownServersInWords = ['IMAP imap.example.com:993 TLS', 'POP3 pop3.example.com:995 TLS', 'SMTP smtp.example.com:587 SMTP_STARTTLS'];

describe('the catalogue', () => {
  it('knows a provider by its domain: every protocol, how to log in, and where tokens come from', async () => {
    const { outcome, candidates } = await search(catalogue, {}, addressOf('anna@gmail.com'));
    expect(outcome).toBe('PASSED');
    expect(candidates.map(inWords)).toEqual(['SMTP smtp.gmail.com:465 TLS', 'IMAP imap.gmail.com:993 TLS', 'POP3 pop.gmail.com:995 TLS']);
    for (const candidate of candidates)
      expect(candidate).toMatchObject({
        userId: 'anna@gmail.com',
        provider: 'google',
        authentication: ['OAUTH2', 'APP_PASSWORD'],
        oauth: { tokenEndpoint: 'https://oauth2.googleapis.com/token', scopes: ['https://mail.google.com/'] },
      });
  });

  it('knows who wants the local part alone, and who can be reached through Microsoft Graph', async () => {
    const { candidates } = await search(catalogue, {}, addressOf('anna@web.de'));
    expect(new Set(candidates.map(({ userId }) => userId))).toEqual(new Set(['anna']));
    const outlook = await search(catalogue, {}, addressOf('anna@outlook.com'));
    expect(wordsOf(outlook)[0]).toBe('MICROSOFT_GRAPH graph.microsoft.com:443 TLS');
    expect(outlook.candidates[0]).toMatchObject({ authentication: ['OAUTH2'], userId: 'anna@outlook.com' });
  });

  it('knows nothing of a domain that is in nobody’s list', async () => {
    expect(await search(catalogue, {})).toMatchObject({ outcome: 'SKIPPED', candidates: [] });
  });
});

describe("the provider's own autoconfiguration", () => {
  it('is read from the host for it, with the placeholders filled in', async () => {
    const { fetch, requests } = await web({ [autoconfigHost]: { body: ownServers } });
    const finding = await search(providerAutoconfig, { fetch });
    expect(wordsOf(finding)).toEqual(ownServersInWords);
    expect(finding.candidates.map(({ userId }) => userId)).toEqual(['anna.meier@example.com', 'anna.meier', 'anna.meier@example.com']);
    expect(finding.candidates[0]?.authentication).toEqual(['PASSWORD']);
    expect(requests.map(({ path }) => path)).toContain('/mail/config-v1.1.xml?emailaddress=anna.meier%40example.com');
  });

  it('is read from the well-known place as well, also when the other host never answers', async () => {
    const { fetch } = await web({ [autoconfigHost]: 'SILENCE', [wellKnown]: { body: ownServers } });
    const ending = new AbortController();
    // The silent one is given up on as soon as the other was read.
    const told = providerAutoconfig.search(anna, { ...nobodyElse, fetch: endingAfter(fetch, wellKnown, ending) }, ending.signal);
    expect(wordsOf(await told)).toEqual(ownServersInWords);
  });

  it('counts from the host for it before the well-known place', async () => {
    const other = clientConfig(server('incomingServer', 'imap', { hostname: 'other.example.com' }));
    const { fetch } = await web({ [autoconfigHost]: { body: ownServers }, [wellKnown]: { body: other } });
    expect(wordsOf(await search(providerAutoconfig, { fetch }))).toEqual(ownServersInWords);
  });

  it('is not there where neither place has it', async () => {
    const { fetch } = await web({ 'example.com/': {} });
    expect(await search(providerAutoconfig, { fetch })).toMatchObject({
      outcome: 'SKIPPED',
      message: 'example.com publishes no settings for mail programs.',
      candidates: [],
    });
  });

  it('follows redirects to https, three of them', async () => {
    const to = (location: string) => ({ status: 302, headers: { location } });
    const pages = { [autoconfigHost]: to('/1'), 'autoconfig.example.com/1': to('https://example.com/2'), 'example.com/2': to('/3') };
    const { fetch } = await web({ ...pages, 'example.com/3': { body: ownServers } });
    expect(wordsOf(await search(providerAutoconfig, { fetch }))).toEqual(ownServersInWords);
    const further = await web({ ...pages, 'example.com/3': to('/4'), 'example.com/4': { body: ownServers } });
    expect(await failure(providerAutoconfig, { fetch: further.fetch })).toBe('autoconfig.example.com redirects more than 3 times.');
  });

  it('is never asked for without TLS, wherever a redirect leads', async () => {
    const { fetch, asked } = await web({ [autoconfigHost]: { status: 301, headers: { location: 'http://autoconfig.example.com/mail/config-v1.1.xml' } } });
    expect(await failure(providerAutoconfig, { fetch })).toMatch(/without TLS/);
    expect(asked.filter((url) => !url.startsWith('https:'))).toEqual([]);
  });

  it('is not read from a server whose certificate is for another host', async () => {
    const { fetch, requests } = await web({ [wellKnown]: { status: 404 } }, ['autoconfig.example.com']);
    expect(await failure(providerAutoconfig, { fetch })).toBe(
      'autoconfig.example.com could not be asked: its certificate cannot be trusted, so nothing was read.',
    );
    expect(requests.map(({ host }) => host)).toEqual(['example.com']);
  });

  it.each([
    ['ten megabytes', { body: clientConfig('<!-- -->'.repeat(1_400_000)) }, 'autoconfig.example.com answers with more than 256 KiB, which no settings are.'],
    [
      'a web page',
      { body: '<!doctype html><html><body>Welcome</body></html>' },
      'autoconfig.example.com answers with something else than settings. The document has a DOCTYPE.',
    ],
    [
      'entities within entities',
      { body: clientConfig('&a;').replace('<clientConfig', '<!DOCTYPE x [<!ENTITY a "b">]><clientConfig') },
      'autoconfig.example.com answers with something else than settings. The document has a DOCTYPE.',
    ],
    ['another document', { body: '<Autodiscover/>' }, 'autoconfig.example.com answers with something else than settings.'],
    ['a fault of its own', { status: 500 }, 'autoconfig.example.com answered with HTTP status 500.'],
    ['a redirect to nowhere', { status: 302 }, 'autoconfig.example.com answered with HTTP status 302.'],
  ])('that answers with %s fails, and says so', async (_what, answer, message) => {
    const { fetch } = await web({ [autoconfigHost]: answer });
    expect(await failure(providerAutoconfig, { fetch })).toBe(message);
  });

  it('keeps what it says of OAuth 2.0, and leaves out what no account could be set up with', async () => {
    const servers = [
      server('incomingServer', 'imap', { authentication: ['OAuth2', 'password-encrypted', 'GSSAPI'] }),
      server('incomingServer', 'imap', { port: '0' }),
      server('incomingServer', 'imap', { port: '993; rm' }),
      server('incomingServer', 'imap', { hostname: 'not a host' }),
      server('incomingServer', 'imap', { socketType: 'DTLS' }),
      server('incomingServer', 'exchange', { hostname: 'ews.example.com' }),
      server('outgoingServer', 'smtp', { port: '25', socketType: 'plain', username: '%REALNAME%', authentication: ['none'] }),
    ];
    const oauth =
      '<oAuth2><issuer>id.example.com</issuer><scope>mail.read mail.send</scope><authURL>https://id.example.com/auth?a=1&amp;b=2</authURL><tokenURL>https://id.example.com/token</tokenURL></oAuth2>';
    const { fetch } = await web({ [autoconfigHost]: { body: clientConfig(servers.join(''), oauth) } });
    const { candidates } = await search(providerAutoconfig, { fetch });
    expect(candidates).toEqual([
      {
        protocol: 'IMAP',
        host: 'imap.example.com',
        port: 993,
        security: 'TLS',
        userId: 'anna.meier@example.com',
        authentication: ['OAUTH2', 'PASSWORD'],
        provider: null,
        oauth: {
          authorizationEndpoint: 'https://id.example.com/auth?a=1&b=2',
          tokenEndpoint: 'https://id.example.com/token',
          scopes: ['mail.read', 'mail.send'],
        },
      },
      { protocol: 'SMTP', host: 'smtp.example.com', port: 25, security: 'NONE', userId: null, authentication: [], provider: null, oauth: null },
    ]);
  });

  it.each([
    ['http', 'http://id.example.com/auth', 'https://id.example.com/token'],
    ['none', 'https://id.example.com/auth', 'javascript:alert(1)'],
    ['one with a login in it', 'https://id.example.com/auth', 'https://user:pass@id.example.com/token'],
  ])('takes no address for tokens that is %s', async (_what, authorization, token) => {
    const oauth = `<oAuth2><authURL>${authorization}</authURL><tokenURL>${token}</tokenURL></oAuth2>`;
    const { fetch } = await web({ [autoconfigHost]: { body: clientConfig(server('incomingServer', 'imap', { authentication: ['OAuth2'] }), oauth) } });
    expect((await search(providerAutoconfig, { fetch })).candidates).toMatchObject([{ authentication: ['OAUTH2'], oauth: null }]);
  });

  it('names at most so many servers as a person can look through', async () => {
    const many = Array.from({ length: 500 }, (_, index) => server('incomingServer', 'imap', { hostname: `imap${index}.example.com` })).join('');
    const { fetch } = await web({ [autoconfigHost]: { body: clientConfig(many) } });
    expect((await search(providerAutoconfig, { fetch })).candidates.length).toBe(20);
  });
});

describe("Thunderbird's database", () => {
  it('is told the domain alone, and the address is filled in here', async () => {
    const { fetch, requests } = await web({ [thunderbird('example.com')]: { body: ownServers } });
    const finding = await search(thunderbirdDatabase, { fetch });
    expect(wordsOf(finding)).toEqual(ownServersInWords);
    expect(finding.candidates[1]?.userId).toBe('anna.meier');
    expect(requests).toEqual([{ method: 'GET', host: 'autoconfig.thunderbird.net', path: '/v1.1/example.com', body: '' }]);
  });

  it('is not asked where the operator does not want it', async () => {
    const { fetch, asked } = await web({ [thunderbird('example.com')]: { body: ownServers } });
    expect(await search(thunderbirdDatabase, { fetch, asksThunderbird: false })).toMatchObject({
      outcome: 'SKIPPED',
      message: 'It is not asked: POSTLEDGER_DISCOVERY_THUNDERBIRD is false.',
    });
    expect(asked).toEqual([]);
  });
});

const service = (target: string, port: number, priority = 0, weight = 0) => ({ type: 'SRV', data: { target, port, priority, weight } }) as const;

describe('service records', () => {
  it('name servers of all protocols, TLS from the start first', async () => {
    const served = await dns({
      'SRV _submission._tcp.example.com': [service('mail.example.com', 587)],
      'SRV _submissions._tcp.example.com': [service('mail.example.com', 465)],
      'SRV _imaps._tcp.example.com': [service('imap.example.com', 993)],
      'SRV _imap._tcp.example.com': [service('imap.example.com', 143)],
      'SRV _pop3._tcp.example.com': [service('pop.example.com', 110)],
      'SRV _pop3s._tcp.example.com': [service('pop.example.com', 995)],
    });
    const finding = await search(dnsSrv, asking(served));
    expect(wordsOf(finding)).toEqual([
      'SMTP mail.example.com:465 TLS',
      'SMTP mail.example.com:587 SMTP_STARTTLS',
      'IMAP imap.example.com:993 TLS',
      'IMAP imap.example.com:143 IMAP_STARTTLS',
      'POP3 pop.example.com:995 TLS',
      'POP3 pop.example.com:110 POP3_STLS',
    ]);
    expect(finding.candidates.every(({ userId }) => userId === 'anna.meier@example.com')).toBe(true);
  });

  it('are taken by priority, then by weight', async () => {
    const imaps = [service('third.example.com', 993, 20, 99), service('second.example.com', 993, 10, 1), service('first.example.com', 1993, 10, 5)];
    const served = await dns({ 'SRV _imaps._tcp.example.com': imaps });
    expect(wordsOf(await search(dnsSrv, asking(served)))).toEqual([
      'IMAP first.example.com:1993 TLS',
      'IMAP second.example.com:993 TLS',
      'IMAP third.example.com:993 TLS',
    ]);
  });

  it('of a dot say that the service is not offered', async () => {
    const served = await dns({ 'SRV _pop3s._tcp.example.com': [service('.', 0)], 'SRV _imaps._tcp.example.com': [service('.', 993)] });
    expect(await search(dnsSrv, asking(served))).toMatchObject({ outcome: 'SKIPPED', candidates: [] });
  });

  it('are not there where the domain has none, or is none', async () => {
    const served = await dns({ 'SRV _imaps._tcp.example.com': [] });
    expect(await search(dnsSrv, asking(served))).toMatchObject({ outcome: 'SKIPPED', message: 'example.com has no service records for mail.' });
  });

  it('that could not be asked for are a failure, and where others could a warning', async () => {
    expect(await failure(dnsSrv, asking(await dnsOf('SERVFAIL')))).toBe(
      'The service records of example.com could not be asked for: the name servers did not answer.',
    );
    const half = await dns({ 'SRV _imaps._tcp.example.com': [service('imap.example.com', 993)], 'SRV _pop3s._tcp.example.com': 'SERVFAIL' });
    expect(await search(dnsSrv, asking(half))).toMatchObject({ outcome: 'WARNED', candidates: [{ host: 'imap.example.com' }] });
  });

  it('are given up on when the time is up, with what was answered by then', async () => {
    const stopped = new AbortController();
    const served = await dnsServer(({ name }) => (name.startsWith('_imaps') ? [service('imap.example.com', 993)] : 'SILENCE'));
    running.push(served);
    const asked = nameServers([served.address]);
    const ending = {
      mx: nobodyElse.nameServers.mx,
      srv: async (name: string, signal: AbortSignal) => {
        const records = await asked.srv(name, signal);
        setImmediate(() => stopped.abort());
        return records;
      },
    };
    const { candidates } = await dnsSrv.search(anna, { ...nobodyElse, nameServers: ending }, stopped.signal);
    expect(candidates.map(inWords)).toEqual(['IMAP imap.example.com:993 TLS']);
  });
});

const exchanger = (exchange: string, preference = 10) => ({ type: 'MX', data: { exchange, preference } }) as const;

describe('mail exchangers', () => {
  it('tell of a provider of the catalogue, whose settings are taken for the address', async () => {
    const served = await dns({ 'MX example.com': [exchanger('backup.example.net', 20), exchanger('example-com.mail.protection.outlook.com', 5)] });
    const finding = await search(mailExchanger, asking(served));
    expect(finding.message).toBe('Mail for example.com is taken by Microsoft 365 (Exchange Online).');
    expect(wordsOf(finding)).toEqual([
      'MICROSOFT_GRAPH graph.microsoft.com:443 TLS',
      'SMTP smtp.office365.com:587 SMTP_STARTTLS',
      'IMAP outlook.office365.com:993 TLS',
      'POP3 outlook.office365.com:995 TLS',
    ]);
    expect(finding.candidates[0]).toMatchObject({ provider: 'microsoft-365', userId: 'anna.meier@example.com', authentication: ['OAUTH2'] });
    expect(finding.candidates[2]?.oauth?.scopes).toEqual(['https://outlook.office.com/IMAP.AccessAsUser.All', 'offline_access']);
  });

  it.each([
    ['aspmx.l.google.com', 'google'],
    ['SMTP.Google.com', 'google'],
    ['outlook-com.olc.protection.outlook.com', 'outlook-com'],
    ['example-com.a-v1.mx.microsoft', 'microsoft-365'],
    ['in1-smtp.messagingengine.com', 'fastmail'],
    ['mx.zoho.eu', 'zoho-eu'],
    ['mx01.mail.icloud.com', 'icloud'],
    ['mx1.mail.ovh.net', 'ovh'],
    ['emig.gmx.net', 'gmx-net'],
  ])('%s is of %s', async (host, provider) => {
    const { candidates } = await search(mailExchanger, asking(await dns({ 'MX example.com': [exchanger(host)] })));
    expect(new Set(candidates.map((candidate) => candidate.provider))).toEqual(new Set([provider]));
  });

  it('that only end like a provider’s are not of it', async () => {
    const { candidates } = await search(mailExchanger, asking(await dns({ 'MX example.com': [exchanger('mx.notgoogle.com')] })));
    expect(candidates).toEqual([]);
  });

  it("that the catalogue does not know are looked up in Thunderbird's database, by their domains alone, the most exact first", async () => {
    const { fetch, requests } = await web({
      [thunderbird('hoster.example')]: { body: clientConfig(server('incomingServer', 'imap', { hostname: 'imap.%EMAILDOMAIN%' })) },
    });
    const served = await dns({ 'MX example.com': [exchanger('mx1.eu.hoster.example')] });
    const finding = await search(mailExchanger, { fetch, ...asking(served) });
    expect(finding.message).toBe("Mail for example.com is taken by mx1.eu.hoster.example. Thunderbird's database tells of one server.");
    expect(wordsOf(finding)).toEqual(['IMAP imap.example.com:993 TLS']);
    expect(requests.map(({ path }) => path).sort()).toEqual(['/v1.1/eu.hoster.example', '/v1.1/hoster.example', '/v1.1/mx1.eu.hoster.example']);
  });

  it("are not looked up there where the operator does not want it, nor is the domain's own a second time", async () => {
    const { fetch, asked } = await web({ [thunderbird('hoster.example')]: { body: ownServers } });
    const served = await dns({ 'MX example.com': [exchanger('mx.hoster.example')], 'MX example.net': [exchanger('example.net')] });
    expect(await search(mailExchanger, { fetch, asksThunderbird: false, ...asking(served) })).toMatchObject({ outcome: 'SKIPPED', candidates: [] });
    await search(mailExchanger, { fetch, ...asking(served) }, addressOf('anna@example.net'));
    expect(asked).toEqual([]);
  });

  it('are none where the domain takes no mail (RFC 7505), or does not exist', async () => {
    const served = await dns({ 'MX example.com': [exchanger('.', 0)] });
    expect(await search(mailExchanger, asking(served))).toMatchObject({ outcome: 'SKIPPED', message: 'example.com names no server that takes its mail.' });
    expect(await search(mailExchanger, asking(served), addressOf('anna@nowhere.example'))).toMatchObject({ outcome: 'SKIPPED' });
    expect(await failure(mailExchanger, asking(await dnsOf('SERVFAIL')))).toMatch(/could not be asked for/);
  });
});

describe('Autodiscover', () => {
  const xml = 'autodiscover.example.com/autodiscover/autodiscover.xml';
  const imap = '<Protocol><Type>IMAP</Type><Server>imap.example.com</Server><Port>993</Port><LoginName>meier</LoginName><SSL>on</SSL></Protocol>';
  const servers = autodiscover(
    `<Action>settings</Action><Protocol><Type>EXCH</Type><Server>exch.example.com</Server></Protocol>${imap}` +
      '<Protocol><Type>POP3</Type><Server>pop.example.com</Server><Port>110</Port><SSL>off</SSL><Encryption>TLS</Encryption></Protocol>' +
      '<Protocol><Type>SMTP</Type><Server>smtp.example.com</Server><Port>587</Port></Protocol>',
  );

  it('that answers without a login is read in XML', async () => {
    const { fetch, requests } = await web({ [xml]: { body: servers } });
    const { candidates } = await search(exchangeAutodiscover, { fetch });
    expect(candidates.map(inWords)).toEqual(['IMAP imap.example.com:993 TLS', 'POP3 pop.example.com:110 POP3_STLS', 'SMTP smtp.example.com:587 SMTP_STARTTLS']);
    expect(candidates.map(({ userId }) => userId)).toEqual(['meier', 'anna.meier@example.com', 'anna.meier@example.com']);
    const question = requests.find(({ method }) => method === 'POST');
    expect(question).toMatchObject({ path: '/autodiscover/autodiscover.xml' });
    expect(question?.body).toContain('<EMailAddress>anna.meier@example.com</EMailAddress>');
  });

  it('leads on to other addresses, by https alone', async () => {
    const redirect = (url: string) => ({ body: autodiscover(`<Action>redirectUrl</Action><RedirectUrl>${url}</RedirectUrl>`) });
    const { fetch } = await web({ [xml]: redirect('https://example.com/other.xml'), 'example.com/other.xml': { body: servers } });
    expect((await search(exchangeAutodiscover, { fetch })).candidates.length).toBe(3);
    const plain = await web({ [xml]: redirect('http://example.com/other.xml') });
    expect(await failure(exchangeAutodiscover, { fetch: plain.fetch })).toMatch(/without TLS/);
    expect(plain.asked.filter((url) => !url.startsWith('https:'))).toEqual([]);
    const circle = await web({ [xml]: redirect(`https://${xml}`) });
    expect(await failure(exchangeAutodiscover, { fetch: circle.fetch })).toMatch(/more than 3 times/);
  });

  it('is found by its service record', async () => {
    const { fetch } = await web({ 'exchange.example.net/autodiscover/autodiscover.xml': { body: servers } });
    const served = await dns({ 'SRV _autodiscover._tcp.example.com': [service('exchange.example.net', 443)] });
    expect((await search(exchangeAutodiscover, { fetch, ...asking(served) })).candidates.length).toBe(3);
  });

  it('of Exchange gives Microsoft 365 away in JSON, and nothing of a server of one’s own', async () => {
    const json = 'autodiscover.example.com/autodiscover/autodiscover.json';
    const leadingTo = (url: string) => ({ body: JSON.stringify({ Protocol: 'AutodiscoverV1', Url: url }) });
    const microsoft = await web({ [json]: leadingTo('https://outlook.office365.com/autodiscover/autodiscover.xml') });
    const { candidates } = await search(exchangeAutodiscover, { fetch: microsoft.fetch });
    expect(new Set(candidates.map(({ provider }) => provider))).toEqual(new Set(['microsoft-365']));
    expect(microsoft.requests.map(({ path }) => path)).toContain('/autodiscover/autodiscover.json?Email=anna.meier%40example.com&Protocol=AutodiscoverV1');
    const own = await web({ [json]: leadingTo('https://exchange.example.com/autodiscover/autodiscover.xml') });
    expect(await search(exchangeAutodiscover, { fetch: own.fetch })).toMatchObject({ outcome: 'SKIPPED', candidates: [] });
    const page = await web({ [json]: { body: '<html></html>' } });
    expect(await search(exchangeAutodiscover, { fetch: page.fetch })).toMatchObject({ outcome: 'SKIPPED', candidates: [] });
  });

  it('that wants a login says so', async () => {
    const { fetch } = await web({ [xml]: { status: 401 } });
    expect(await failure(exchangeAutodiscover, { fetch })).toBe('autodiscover.example.com tells of settings only to who has logged in.');
  });
});

const nobodyElse = {
  fetch: () => Promise.reject(new TypeError('fetch failed')),
  nameServers: { srv: () => Promise.resolve([]), mx: () => Promise.resolve([]) },
  probe: () => Promise.resolve('ABSENT' as const),
  asksThunderbird: false,
};

async function dnsOf(reply: DnsReply): Promise<DnsServer> {
  const served = await dnsServer(() => reply);
  running.push(served);
  return served;
}

/** `fetch` that ends the search once the page was read. */
function endingAfter(fetch: typeof globalThis.fetch, page: string, ending: AbortController): typeof globalThis.fetch {
  return async (input, init) => {
    const answer = await fetch(input, init);
    const { host, pathname } = new URL(new Request(input).url);
    if (`${host}${pathname}` !== page) return answer;
    const text = await answer.text();
    setImmediate(() => ending.abort());
    return new Response(text, { status: answer.status });
  };
}
