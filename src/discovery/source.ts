import type { StageOutcome } from '../domain/email-account/connection-test.js';
import type { Address } from './address.js';
import type { Candidate, DiscoverySource } from './discovery-port.js';
import type { Means } from './means.js';

/** A place where settings may be found. */
export interface Source {
  readonly name: DiscoverySource;
  /**
   * Ends soon after the signal aborts, with what was found by then.
   * @throws {SourceFailed} it could not be asked, or its answer could not be used.
   */
  search(address: Address, means: Means, signal: AbortSignal): Promise<Finding>;
}

export interface Finding {
  readonly outcome: Exclude<StageOutcome, 'FAILED'>;
  /** A sentence for a person. */
  readonly message: string;
  readonly candidates: readonly Candidate[];
}

/** The message says what could not be done, in a sentence for a person. */
export class SourceFailed extends Error {
  override readonly name = 'SourceFailed';
}

/** No source names more ways than a person can look through. */
const mostCandidates = 20;

export function found(candidates: readonly Candidate[], message: string): Finding {
  return { outcome: 'PASSED', message, candidates: candidates.slice(0, mostCandidates) };
}

export function foundNothing(message: string): Finding {
  return { outcome: 'SKIPPED', message, candidates: [] };
}

/**
 * Asks several places side by side and takes the first, in their order and not in that of their answers, that tells of anything.
 * @throws {SourceFailed} none tells, and one could not be asked: the first that could not.
 */
export async function firstFinding(places: readonly Promise<Finding>[], nothing: string): Promise<Finding> {
  const answers = await Promise.allSettled(places);
  const telling = answers.find((answer) => answer.status === 'fulfilled' && answer.value.candidates.length > 0);
  if (telling?.status === 'fulfilled') return telling.value;
  const failed = answers.find((answer) => answer.status === 'rejected');
  if (failed?.status === 'rejected') throw failed.reason;
  return foundNothing(nothing);
}
