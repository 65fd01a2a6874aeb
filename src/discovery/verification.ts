import type { Candidate } from './discovery-port.js';
import type { Probe, ProbedServer } from './means.js';

/** Somebody else's document decides what is connected to, so it is not much. */
const mostServers = 16;

/** Finds out, beside the search, which servers greet. Each server is connected to once. */
export class Verification {
  readonly #verified = new Set<string>();
  readonly #probed = new Map<string, Promise<unknown>>();

  constructor(
    readonly probe: Probe,
    readonly signal: AbortSignal,
  ) {}

  /** Takes up these, but for what is not protected by TLS or is no mail server. */
  begin(candidates: readonly Candidate[]): void {
    for (const candidate of candidates) {
      const server = probedServer(candidate);
      if (server === null || this.#probed.has(serverKey(server)) || this.#probed.size === mostServers) continue;
      const probing = this.noted(server, this.signal);
      // Whoever waits for all of them hears of a fault; until then it disturbs nobody.
      probing.catch(() => undefined);
      this.#probed.set(serverKey(server), probing);
    }
  }

  /** Probes as the probe does, and keeps in mind what it came to. */
  readonly noted: Probe = async (server, signal) => {
    const result = await this.probe(server, signal);
    if (result === 'VERIFIED') this.#verified.add(serverKey(server));
    return result;
  };

  /** Resolves when all that was taken up is done. */
  async settled(): Promise<void> {
    await Promise.all(this.#probed.values());
  }

  isVerified(candidate: Candidate): boolean {
    const server = probedServer(candidate);
    return server !== null && this.#verified.has(serverKey(server));
  }
}

function probedServer({ protocol, host, port, security }: Candidate): ProbedServer | null {
  return protocol === 'MICROSOFT_GRAPH' || security === 'NONE' ? null : { protocol, host, port, security };
}

function serverKey({ protocol, host, port, security }: ProbedServer): string {
  return `${protocol} ${host} ${port} ${security}`;
}
