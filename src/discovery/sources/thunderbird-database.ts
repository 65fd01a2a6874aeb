import { foundNothing, type Source } from '../source.js';
import { lookUpInThunderbird } from '../thunderbird-lookup.js';

/** The database of providers that the Thunderbird project keeps. */
export const thunderbirdDatabase: Source = {
  name: 'THUNDERBIRD_DATABASE',
  async search(address, means, signal) {
    if (!means.asksThunderbird) return foundNothing('It is not asked: POSTLEDGER_DISCOVERY_THUNDERBIRD is false.');
    return lookUpInThunderbird(address.domain, address, means, signal);
  },
};
