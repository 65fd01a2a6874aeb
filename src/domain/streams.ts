/** Categories of streams: what a stream's id begins with. */
export const streamPrefixes = {
  emailAccount: 'emailAccount-',
  apiToken: 'apiToken-',
  securityLog: 'securityLog-',
  expiry: 'expiry-',
  authenticationProfile: 'authenticationProfile-',
  truststore: 'truststore-',
} as const;

/** What the audit trail follows: every category. */
export const auditedStreamPrefixes: readonly string[] = Object.values(streamPrefixes);

/** Account ids are unique ignoring case, so the stream is named in lower case. */
export function emailAccountStream(accountId: string): string {
  return `${streamPrefixes.emailAccount}${accountId.toLowerCase()}`;
}

export function apiTokenStream(id: string): string {
  return `${streamPrefixes.apiToken}${id}`;
}

/** Names of profiles are unique ignoring case. */
export function authenticationProfileStream(name: string): string {
  return `${streamPrefixes.authenticationProfile}${name.toLowerCase()}`;
}

/** Names of truststores are unique ignoring case. */
export function truststoreStream(name: string): string {
  return `${streamPrefixes.truststore}${name.toLowerCase()}`;
}

/** What was told of the expiry of an owner's things of one kind. */
export function expiryStream(subject: string, { entityType, entityId }: { readonly entityType: string; readonly entityId: string }): string {
  return `${streamPrefixes.expiry}${subject}-${entityType}-${entityId.toLowerCase()}`;
}

/** One stream a month, UTC. */
export function securityLogStream(at: Date): string {
  return `${streamPrefixes.securityLog}${at.toISOString().slice(0, 7)}`;
}
