/** Where the service may connect to beyond what is never allowed. The same for everything that leaves. */
export interface EgressSettings {
  /** All of this machine: for development and tests. */
  readonly allowLoopback: boolean;
  /** Servers on this machine that may be connected to all the same. None unless named. */
  readonly allowedLoopback?: readonly LoopbackServer[];
  /** Networks of one's own (RFC 1918, RFC 4193). Allowed unless said otherwise: mail servers of one's own are there. */
  readonly allowPrivate?: boolean;
  /** All unless named. */
  readonly ports?: readonly PortRange[] | null;
}

export interface LoopbackServer {
  /** An IP address. */
  readonly address: string;
  readonly port: number;
}

/** Both ends belong to it. */
export interface PortRange {
  readonly first: number;
  readonly last: number;
}
