import { BlockList, isIP } from 'node:net';

/** Finds the caller's address behind the proxies that are trusted. */
export class ClientAddress {
  readonly #trusted = new BlockList();

  /** @param trustedProxies addresses and CIDR ranges whose `X-Forwarded-For` is believed. */
  constructor(trustedProxies: readonly string[]) {
    for (const proxy of trustedProxies) {
      const [address = '', bits] = proxy.split('/');
      if (bits === undefined) this.#trusted.addAddress(address, familyOf(address));
      else this.#trusted.addSubnet(address, Number(bits), familyOf(address));
    }
  }

  /**
   * The nearest address that is no trusted proxy's. Null when there is none, e.g. once the connection is closed.
   * Each proxy adds the address that it was called from at the end: what stands before the first untrusted one anybody may have made up.
   */
  of(remoteAddress: string | undefined, forwardedFor: string | readonly string[] | undefined): string | null {
    let address = plain(remoteAddress);
    if (address === null || forwardedFor === undefined) return address;
    const claimed = String(forwardedFor).split(',').slice(-maximumProxies);
    for (const next of claimed.reverse()) {
      if (!this.#trusted.check(address, familyOf(address))) return address;
      const claim = plain(next.trim());
      if (claim === null) return address;
      address = claim;
    }
    return address;
  }
}

const maximumProxies = 20;

/** An IPv4 address that came in over an IPv6 socket is written as what it is. Null for what is no address. */
function plain(address: string | undefined): string | null {
  if (address === undefined || isIP(address) === 0) return null;
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  return mapped ?? address;
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIP(address) === 6 ? 'ipv6' : 'ipv4';
}
