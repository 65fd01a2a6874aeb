/** What can expire. SERVER_CERTIFICATE: of a mail server, as the account's last connection test saw it. */
export type ExpirySubject = 'CERTIFICATE' | 'SERVER_CERTIFICATE' | 'CLIENT_SECRET' | 'REFRESH_TOKEN' | 'API_TOKEN';

/** Whose it is. */
export interface ExpiryOwner {
  readonly entityType: 'EmailAccount' | 'Truststore' | 'AuthenticationProfile' | 'ApiToken';
  /** As it was written: an account id, a name, a token's id. */
  readonly entityId: string;
}

export interface ExpiringThing {
  readonly subject: ExpirySubject;
  readonly owner: ExpiryOwner;
  /** Tells it from others of the same owner and subject: a certificate's SHA-256 fingerprint; empty where there is one alone. */
  readonly key: string;
  /** Since when it is valid: what lives for a day is not about to expire from its first minute on. */
  readonly since: string; // ISO 8601
  readonly expiresAt: string; // ISO 8601
}

/** How many days before the end it is told of, farthest first. */
export const thresholdsInDays = [30, 7, 1] as const;
export type ThresholdInDays = (typeof thresholdsInDays)[number];

const day = 86_400_000; // milliseconds

/** The nearest threshold that has been passed; null while there is more time. Expired is nearer than a day. A threshold that the whole life fits into does not count. */
export function thresholdPassed({ since, expiresAt }: Pick<ExpiringThing, 'since' | 'expiresAt'>, now: string): ThresholdInDays | null {
  const end = Date.parse(expiresAt);
  const life = end - Date.parse(since);
  const left = end - Date.parse(now);
  return thresholdsInDays.filter((days) => left <= days * day && life > days * day).at(-1) ?? null;
}

/** Whether accounts that work with it are warned of its end: the same 30 days that the first threshold is. */
export function endsSoon({ expiresAt }: Pick<ExpiringThing, 'expiresAt'>, now: Date): boolean {
  return expiresAt < new Date(now.getTime() + thresholdsInDays[0] * day).toISOString();
}
