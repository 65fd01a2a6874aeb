import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { discoverySources, type DiscoverySource, type DiscoverySourceResult } from '../../src/discovery/discovery-port.js';
import { settingsDiscoverer } from '../../src/discovery/discover-settings.js';
import type { Means } from '../../src/discovery/means.js';
import { egressFetch } from '../../src/egress/egress-fetch.js';
import { clientConfig, ownServers, server } from './documents.js';
import { anna, discover, fetchOf, inWords, means, probeFinding, unhurried } from './searches.js';
import { webServers, type WebAnswer, type WebServers } from './web-servers.js';

const running: WebServers[] = [];
afterEach(async () => {
  for (const each of running.splice(0)) await each.close();
});

async function web(pages: Readonly<Record<string, WebAnswer>>): Promise<WebServers> {
  const hosts = [...new Set(Object.keys(pages).map((page) => page.split('/')[0] ?? ''))];
  const servers = await webServers(({ host, path }) => pages[`${host}${path.split('?')[0]}`], { hosts });
  running.push(servers);
  return servers;
}

const autoconfigPage = 'autoconfig.example.com/mail/config-v1.1.xml';
const thunderbirdPage = 'autoconfig.thunderbird.net/v1.1/example.com';
const imapRecord = (target: string): Means['nameServers'] => ({
  srv: (name) => Promise.resolve(name === '_imaps._tcp.example.com' ? [{ target, port: 993, priority: 0, weight: 0 }] : []),
  mx: () => Promise.resolve([]),
});
const unanswered = () => new Promise<never>(() => undefined);
const resultOf = (sources: readonly DiscoverySourceResult[], source: DiscoverySource) => sources.find((each) => each.source === source);

