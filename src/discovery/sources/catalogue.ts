import { providers } from '../../domain/provider/catalogue.js';
import { candidatesOf } from '../provider-candidates.js';
import { found, foundNothing, type Source } from '../source.js';

/** The provider catalogue that comes with the service: asks nobody. */
export const catalogue: Source = {
  name: 'CATALOGUE',
  async search(address) {
    const provider = providers.find(({ domains }) => domains.includes(address.domain));
    return provider === undefined
      ? foundNothing(`No provider of the catalogue has addresses in ${address.domain}.`)
      : found(candidatesOf(provider, address), `Addresses in ${address.domain} are of ${provider.name}.`);
  },
};
