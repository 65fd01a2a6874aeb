import { checkHost, checkPort } from '../domain/text/host.js';
import { checkUserId } from '../domain/text/line.js';
import type { Candidate } from './discovery-port.js';

/** A server as a document of somebody else's writes it: anything may stand there. */
export interface WrittenServer extends Pick<Candidate, 'protocol' | 'security' | 'authentication' | 'oauth'> {
  readonly host: string | null;
  readonly port: string;
  readonly userId: string | null;
}

/** The server as an account could be set up with; null for what no account could have. */
export function candidateOf({ host, port, userId, ...server }: WrittenServer): Candidate | null {
  const checkedHost = checkHost(host ?? '');
  const checkedPort = checkPort(/^\d{1,5}$/.test(port) ? Number(port) : 0);
  if (!checkedHost.ok || !checkedPort.ok) return null;
  const checkedUserId = userId === null ? null : checkUserId(userId);
  return { ...server, host: checkedHost.value, port: checkedPort.value, userId: checkedUserId?.ok ? checkedUserId.value : null, provider: null };
}
