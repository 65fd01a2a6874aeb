import type { ServerTls } from '../domain/truststore/mail-server.js';

/** What discovery needs of the world. All of it goes by the rules of egress. */
export interface Means {
  /** Follows no redirects when told so, and lets certificates be verified. */
  readonly fetch: typeof globalThis.fetch;
  readonly nameServers: NameServers;
  readonly probe: Probe;
  /** Whether Thunderbird's database may be asked: it is run by others, and hears the domain of an address. */
  readonly asksThunderbird: boolean;
}

/** Records are in no order. A name without any has none: that is no error. */
export interface NameServers {
  srv(name: string, signal: AbortSignal): Promise<readonly ServiceRecord[]>;
  mx(domain: string, signal: AbortSignal): Promise<readonly MailExchanger[]>;
}

/** RFC 2782. */
export interface ServiceRecord {
  /** Empty: the service is not offered. */
  readonly target: string;
  readonly port: number;
  readonly priority: number;
  readonly weight: number;
}

/** RFC 5321, section 5.1. */
export interface MailExchanger {
  /** Empty: the domain takes no mail (RFC 7505). */
  readonly exchange: string;
  readonly preference: number;
}

export interface ProbedServer {
  readonly protocol: 'SMTP' | 'IMAP' | 'POP3';
  readonly host: string;
  readonly port: number;
  readonly security: ServerTls;
}

/**
 * VERIFIED: it greets, over TLS with a certificate that is valid for the host. UNTRUSTED: it speaks TLS, and the certificate cannot be trusted. ABSENT: neither was seen.
 */
export type ProbeResult = 'VERIFIED' | 'UNTRUSTED' | 'ABSENT';

/** Connects without any credential and hangs up. Never throws for what a server does. */
export type Probe = (server: ProbedServer, signal: AbortSignal) => Promise<ProbeResult>;
