import { readAutoconfig } from '../autoconfig.js';
import { httpsDocument } from '../https-document.js';
import { firstFinding, foundNothing, type Finding, type Source } from '../source.js';

/** What the domain itself publishes for mail programs, in the two places that there are for it. It is told the whole address: it is its own. */
export const providerAutoconfig: Source = {
  name: 'PROVIDER_AUTOCONFIG',
  search(address, { fetch }, signal) {
    const { domain } = address;
    const query = `emailaddress=${encodeURIComponent(address.address)}`;
    const ask = async (url: string): Promise<Finding> => {
      const text = await httpsDocument(url, fetch, signal);
      return text === null ? foundNothing('') : readAutoconfig(text, address, new URL(url).hostname);
    };
    return firstFinding(
      [ask(`https://autoconfig.${domain}/mail/config-v1.1.xml?${query}`), ask(`https://${domain}/.well-known/autoconfig/mail/config-v1.1.xml?${query}`)],
      `${domain} publishes no settings for mail programs.`,
    );
  },
};
