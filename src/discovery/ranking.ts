import { discoverySources, type Candidate, type DiscoverySource, type RankedCandidate } from './discovery-port.js';

/** What one source told of. */
export interface Told {
  readonly source: DiscoverySource;
  readonly candidates: readonly Candidate[];
}

/**
 * All candidates, those of the more trusted source first, whoever answered first; of one source in its own order, clear text last. The same server of several sources is one candidate,
 * of the most trusted; what that one did not say is taken from the next.
 */
export function ranked(told: readonly Told[], isVerified: (candidate: Candidate) => boolean): readonly RankedCandidate[] {
  const merged = new Map<string, RankedCandidate>();
  for (const { source, candidates } of [...told].sort((one, other) => rankOf(one.source) - rankOf(other.source)))
    for (const candidate of [...candidates].sort((one, other) => exposure(one) - exposure(other))) {
      const { protocol, host, port, security } = candidate;
      const key = `${protocol} ${host} ${port} ${security}`;
      const known = merged.get(key);
      merged.set(key, known === undefined ? { ...candidate, source, verified: isVerified(candidate) } : { ...known, ...saidFirst(known, candidate) });
    }
  return [...merged.values()];
}

export function rankOf(source: DiscoverySource): number {
  return discoverySources.indexOf(source);
}

function exposure({ security }: Candidate): number {
  return security === 'NONE' ? 1 : 0;
}

function saidFirst(one: Candidate, next: Candidate): Pick<Candidate, 'userId' | 'authentication' | 'provider' | 'oauth'> {
  return {
    userId: one.userId ?? next.userId,
    authentication: one.authentication.length > 0 ? one.authentication : next.authentication,
    provider: one.provider ?? next.provider,
    oauth: one.oauth ?? next.oauth,
  };
}
