/** Categories of streams: what a stream's id begins with. */
export const streamPrefixes = { emailAccount: 'emailAccount-', apiToken: 'apiToken-', securityLog: 'securityLog-' } as const;

/** What the audit trail follows: every category, also those that only newer versions of the service write yet. */
export const auditedStreamPrefixes: readonly string[] = [...Object.values(streamPrefixes), 'truststore-', 'authenticationProfile-'];

/** Account ids are unique ignoring case, so the stream is named in lower case. */
export function emailAccountStream(accountId: string): string {
  return `${streamPrefixes.emailAccount}${accountId.toLowerCase()}`;
}

export function apiTokenStream(id: string): string {
  return `${streamPrefixes.apiToken}${id}`;
}

/** One stream a month, UTC. */
export function securityLogStream(at: Date): string {
  return `${streamPrefixes.securityLog}${at.toISOString().slice(0, 7)}`;
}
