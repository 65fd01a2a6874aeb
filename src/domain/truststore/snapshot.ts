import type { TruststoreEvent } from './events.js';
import { evolve, initialState, type PresentTruststore } from './state.js';

/** The truststore with what its history says of it. */
export interface TruststoreSnapshot {
  readonly truststore: PresentTruststore;
  /** The stream's revision + 1: an earlier truststore of the name counts as well. */
  readonly version: number;
  readonly createdAt: string; // ISO 8601
  readonly updatedAt: string; // ISO 8601
}

/** The snapshot after the event; null while there is no truststore of the name. */
export function evolveTruststoreSnapshot(
  before: TruststoreSnapshot | null,
  event: TruststoreEvent,
  { revision, recordedAt }: { readonly revision: bigint; readonly recordedAt: Date },
): TruststoreSnapshot | null {
  const truststore = evolve(before?.truststore ?? initialState, event);
  if (truststore.status === 'absent') return null;
  const at = recordedAt.toISOString();
  return { truststore, version: Number(revision) + 1, createdAt: before?.createdAt ?? at, updatedAt: at };
}
