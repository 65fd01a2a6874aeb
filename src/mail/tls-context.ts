import { createSecureContext, type SecureContext, type SecureVersion } from 'node:tls';
import type { TlsVersion } from '../domain/email-account/settings.js';
import { systemRoots } from '../egress/system-roots.js';
import type { TrustedRoots } from './mail-port.js';

/** As TLS names them, lowest first. */
export const tlsVersions = ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'] as const satisfies readonly SecureVersion[];

const names: Readonly<Record<TlsVersion, SecureVersion>> = { TLS_1_0: 'TLSv1', TLS_1_1: 'TLSv1.1', TLS_1_2: 'TLSv1.2', TLS_1_3: 'TLSv1.3' };

export function tlsVersionName(version: TlsVersion): SecureVersion {
  return names[version];
}

/** One with the runtime's roots takes 1.2 MB, and a truststore leaves one behind with every change. */
const mostContexts = 100;

/**
 * Contexts for TLS connections, one for each truststore and range of versions: each holds all roots, and building one takes milliseconds.
 * The lowest version is set in the context, because a connection's own is ignored beside one.
 */
export class TlsContexts {
  readonly #contexts = new Map<string, SecureContext>();

  constructor(readonly additionalRoots: readonly string[]) {}

  from(minVersion: SecureVersion, trust: TrustedRoots | null = null): SecureContext {
    return this.between(minVersion, 'TLSv1.3', trust);
  }

  /** For finding out whether a server speaks one version. */
  only(version: SecureVersion): SecureContext {
    return this.between(version, version);
  }

  between(minVersion: SecureVersion, maxVersion: SecureVersion, trust: TrustedRoots | null = null): SecureContext {
    const key = `${minVersion} ${maxVersion} ${trust?.key ?? ''}`;
    const context = this.#contexts.get(key) ?? this.#built(minVersion, maxVersion, trust);
    // Taken out and put in again: the first is then the one that nobody has asked for the longest.
    this.#contexts.delete(key);
    this.#contexts.set(key, context);
    const [oldest] = this.#contexts.keys();
    if (this.#contexts.size > mostContexts && oldest !== undefined) this.#contexts.delete(oldest);
    return context;
  }

  #built(minVersion: SecureVersion, maxVersion: SecureVersion, trust: TrustedRoots | null): SecureContext {
    const ca = this.#roots(trust);
    return createSecureContext({
      minVersion,
      maxVersion,
      // TLS 1.0 and 1.1 sign with SHA-1, which OpenSSL 3 gives up only at this level.
      ...(minVersion === 'TLSv1' || minVersion === 'TLSv1.1' ? { ciphers: 'DEFAULT@SECLEVEL=0' } : {}),
      ...(ca === null ? {} : { ca: [...ca] }),
      // Servers do not send their root, so what somebody chose from a chain is mostly an intermediate CA or the server's own certificate. Host name and dates are checked all the same.
      ...(trust === null ? {} : { allowPartialTrustChain: true }),
    });
  }

  /** Null: what the runtime trusts by itself. */
  #roots(trust: TrustedRoots | null): readonly string[] | null {
    if (trust === null && this.additionalRoots.length === 0) return null;
    const system = trust === null || trust.includeSystemRoots ? systemRoots(this.additionalRoots) : [];
    return [...system, ...(trust?.certificates ?? [])];
  }
}
