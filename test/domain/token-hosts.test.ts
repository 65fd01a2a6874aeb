import { describe, expect, it } from 'vitest';
import { mayBeShownTokens } from '../../src/domain/authentication-profile/token-hosts.js';
import { providers } from '../../src/domain/provider/catalogue.js';

describe('access tokens of a known provider', () => {
  it.each([
    ['google', 'GOOGLE'],
    ['microsoft-365', 'MICROSOFT'],
    ['outlook-com', 'MICROSOFT'],
    ['yahoo', 'YAHOO'],
    ['aol', 'YAHOO'],
  ] as const)('go to every server that the catalogue has of %s', (id, preset) => {
    const provider = providers.find((each) => each.id === id);
    const hosts = [...(provider?.smtp ?? []), ...(provider?.imap ?? []), ...(provider?.pop3 ?? [])].map(({ host }) => host);
    expect(hosts.length).toBeGreaterThan(1);
    expect(hosts.filter((host) => !mayBeShownTokens(preset, host))).toEqual([]);
  });

  it.each([
    ['GOOGLE', 'gmail.com.evil.example'],
    ['GOOGLE', 'evilgmail.com'],
    ['GOOGLE', 'outlook.office365.com'],
    ['MICROSOFT', 'imap.gmail.com'],
    ['MICROSOFT', '127.0.0.1'],
    ['YAHOO', 'yahoo.com.evil.example'],
  ] as const)('of %s do not go to %s', (preset, host) => {
    expect(mayBeShownTokens(preset, host)).toBe(false);
  });

  it('go there in whatever way its name is written, and those of one’s own provider anywhere', () => {
    expect(mayBeShownTokens('GOOGLE', 'IMAP.GMail.com.')).toBe(true);
    expect(mayBeShownTokens('CUSTOM', 'mail.example.com')).toBe(true);
  });
});
