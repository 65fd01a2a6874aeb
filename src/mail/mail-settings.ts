import { systemResolver, type Resolver } from './resolve.js';
import { TlsContexts } from './tls-context.js';

/** How this service may reach mail servers. The same for every account. */
export interface MailSettings {
  readonly egress: { readonly allowLoopback: boolean };
  /** How long a connection test or the sending of a message may take in all. */
  readonly deadlineMilliseconds?: number;
  /** CA certificates (PEM) that are trusted beside the runtime's own and those of NODE_EXTRA_CA_CERTS. */
  readonly additionalRoots?: readonly string[];
  readonly resolver?: Resolver;
}

/** The one road out, as it is shared by all connections of a tester or sender. */
export interface Road {
  readonly egress: { readonly allowLoopback: boolean };
  readonly deadlineMilliseconds: number;
  readonly resolver: Resolver;
  readonly tlsContexts: TlsContexts;
}

export function roadOf({ egress, deadlineMilliseconds = 20_000, additionalRoots = [], resolver = systemResolver }: MailSettings): Road {
  return { egress, deadlineMilliseconds, resolver, tlsContexts: new TlsContexts(additionalRoots) };
}