describe('a discovery', () => {
  it('tells of each source as it ends and of the whole at last, with every source in it', async () => {
    const { fetch } = await web({ [autoconfigPage]: { body: ownServers } });
    const { progress, discovery } = await discover({ fetch });
    expect(progress.map((each) => ('source' in each ? each.source.source : 'whole')).slice(-2)).toEqual(['GUESS', 'whole']);
    expect(progress.length).toBe(discoverySources.length + 1);
    expect(discovery.sources.map(({ source }) => source)).toEqual([...discoverySources]);
    expect(discovery.emailAddress).toBe(anna.address);
    expect(resultOf(discovery.sources, 'PROVIDER_AUTOCONFIG')).toMatchObject({ outcome: 'PASSED', message: 'autoconfig.example.com tells of 3 servers.' });
    expect(discovery.candidates.map(({ source }) => source)).toEqual(['PROVIDER_AUTOCONFIG', 'PROVIDER_AUTOCONFIG', 'PROVIDER_AUTOCONFIG']);
  });

  it('ranks by trust: a slow source that is trusted more comes before a fast one', async () => {
    const answers: (() => void)[] = [];
    const slow: WebAnswer = (answer) => answers.push(() => answer.end(ownServers));
    const { fetch } = await web({
      [autoconfigPage]: slow,
      [thunderbirdPage]: { body: clientConfig(server('incomingServer', 'imap', { hostname: 'tb.example.com' })) },
    });
    const order: string[] = [];
    for await (const each of settingsDiscoverer(means({ fetch, nameServers: imapRecord('srv.example.com') }), unhurried)(anna.address, never())) {
      if ('source' in each) {
        order.push(each.source.source);
        // The trusted one answers when all others are done.
        if (order.length === 5) for (const answer of answers) answer();
        continue;
      }
      expect(order.slice(-2)).toEqual(['PROVIDER_AUTOCONFIG', 'GUESS']);
      expect(each.discovery.candidates.map(({ source, host }) => `${source} ${host}`)).toEqual([
        'PROVIDER_AUTOCONFIG imap.example.com',
        'PROVIDER_AUTOCONFIG pop3.example.com',
        'PROVIDER_AUTOCONFIG smtp.example.com',
        'THUNDERBIRD_DATABASE tb.example.com',
        'DNS_SRV srv.example.com',
      ]);
    }
    expect(order.length).toBe(7);
  });

  it('names a server once, of the most trusted source, with what that one did not say from the next', async () => {
    const withoutLogin = clientConfig(server('incomingServer', 'imap', { username: '%REALNAME%', authentication: [] }));
    const withOAuth = clientConfig(
      server('incomingServer', 'imap', { authentication: ['OAuth2'] }),
      '<oAuth2><scope>mail</scope><authURL>https://id.example.com/a</authURL><tokenURL>https://id.example.com/t</tokenURL></oAuth2>',
    );
    const { fetch } = await web({ [autoconfigPage]: { body: withoutLogin }, [thunderbirdPage]: { body: withOAuth } });
    const { discovery } = await discover({ fetch, nameServers: imapRecord('imap.example.com') });
    expect(discovery.candidates.filter(({ protocol }) => protocol === 'IMAP')).toEqual([
      {
        protocol: 'IMAP',
        host: 'imap.example.com',
        port: 993,
        security: 'TLS',
        source: 'PROVIDER_AUTOCONFIG',
        userId: anna.address,
        authentication: ['OAUTH2'],
        oauth: { authorizationEndpoint: 'https://id.example.com/a', tokenEndpoint: 'https://id.example.com/t', scopes: ['mail'] },
        provider: null,
        verified: false,
      },
    ]);
  });

  it('puts clear text after what is protected, and a provider’s hints to its servers', async () => {
    const servers = [
      server('outgoingServer', 'smtp', { port: '25', socketType: 'plain' }),
      server('incomingServer', 'imap', { hostname: 'imap.gmail.com', authentication: [] }),
      server('outgoingServer', 'smtp', { port: '465' }),
    ];
    const { fetch } = await web({ [autoconfigPage]: { body: clientConfig(servers.join('')) } });
    const { discovery } = await discover({ fetch });
    expect(discovery.candidates.map(inWords)).toEqual(['IMAP imap.gmail.com:993 TLS', 'SMTP smtp.example.com:465 TLS', 'SMTP smtp.example.com:25 NONE']);
    expect(discovery.candidates[0]).toMatchObject({
      provider: 'google',
      authentication: ['OAUTH2', 'APP_PASSWORD'],
      oauth: { tokenEndpoint: 'https://oauth2.googleapis.com/token' },
    });
  });

  it('gives a source that never answers its time and no more, and takes the others', async () => {
    const nameServers = { ...imapRecord('imap.example.com'), mx: unanswered };
    const limits = { sourceMilliseconds: 250, overallMilliseconds: 20_000 };
    const { discovery } = await discover({ fetch: fetchOf({ [thunderbirdPage]: ownServers }), nameServers }, limits);
    expect(discovery.sources.map(({ source, outcome }) => `${source} ${outcome}`)).toEqual([
      'CATALOGUE SKIPPED',
      'PROVIDER_AUTOCONFIG FAILED',
      'THUNDERBIRD_DATABASE PASSED',
      'DNS_SRV PASSED',
      'MX FAILED',
      'EXCHANGE_AUTODISCOVER FAILED',
      'GUESS SKIPPED',
    ]);
    expect(resultOf(discovery.sources, 'PROVIDER_AUTOCONFIG')?.message).toBe('autoconfig.example.com could not be asked: it did not answer in time.');
    expect(resultOf(discovery.sources, 'MX')?.message).toBe('It did not answer in time.');
    expect(discovery.candidates.length).toBe(3);
  });

  it('ends when all of its time is up, with what it has', async () => {
    const nameServers = { srv: unanswered, mx: unanswered };
    const limits = { sourceMilliseconds: 20_000, overallMilliseconds: 250 };
    const { discovery } = await discover({ fetch: fetchOf({ [thunderbirdPage]: ownServers }), nameServers, probe: unanswered }, limits);
    expect(resultOf(discovery.sources, 'MX')).toMatchObject({ outcome: 'FAILED', message: 'It did not answer in time.' });
    expect(discovery.candidates.map(({ verified }) => verified)).toEqual([false, false, false]);
  });

  it('makes no request over http, and tells Thunderbird of no local part', async () => {
    const { fetch, asked } = await web({ [autoconfigPage]: { status: 302, headers: { location: 'http://example.com/x' } } });
    const mx = () => Promise.resolve([{ exchange: 'mx.hoster.example', preference: 1 }]);
    await discover({ fetch, nameServers: { ...imapRecord('imap.example.com'), mx } });
    expect(asked.length).toBeGreaterThan(6);
    expect(asked.filter((url) => !url.startsWith('https:'))).toEqual([]);
    const toThunderbird = asked.filter((url) => url.includes('thunderbird'));
    expect(toThunderbird.length).toBe(3);
    expect(toThunderbird.filter((url) => /anna|meier|@|%40|\?/.test(url))).toEqual([]);
  });

  it('asks no host that is inside where egress forbids it, and says so', async () => {
    const fetch = egressFetch({ egress: { allowLoopback: false }, resolver: () => Promise.resolve(['127.0.0.1']) });
    const { discovery } = await discover({ fetch });
    const failed = discovery.sources.filter(({ outcome }) => outcome === 'FAILED');
    expect(failed.map(({ source }) => source)).toEqual(['PROVIDER_AUTOCONFIG', 'THUNDERBIRD_DATABASE', 'EXCHANGE_AUTODISCOVER']);
    for (const { message } of failed) expect(message).toMatch(/could not be asked: .*loopback addresses/);
  });

  it('takes hosts that do not exist for places without settings', async () => {
    const nobody = () => Promise.reject(Object.assign(new Error('getaddrinfo ENOTFOUND'), { code: 'ENOTFOUND' }));
    const { discovery } = await discover({ fetch: egressFetch({ egress: { allowLoopback: false }, resolver: nobody }) });
    expect(discovery.sources.map(({ outcome }) => outcome)).toEqual(Array.from(discoverySources, () => 'SKIPPED'));
  });

  it('verifies what was told of, each server once, and neither clear text nor Microsoft Graph', async () => {
    const servers = [
      server('incomingServer', 'imap'),
      server('incomingServer', 'pop3', { port: '110', socketType: 'plain' }),
      server('outgoingServer', 'smtp', { port: '465' }),
    ];
    const { fetch } = await web({ [autoconfigPage]: { body: clientConfig(servers.join('')) }, [thunderbirdPage]: { body: clientConfig(servers.join('')) } });
    const { probe, probed } = probeFinding('IMAP imap.example.com:993 TLS');
    const { discovery } = await discover({ fetch, probe });
    expect(discovery.candidates.map((each) => `${inWords(each)} ${each.verified}`)).toEqual([
      'IMAP imap.example.com:993 TLS true',
      'SMTP smtp.example.com:465 TLS false',
      'POP3 pop3.example.com:110 NONE false',
    ]);
    expect(probed.map(inWords).sort()).toEqual(['IMAP imap.example.com:993 TLS', 'SMTP smtp.example.com:465 TLS']);
    const outlook = probeFinding();
    await discover({ probe: outlook.probe }, unhurried, 'anna@outlook.com');
    expect(outlook.probed.length).toBeGreaterThan(0);
    expect(outlook.probed.filter(({ host }) => host === 'graph.microsoft.com')).toEqual([]);
  });

  it('connects to no more servers than a few, however many somebody names', async () => {
    const many = (from: number) =>
      clientConfig(Array.from({ length: 20 }, (_, index) => server('incomingServer', 'imap', { hostname: `i${from + index}.example.com` })).join(''));
    const { fetch } = await web({ [autoconfigPage]: { body: many(0) }, [thunderbirdPage]: { body: many(100) } });
    const { probe, probed } = probeFinding();
    await discover({ fetch, probe });
    expect(probed.filter(({ protocol }) => protocol === 'IMAP').length).toBe(16);
  });

  it('fails for a fault of the program, which is no failure of a source, and for nothing else', async () => {
    const probe = () => Promise.reject(new RangeError('The probe has a fault.'));
    const { fetch } = await web({ [autoconfigPage]: { body: ownServers } });
    await expect(discover({ fetch, probe })).rejects.toThrow('The probe has a fault.');
    await expect(discover({ probe })).rejects.toThrow('The probe has a fault.');
  });

  it('stops everything when its reader goes away', async () => {
    const signals: AbortSignal[] = [];
    const nameServers: Means['nameServers'] = {
      srv: () => Promise.resolve([]),
      mx: (_domain, signal) => {
        signals.push(signal);
        return new Promise(() => undefined);
      },
    };
    const reading = settingsDiscoverer(means({ nameServers }), unhurried)(anna.address, never())[Symbol.asyncIterator]();
    await reading.next();
    expect(signals.map(({ aborted }) => aborted)).toEqual([false]);
    await reading.return?.();
    await turn();
    expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
  });
});

