import { findProvider, providers } from '../domain/provider/catalogue.js';
import type { Provider } from '../domain/provider/provider.js';

/** Domains in which providers have the servers that take mail for their customers' domains, and ids of the catalogue. The more exact ones come first. */
const providersByDomain: readonly (readonly [domain: string, provider: string])[] = [
  ['olc.protection.outlook.com', 'outlook-com'],
  ['mail.protection.outlook.com', 'microsoft-365'],
  ['mx.microsoft', 'microsoft-365'],
  ['google.com', 'google'],
  ['googlemail.com', 'google'],
  ['yahoodns.net', 'yahoo'],
  ['mail.icloud.com', 'icloud'],
  ['messagingengine.com', 'fastmail'],
  ['zoho.com', 'zoho'],
  ['zoho.eu', 'zoho-eu'],
  ['zoho.in', 'zoho-in'],
  ['zoho.com.au', 'zoho-au'],
  ['zoho.jp', 'zoho-jp'],
  ['kundenserver.de', 'ionos'],
  ['rzone.de', 'strato'],
  ['your-server.de', 'hetzner'],
  ['posteo.de', 'posteo'],
  ['mail.ovh.net', 'ovh'],
  ['mail.gandi.net', 'gandi'],
  ['yandex.net', 'yandex'],
  ['mxbiz1.qq.com', 'qq-enterprise'],
  ['mxbiz2.qq.com', 'qq-enterprise'],
  ['protonmail.ch', 'proton'],
  ['larksuite.com', 'lark'],
  ['secureserver.net', 'godaddy'],
  ['emailsrvr.com', 'rackspace'],
];

/** The provider behind a mail exchanger; undefined where the catalogue knows none. Where no line names it, it is one in a domain of the provider's own addresses. */
export function providerOfExchanger(host: string): Provider | undefined {
  const line = providersByDomain.find(([domain]) => isWithin(host, domain));
  return line === undefined ? providers.find(({ domains }) => domains.some((domain) => isWithin(host, domain))) : findProvider(line[1]);
}

/** A mail exchanger's name and the domains that it is in, the most exact first, at most three; a top-level domain is none. */
export function domainsOfExchanger(host: string): readonly string[] {
  const labels = host.split('.');
  return labels
    .map((_, index) => labels.slice(index).join('.'))
    .filter((domain) => domain.includes('.'))
    .slice(-3);
}

export function isWithin(host: string, domain: string): boolean {
  return host === domain || host.endsWith(`.${domain}`);
}
