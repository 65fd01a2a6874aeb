import services from 'nodemailer/lib/well-known/services.json' with { type: 'json' };
import { describe, expect, it } from 'vitest';
import { findProvider, providers, providersOfHost, type Provider } from '../../src/domain/provider/catalogue.js';
import { sendOnlyProviders } from '../../src/domain/provider/send-only-providers.js';
import { checkHost, checkPort } from '../../src/domain/text/host.js';
import { checkLine } from '../../src/domain/text/line.js';

interface WellKnownService {
  readonly host?: string | undefined;
  readonly port?: number | string | undefined;
  readonly secure?: boolean | undefined;
}

const wellKnown: readonly WellKnownService[] = Object.values(services);

const catalogued = providers.filter(({ id }) => id !== 'custom').map((provider) => [provider.id, provider] as const);
const endpoints = ({ smtp, imap, pop3 }: Provider) => [...smtp, ...imap, ...pop3];

describe('the provider catalogue', () => {
  it('has more than forty providers of mailboxes, and those that only send', () => {
    const mailboxes = providers.filter(({ imap, pop3 }) => imap.length + pop3.length > 0);
    expect(mailboxes.length).toBeGreaterThanOrEqual(40);
    expect(providers.filter(({ smtp }) => smtp.length > 0).length).toBeGreaterThanOrEqual(70);
  });

  it('finds each by its id, which is its own', () => {
    expect(new Set(providers.map(({ id }) => id)).size).toBe(providers.length);
    for (const provider of providers) expect(findProvider(provider.id)).toBe(provider);
    expect(findProvider('Google')).toBeUndefined();
    expect(findProvider('constructor')).toBeUndefined();
  });

  it('presets nothing for custom', () => {
    expect(findProvider('custom')).toMatchObject({ smtp: [], imap: [], pop3: [], domains: [], oauth: null });
  });

  it.each([
    ['google', 'TLS smtp.gmail.com:465', 'TLS imap.gmail.com:993', 'TLS pop.gmail.com:995'],
    ['microsoft-365', 'STARTTLS smtp.office365.com:587', 'TLS outlook.office365.com:993', 'TLS outlook.office365.com:995'],
    ['outlook-com', 'STARTTLS smtp-mail.outlook.com:587', 'TLS outlook.office365.com:993', 'TLS outlook.office365.com:995'],
    ['yahoo-japan', 'TLS smtp.mail.yahoo.co.jp:465', undefined, 'TLS pop.mail.yahoo.co.jp:995'],
    ['icloud', 'STARTTLS smtp.mail.me.com:587', 'TLS imap.mail.me.com:993', undefined],
    ['web-de', 'TLS smtp.web.de:465', 'TLS imap.web.de:993', 'TLS pop3.web.de:995'],
    ['tim', 'STARTTLS smtp.tim.it:587', 'STARTTLS imap.tim.it:143', 'STARTTLS pop.tim.it:110'],
    ['seznam', 'TLS smtp.seznam.cz:465', 'TLS imap.seznam.cz:993', 'TLS pop3.seznam.cz:995'],
    ['comcast', 'TLS smtp.comcast.net:465', 'TLS imap.comcast.net:993', 'TLS mail.comcast.net:995'],
  ])('knows where %s is reached', (id, ...preferred) => {
    const provider = findProvider(id);
    const first = [provider?.smtp[0], provider?.imap[0], provider?.pop3[0]];
    expect(first.map((endpoint) => endpoint && `${endpoint.security} ${endpoint.host}:${endpoint.port}`)).toEqual(preferred);
  });

  it('takes no password where the provider does not', () => {
    for (const id of ['microsoft-365', 'outlook-com']) expect(findProvider(id)).toMatchObject({ authentication: ['OAUTH2'], microsoftGraph: true });
    expect(findProvider('google')?.authentication).not.toContain('PASSWORD');
  });

  it('gives no domain of addresses to two providers', () => {
    const domains = providers.flatMap((provider) => provider.domains);
    expect(domains.filter((domain, index) => domains.indexOf(domain) !== index)).toEqual([]);
  });

  it('tells which providers a host belongs to', () => {
    expect(providersOfHost('imap.gmail.com')).toEqual(['google']);
    expect(providersOfHost('IMAP.gmail.com')).toEqual(['google']);
    expect(providersOfHost('outlook.office365.com')).toEqual(['microsoft-365', 'outlook-com']);
    expect(providersOfHost('mail.example.com')).toEqual([]);
    expect(providersOfHost('constructor')).toEqual([]);
  });
});

