const hour = 3_600_000;
const day = 24 * hour;

/** What a sweep has to know of a secret. Times are milliseconds since 1970. */
export interface SweptSecret {
  /** When it was stored, or when a sweep last found it referred to. */
  readonly lookedAt: number;
  readonly wasCurrent: boolean;
  readonly supersededAt: number | null;
}

/**
 * When a sweep next has to ask whether the account refers to it. A secret just stored waits for its event. One that was referred to is looked at again each day, in case the note of its
 * supersession got lost.
 */
export function dueAt({ lookedAt, wasCurrent, supersededAt }: SweptSecret, grace: number): number {
  if (supersededAt !== null) return supersededAt + grace;
  return lookedAt + (wasCurrent ? day : hour);
}

/** What becomes of a secret that is due. */
export function verdict({ wasCurrent, supersededAt }: SweptSecret, isCurrent: boolean): 'confirm' | 'supersede' | 'delete' {
  if (isCurrent) return 'confirm';
  return supersededAt === null && wasCurrent ? 'supersede' : 'delete';
}

/** How long a superseded secret stays when nobody says otherwise, in milliseconds. */
export const usualGrace = day;
