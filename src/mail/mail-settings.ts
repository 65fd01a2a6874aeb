import type { EgressSettings } from '../egress/egress-settings.js';
import { systemResolver, type Resolver } from '../egress/resolve.js';
import { graphRequestsAtOnce, Places } from './graph/places.js';
import { TlsContexts } from './tls-context.js';

/** How this service may reach mail servers. The same for every account. */
export interface MailSettings {
  readonly egress: EgressSettings;
  /** How long a connection test or the sending of a message may take in all. */
  readonly deadlineMilliseconds?: number;
  /** CA certificates (PEM) that are trusted beside the runtime's own and those of NODE_EXTRA_CA_CERTS. */
  readonly additionalRoots?: readonly string[];
  readonly resolver?: Resolver;
  /** The way out over HTTP, with the rules of egress in it. Without it nobody gets to Microsoft Graph. */
  readonly fetch?: typeof globalThis.fetch;
  /** In place of Microsoft's own addresses, for tests: without the version and a closing slash. */
  readonly graphBaseUrl?: string;
  /** One for all that work on mailboxes through Microsoft Graph: it counts by application and mailbox. */
  readonly graphPlaces?: Places;
}

/** The one road out, as it is shared by all connections of a tester or sender. */
export interface Road {
  readonly egress: EgressSettings;
  readonly deadlineMilliseconds: number;
  readonly resolver: Resolver;
  readonly tlsContexts: TlsContexts;
  readonly fetch: typeof globalThis.fetch;
  readonly graphBaseUrl: string | null;
  readonly graphPlaces: Places;
}

export function roadOf({
  egress,
  deadlineMilliseconds = 20_000,
  additionalRoots = [],
  resolver = systemResolver,
  fetch = noWayOut,
  graphBaseUrl,
  graphPlaces = new Places(graphRequestsAtOnce),
}: MailSettings): Road {
  return { egress, deadlineMilliseconds, resolver, tlsContexts: new TlsContexts(additionalRoots), fetch, graphBaseUrl: graphBaseUrl ?? null, graphPlaces };
}

/** The runtime's own would know no rules of egress. */
const noWayOut: typeof globalThis.fetch = () => Promise.reject(new RangeError('No way out over HTTP was given.'));
