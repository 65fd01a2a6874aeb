import type { AccessTokens } from '../mail/mail-port.js';
import type { ConsentClient } from '../oauth/consent-port.js';
import type { TokenFacts, TokenOwner, TokenOwnerOptions } from '../oauth/token-owner.js';
import type { TokenProfiles } from '../oauth/token-port.js';

/** Consents, whose client is loaded when somebody first begins one. */
export function consentsOnDemand(fetch: typeof globalThis.fetch): ConsentClient {
  let loaded: Promise<ConsentClient> | null = null;
  const client = () => (loaded ??= import('../oauth/consent-client.js').then(({ consentClient }) => consentClient(fetch)));
  return {
    address: async (...address) => (await client()).address(...address),
    exchange: async (...exchange) => (await client()).exchange(...exchange),
  };
}

/** The owner of the access tokens, which is loaded when somebody first needs one: until then nothing is known of any. */
export function tokensOnDemand(
  profiles: TokenProfiles,
  fetch: typeof globalThis.fetch,
  options: TokenOwnerOptions,
): { accessTokensOf(profile: string): Promise<AccessTokens | null>; facts(profile: string): TokenFacts | null } {
  const owner: { loading: Promise<TokenOwner> | null; loaded: TokenOwner | null } = { loading: null, loaded: null };
  const load = async () => {
    const [{ TokenOwner: Owner }, { tokenClient }] = await Promise.all([import('../oauth/token-owner.js'), import('../oauth/token-client.js')]);
    return (owner.loaded = new Owner(profiles, tokenClient(fetch, options.now), options));
  };
  return {
    accessTokensOf: async (profile) => (await (owner.loading ??= load())).accessTokensOf(profile),
    facts: (profile) => owner.loaded?.facts(profile) ?? null,
  };
}
