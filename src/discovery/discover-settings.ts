import { addressOf, type Address } from './address.js';
import type { Candidate, DiscoverSettings, DiscoverySource, DiscoverySourceResult } from './discovery-port.js';
import type { Means, ProbedServer } from './means.js';
import { completed } from './provider-candidates.js';
import { ranked, rankOf } from './ranking.js';
import { foundNothing, SourceFailed, type Finding, type Source } from './source.js';
import { catalogue } from './sources/catalogue.js';
import { dnsSrv } from './sources/dns-srv.js';
import { exchangeAutodiscover } from './sources/exchange-autodiscover.js';
import { guess } from './sources/guess.js';
import { mailExchanger } from './sources/mail-exchanger.js';
import { providerAutoconfig } from './sources/provider-autoconfig.js';
import { thunderbirdDatabase } from './sources/thunderbird-database.js';
import { Stopped, TimeIsUp, TimeLimit } from './time-limit.js';
import { Verification } from './verification.js';

const sources: readonly Source[] = [catalogue, providerAutoconfig, thunderbirdDatabase, dnsSrv, mailExchanger, exchangeAutodiscover];

export interface DiscoveryLimits {
  readonly sourceMilliseconds: number;
  readonly overallMilliseconds: number;
}

/** A source has five seconds, all of it ten. */
export const usualLimits: DiscoveryLimits = { sourceMilliseconds: 5_000, overallMilliseconds: 10_000 };

/** A source is told to end so much earlier that it can still say what it has found. */
const shareForAsking = 0.9;

interface Ended {
  readonly result: DiscoverySourceResult;
  readonly candidates: readonly Candidate[];
}

export function settingsDiscoverer(means: Means, limits: DiscoveryLimits = usualLimits): DiscoverSettings {
  return async function* discover(emailAddress, signal) {
    const startedAt = performance.now();
    const address = addressOf(emailAddress);
    const overall = new TimeLimit(limits.overallMilliseconds, signal);
    const verification = new Verification(means.probe, overall.signal);
    const ended: Ended[] = [];
    const take = (name: DiscoverySource, search: (signal: AbortSignal) => Promise<Finding>) => taken(name, search, overall, limits.sourceMilliseconds);
    try {
      for await (const each of asTheyEnd(sources.map((source) => take(source.name, (limit) => source.search(address, means, limit))))) {
        ended.push(each);
        verification.begin(each.candidates);
        yield { source: each.result };
      }
      const guessed = await take('GUESS', (limit) => lastResort(ended, address, verification, limit));
      ended.push(guessed);
      yield { source: guessed.result };
      await overall.before(verification.settled()).catch(unlessOver);
      const candidates = ranked(
        ended.map(({ result: { source }, candidates: told }) => ({ source, candidates: told })),
        (candidate) => verification.isVerified(candidate),
      );
      const results = ended.map(({ result }) => result).sort((one, other) => rankOf(one.source) - rankOf(other.source));
      yield { discovery: { emailAddress, candidates, sources: results, durationMilliseconds: millisecondsSince(startedAt) } };
    } finally {
      overall.end();
    }
  };
}

/** Guesses the half that nobody told of: how to send, how to receive, or both. */
async function lastResort(ended: readonly Ended[], address: Address, verification: Verification, signal: AbortSignal): Promise<Finding> {
  const told = new Set(ended.flatMap(({ candidates }) => candidates.map(({ protocol }) => protocol)));
  const sends = told.has('SMTP');
  const receives = told.has('IMAP') || told.has('POP3');
  const protocols: readonly ProbedServer['protocol'][] = [...(sends ? [] : (['SMTP'] as const)), ...(receives ? [] : (['IMAP', 'POP3'] as const))];
  if (protocols.length === 0) return foundNothing('There is nothing to guess: other sources tell of servers.');
  return guess(protocols, address, { probe: verification.noted }, signal);
}

/** One source within its time. Whatever it ends with is a result. */
async function taken(source: DiscoverySource, search: (signal: AbortSignal) => Promise<Finding>, overall: TimeLimit, milliseconds: number): Promise<Ended> {
  const startedAt = performance.now();
  const limit = new TimeLimit(milliseconds, overall.signal);
  const asking = new TimeLimit(milliseconds * shareForAsking, limit.signal);
  try {
    const { outcome, message, candidates } = await limit.before(search(asking.signal));
    return { result: { source, outcome, message, durationMilliseconds: millisecondsSince(startedAt) }, candidates: candidates.map(completed) };
  } catch (error) {
    return { result: { source, outcome: 'FAILED', message: failureOf(error), durationMilliseconds: millisecondsSince(startedAt) }, candidates: [] };
  } finally {
    asking.end();
    limit.end();
  }
}

/** @throws what is no failure of a source but a fault of the program. */
function failureOf(error: unknown): string {
  if (error instanceof SourceFailed) return error.message;
  if (error instanceof TimeIsUp) return 'It did not answer in time.';
  if (error instanceof Stopped) return 'It was stopped before it answered.';
  throw error;
}

function unlessOver(error: unknown): void {
  if (!(error instanceof TimeIsUp || error instanceof Stopped)) throw error;
}

/** The results in the order in which they come. */
async function* asTheyEnd<Result>(work: readonly Promise<Result>[]): AsyncGenerator<Result, void> {
  const running = new Map(work.map((promise, index) => [index, promise.then((result) => ({ index, result }))]));
  while (running.size > 0) {
    const { index, result } = await Promise.race(running.values());
    running.delete(index);
    yield result;
  }
}

function millisecondsSince(startedAt: number): number {
  return Math.round(performance.now() - startedAt);
}