describe('guesses', () => {
  it('are made where nobody tells of anything: usual names, TLS first, and never clear text', async () => {
    const { probe, probed } = probeFinding(
      'SMTP mail.example.com:587 SMTP_STARTTLS',
      'IMAP imap.example.com:143 IMAP_STARTTLS',
      'IMAP mail.example.com:993 TLS',
    );
    const { discovery } = await discover({ probe });
    expect(discovery.candidates).toMatchObject([
      {
        protocol: 'SMTP',
        host: 'mail.example.com',
        port: 587,
        security: 'SMTP_STARTTLS',
        source: 'GUESS',
        verified: true,
        userId: anna.address,
        authentication: [],
      },
      { protocol: 'IMAP', host: 'mail.example.com', port: 993, security: 'TLS', source: 'GUESS', verified: true },
    ]);
    expect(discovery.candidates.length).toBe(2);
    expect(probed.map(inWords).sort()).toEqual([
      'IMAP imap.example.com:143 IMAP_STARTTLS',
      'IMAP imap.example.com:993 TLS',
      'IMAP mail.example.com:143 IMAP_STARTTLS',
      'IMAP mail.example.com:993 TLS',
      'POP3 mail.example.com:110 POP3_STLS',
      'POP3 mail.example.com:995 TLS',
      'POP3 pop.example.com:110 POP3_STLS',
      'POP3 pop.example.com:995 TLS',
      'SMTP mail.example.com:465 TLS',
      'SMTP mail.example.com:587 SMTP_STARTTLS',
      'SMTP smtp.example.com:465 TLS',
      'SMTP smtp.example.com:587 SMTP_STARTTLS',
    ]);
  });

  it('are not made where other sources tell of both halves, and for the missing half alone where they tell of one', async () => {
    const { fetch } = await web({ [autoconfigPage]: { body: ownServers } });
    const whole = probeFinding();
    const { discovery } = await discover({ fetch, probe: whole.probe });
    expect(resultOf(discovery.sources, 'GUESS')).toMatchObject({ outcome: 'SKIPPED', message: 'There is nothing to guess: other sources tell of servers.' });
    expect(whole.probed.map(inWords).sort()).toEqual([
      'IMAP imap.example.com:993 TLS',
      'POP3 pop3.example.com:995 TLS',
      'SMTP smtp.example.com:587 SMTP_STARTTLS',
    ]);
    const half = probeFinding('SMTP smtp.example.com:465 TLS');
    const guessed = await discover({ nameServers: imapRecord('imap.example.com'), probe: half.probe });
    expect(guessed.discovery.candidates.map((each) => `${each.source} ${inWords(each)}`)).toEqual([
      'DNS_SRV IMAP imap.example.com:993 TLS',
      'GUESS SMTP smtp.example.com:465 TLS',
    ]);
    expect(half.probed.filter(({ protocol }) => protocol === 'POP3')).toEqual([]);
  });

  it('wait for a better one that is slower, and stop those that come after it while others go on', async () => {
    const stopped: string[] = [];
    const waiting = { greet: () => undefined as void, end: () => undefined as void };
    const probe: Means['probe'] = (probed, signal) => {
      const server = inWords(probed);
      signal.addEventListener('abort', () => stopped.push(server));
      switch (server) {
        case 'IMAP imap.example.com:993 TLS':
          return new Promise((resolve) => (waiting.greet = () => resolve('VERIFIED')));
        case 'IMAP mail.example.com:993 TLS':
          setImmediate(waiting.greet);
          return Promise.resolve('VERIFIED');
        case 'IMAP mail.example.com:143 IMAP_STARTTLS':
          return new Promise((resolve) => signal.addEventListener('abort', () => (waiting.end(), resolve('ABSENT'))));
        case 'POP3 pop.example.com:995 TLS':
          return new Promise((resolve) => (waiting.end = () => (stopped.push('then POP3 ends'), resolve('ABSENT'))));
        default:
          return Promise.resolve('ABSENT');
      }
    };
    const { discovery } = await discover({ probe });
    expect(discovery.candidates.map(inWords)).toEqual(['IMAP imap.example.com:993 TLS']);
    const before = stopped.slice(0, stopped.indexOf('then POP3 ends'));
    expect(before).toContain('IMAP mail.example.com:143 IMAP_STARTTLS');
    expect(before.filter((each) => each.startsWith('POP3'))).toEqual([]);
  });

  it('name a server whose certificate cannot be trusted only where there is no better one, as unverified and with a warning', async () => {
    const untrusted = ['IMAP imap.example.com:993 TLS', 'SMTP smtp.example.com:465 TLS'];
    const probe: Means['probe'] = (probed) =>
      Promise.resolve(
        untrusted.includes(inWords(probed)) ? 'UNTRUSTED' : inWords(probed) === 'IMAP mail.example.com:143 IMAP_STARTTLS' ? 'VERIFIED' : 'ABSENT',
      );
    const { discovery } = await discover({ probe });
    expect(discovery.candidates.map((each) => `${inWords(each)} ${each.verified}`)).toEqual([
      'SMTP smtp.example.com:465 TLS false',
      'IMAP mail.example.com:143 IMAP_STARTTLS true',
    ]);
    expect(resultOf(discovery.sources, 'GUESS')).toMatchObject({
      outcome: 'WARNED',
      message: expect.stringMatching(/smtp\.example\.com:465.*cannot be trusted/) as unknown,
    });
  });
});

function never(): AbortSignal {
  return new AbortController().signal;
}
