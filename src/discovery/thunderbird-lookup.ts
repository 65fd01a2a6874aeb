import type { Address } from './address.js';
import { readAutoconfig } from './autoconfig.js';
import { httpsDocument } from './https-document.js';
import type { Means } from './means.js';
import { foundNothing, type Finding } from './source.js';

/**
 * What Thunderbird's database has for a domain. The domain is all that it is told: the address is filled in here.
 * @throws {SourceFailed}
 */
export async function lookUpInThunderbird(domain: string, address: Address, { fetch }: Pick<Means, 'fetch'>, signal: AbortSignal): Promise<Finding> {
  const text = await httpsDocument(`https://autoconfig.thunderbird.net/v1.1/${encodeURIComponent(domain)}`, fetch, signal);
  if (text === null) return foundNothing(`Thunderbird's database does not know ${domain}.`);
  return readAutoconfig(text, address, "Thunderbird's database");
}