describe.each(catalogued)('%s', (_, provider) => {
  it('has an id and a name that an account may carry', () => {
    expect(provider.id).toMatch(/^[a-z0-9]+(?:-[a-z0-9]+)*$/);
    expect(checkLine(provider.name, { label: 'The name', maximum: 128 })).toEqual({ ok: true, value: provider.name });
  });

  it('is reached at hosts and ports in their stored form, each once, never in clear text', () => {
    const all = endpoints(provider);
    expect(all).not.toEqual([]);
    for (const { host, port, security } of all) {
      expect(checkHost(host)).toEqual({ ok: true, value: host });
      expect(checkPort(port).ok).toBe(true);
      expect(security).not.toBe('NONE');
    }
    for (const list of [provider.smtp, provider.imap, provider.pop3]) expect(new Set(list.map(({ host, port }) => `${host}:${port}`)).size).toBe(list.length);
  });

  it('speaks the security that its ports stand for', () => {
    const implicit = { 465: 'TLS', 993: 'TLS', 995: 'TLS', 587: 'STARTTLS', 143: 'STARTTLS', 110: 'STARTTLS', 2525: 'STARTTLS' } as const;
    for (const { port, security } of endpoints(provider)) expect(implicit).toMatchObject({ [port]: security });
  });

  it('has domains as they are stored', () => {
    for (const domain of provider.domains) expect(checkHost(domain)).toEqual({ ok: true, value: domain });
  });

  it('says where tokens come from if and only if it takes OAuth 2.0, for every protocol it offers', () => {
    expect(provider.authentication.length).toBeGreaterThan(0);
    const { oauth } = provider;
    expect(oauth !== null).toBe(provider.authentication.includes('OAUTH2'));
    if (oauth === null) return;
    for (const url of [oauth.authorizationEndpoint, oauth.tokenEndpoint]) expect(new URL(url).protocol).toBe('https:');
    const offered = [
      ...(provider.smtp.length > 0 ? (['smtp'] as const) : []),
      ...(provider.imap.length > 0 ? (['imap'] as const) : []),
      ...(provider.pop3.length > 0 ? (['pop3'] as const) : []),
      ...(provider.microsoftGraph ? (['microsoftGraph'] as const) : []),
    ];
    for (const protocol of offered) expect(oauth.scopes[protocol] ?? []).not.toEqual([]);
  });

  it('links to its documentation by https alone, and notes are sentences', () => {
    expect(provider.documentationUrl === null || new URL(provider.documentationUrl).protocol === 'https:').toBe(true);
    for (const note of provider.notes) expect(note).toMatch(/^[A-Z].*\.$/);
  });
});

describe('a provider that only sends', () => {
  it.each(sendOnlyProviders.map((provider) => [provider.id, provider] as const))('%s is where the mail library knows it to be', (_, provider) => {
    for (const { host, port, security } of provider.smtp) {
      const known = wellKnown.find((service) => service.host === host);
      expect(known).toMatchObject({ port });
      expect(known?.secure ?? false).toBe(security === 'TLS');
    }
  });

  it('receives nothing', () => {
    expect(sendOnlyProviders.filter(({ imap, pop3 }) => imap.length + pop3.length > 0)).toEqual([]);
  });
});
