import type { Actor } from '../src/domain/access/actor.js';
import type { PostledgerEvent } from '../src/domain/event-catalogue.js';
import { emailAccountStream, securityLogStream } from '../src/domain/streams.js';
import type { RecordedEvent, StreamId } from '../src/event-store/event-store.js';
import { Dice } from './dice.js';
import { seededAccountEvents, seededAccountId } from './seed-accounts.js';

/** The same for every length of history: what is common is common in each, what is rare has about as many entries in each. */
export const bulkCorrelation = 'bulk-import';
export const historyBeganAt = Date.parse('2026-01-01T00:00:00.000Z');
const secondsBetween = 20; // between commands
const fewEntries = 12;
const actorCount = 50;

const actors: readonly Actor[] = Array.from({ length: actorCount }, (_, n) => ({ kind: 'USER', id: actorId(n), displayName: `Person number ${n}` }));

/** The first ones do most of it; the last one acts twelve times at all. */
export function actorId(n: number): string {
  return `person-${n}`;
}

/**
 * A history of so many entries as an audit trail has them: accounts that are created and changed, what was refused and denied, who logged in wrongly, with reasons in few common words and
 * many rare ones. Every `left` stands at an even command and every `right` at an odd one; they meet at three of them.
 */
export function* auditHistory(entries: number): Generator<RecordedEvent, void> {
  const dice = new Dice(7);
  const revisions = new Map<StreamId, bigint>();
  let [position, command, accounts] = [0, 0, 0];
  while (position < entries) {
    const at = new Date(historyBeganAt + command * secondsBetween * 1_000);
    const isRare = dice.below(entries) < fewEntries * 2;
    const actor = actors[isRare ? actorCount - 1 : Math.floor((actorCount - 1) * dice.share() ** 3)] ?? actors[0];
    const asked = accounts === 0 || dice.below(5) === 0 ? creationOf(accounts++) : changeOf(dice, accounts, at, isRare);
    const side = command % Math.ceil(entries / 6) === 1 ? 'left and right' : command % 2 === 0 ? 'left' : 'right';
    const rare = isRare ? 'zanzibar' : `ticket ${dice.below(entries)}`;
    const metadata = {
      $correlationId: dice.below(5) === 0 ? bulkCorrelation : `correlation-${command}`,
      $causationId: `command-${command}`,
      actor,
      role: 'EDITOR',
      tokenId: null,
      reason: dice.below(4) === 0 ? null : `Quarterly review, ${side}, ${rare}`,
      requestId: `request-${command}`,
      ip: '127.0.0.1',
      userAgent: 'bench',
      clientName: null,
      schemaVersion: 1,
      commandId: `command-${command}`,
      command: 'seeded',
      inputHash: '',
    };
    const streamId = asked.account === null ? securityLogStream(at) : emailAccountStream(seededAccountId(asked.account));
    for (const [index, { type, data }] of asked.events.entries()) {
      if (++position > entries) return;
      const revision = (revisions.get(streamId) ?? -1n) + 1n;
      revisions.set(streamId, revision);
      yield { id: `${command}-${index}`, type, data: { ...data }, metadata, streamId, revision, position: BigInt(position), recordedAt: at };
    }
    command++;
  }
}

interface Asked {
  /** Null for what goes to the security log. */
  readonly account: number | null;
  readonly events: readonly PostledgerEvent[];
}

function creationOf(account: number): Asked {
  return { account, events: seededAccountEvents(account) };
}

function changeOf(dice: Dice, accounts: number, at: Date, isRare: boolean): Asked {
  // What is worked on is worked on again soon.
  const account = accounts - 1 - Math.floor(Math.min(accounts, 2_000) * dice.share() ** 2);
  const attempt = { command: 'renameEmailAccount', entityType: 'EmailAccount', entityId: seededAccountId(account) };
  const logged = (event: PostledgerEvent): Asked => ({ account: null, events: [event] });
  if (isRare && dice.below(2) === 0) return logged({ type: 'CommandFailed', data: { ...attempt, reference: 'none' } });
  switch (dice.below(8)) {
    case 0:
      return logged({ type: 'CommandRefused', data: { ...attempt, problems: [{ code: 'NAME_TAKEN', field: ['accountName'] }] } });
    case 1:
      return logged({ type: 'AuthenticationFailed', data: { cause: 'UNKNOWN', count: 1 } });
    case 2:
      return logged({ type: 'AccessDenied', data: { ...attempt, role: 'VIEWER' } });
    case 3:
      return logged({ type: 'CommandChangedNothing', data: attempt });
    case 4:
      return { account, events: [{ type: 'AccountDisabled', data: {} }] };
    case 5:
      return { account, events: [{ type: 'AccountEnabled', data: {} }] };
    case 6: {
      const test = { testId: 'test', outcome: 'PASSED', stages: [], startedAt: at.toISOString(), durationMilliseconds: 7 } as const;
      return { account, events: [{ type: 'ConnectionTested', data: { test, testedVersion: 3 } }] };
    }
    default:
      return { account, events: [{ type: 'AccountRenamed', data: { accountName: `Account of team ${dice.below(1_000)}` } }] };
  }
}
