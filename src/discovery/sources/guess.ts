import type { Address } from '../address.js';
import type { Candidate } from '../discovery-port.js';
import type { Means, ProbedServer, ProbeResult } from '../means.js';
import { completed } from '../provider-candidates.js';
import { found, foundNothing, type Finding } from '../source.js';

type Protocol = ProbedServer['protocol'];

/** Names and ports at which servers often are, best first: TLS from the start, then STARTTLS. Never clear text. */
const usual: Readonly<Record<Protocol, { readonly names: readonly string[]; readonly ways: readonly Pick<ProbedServer, 'port' | 'security'>[] }>> = {
  SMTP: {
    names: ['smtp', 'mail'],
    ways: [
      { port: 465, security: 'TLS' },
      { port: 587, security: 'SMTP_STARTTLS' },
    ],
  },
  IMAP: {
    names: ['imap', 'mail'],
    ways: [
      { port: 993, security: 'TLS' },
      { port: 143, security: 'IMAP_STARTTLS' },
    ],
  },
  POP3: {
    names: ['pop', 'mail'],
    ways: [
      { port: 995, security: 'TLS' },
      { port: 110, security: 'POP3_STLS' },
    ],
  },
};

/**
 * The last resort: tries the usual names and ports, without any credential, for the protocols that nobody told of. For each the first that can be trusted, and only where there is none
 * the first whose certificate cannot.
 */
export async function guess(protocols: readonly Protocol[], address: Address, { probe }: Pick<Means, 'probe'>, signal: AbortSignal): Promise<Finding> {
  const guessed = (await Promise.all(protocols.map((protocol) => guessOne(protocol, address, probe, signal)))).filter((each) => each !== null);
  if (guessed.length === 0) return foundNothing(`No server greets at the usual names and ports of ${address.domain}.`);
  const placesOf = (result: ProbeResult) => guessed.filter((each) => each.result === result).map(({ candidate: { host, port } }) => `${host}:${port}`);
  const [verified, untrusted] = [placesOf('VERIFIED'), placesOf('UNTRUSTED')];
  const sentences = [
    ...(verified.length === 0 ? [] : [`A server greets at ${verified.join(', ')}.`]),
    ...(untrusted.length === 0
      ? []
      : [`At ${untrusted.join(', ')} there is TLS, and the certificate cannot be trusted: look at it before a password goes there.`]),
  ];
  const finding = found(
    guessed.map(({ candidate }) => candidate),
    sentences.join(' '),
  );
  return untrusted.length === 0 ? finding : { ...finding, outcome: 'WARNED' };
}

interface Guessed {
  readonly candidate: Candidate;
  readonly result: ProbeResult;
}

async function guessOne(protocol: Protocol, { address, domain }: Address, probe: Means['probe'], signal: AbortSignal): Promise<Guessed | null> {
  const { names, ways } = usual[protocol];
  const servers = ways.flatMap((way) => names.map((name): ProbedServer => ({ ...way, protocol, host: `${name}.${domain}` })));
  // Those that come after the one that is taken are stopped.
  const taken = new AbortController();
  const probed = servers.map((server) => probe(server, AbortSignal.any([signal, taken.signal])));
  // A fault is heard of in the server's turn.
  for (const probing of probed) probing.catch(() => undefined);
  const guessed = (server: ProbedServer, result: ProbeResult): Guessed => ({
    candidate: completed({ ...server, userId: address, authentication: [], provider: null, oauth: null }),
    result,
  });
  try {
    let untrusted: ProbedServer | null = null;
    for (const [index, server] of servers.entries()) {
      const result = await probed[index];
      if (result === 'VERIFIED') return guessed(server, result);
      if (result === 'UNTRUSTED') untrusted ??= server;
    }
    return untrusted && guessed(untrusted, 'UNTRUSTED');
  } finally {
    taken.abort();
  }
}
