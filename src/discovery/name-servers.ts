import { Resolver } from 'node:dns/promises';
import { resolutionProblem } from '../mail/classify-network-error.js';
import type { NameServers } from './means.js';

/** How long one attempt waits, in milliseconds; there are two. */
const attemptMilliseconds = 1_500;

/**
 * Asks name servers for records: those of the machine, or those named, as `127.0.0.1:5353`. A resolver a question, so that a question that is given up ends at once.
 * @throws what node:dns throws, but for names and records that are not there.
 */
export function nameServers(servers: readonly string[] | null = null): NameServers {
  return {
    srv: async (name, signal) =>
      (await asked(servers, signal, (resolver) => resolver.resolveSrv(name))).map(({ name: target, ...record }) => ({
        ...record,
        target: withoutRoot(target),
      })),
    mx: async (domain, signal) =>
      (await asked(servers, signal, (resolver) => resolver.resolveMx(domain))).map(({ exchange, priority }) => ({
        exchange: withoutRoot(exchange),
        preference: priority,
      })),
  };
}

async function asked<DnsRecord>(
  servers: readonly string[] | null,
  signal: AbortSignal,
  ask: (resolver: Resolver) => Promise<readonly DnsRecord[]>,
): Promise<readonly DnsRecord[]> {
  signal.throwIfAborted();
  const resolver = new Resolver({ timeout: attemptMilliseconds, tries: 2 });
  if (servers !== null) resolver.setServers([...servers]);
  const cancel = () => resolver.cancel();
  signal.addEventListener('abort', cancel, { once: true });
  try {
    return await ask(resolver);
  } catch (error) {
    if (resolutionProblem(error) === 'DNS_FAILED') return [];
    throw error;
  } finally {
    signal.removeEventListener('abort', cancel);
  }
}

/** The root alone, `.`, becomes empty. */
function withoutRoot(name: string): string {
  return name.replace(/\.$/, '');
}
