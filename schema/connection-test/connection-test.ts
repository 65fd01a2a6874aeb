import { Field, ID, Int, ObjectType } from 'type-graphql';
import type { AccountConnectionTest } from '../../src/commands/connection-tests.js';
import { isStale, type EmailAccountSnapshot } from '../../src/domain/email-account/snapshot.js';
import { Actor } from '../actor/actor.js';
import { DateTime } from '../date-time/date-time-scalar.js';
import { enumeration } from '../enumeration.js';
import { globalId, keyThen } from '../node/global-id.js';
import { Node } from '../node/node.js';
import type { Past } from '../request-context.js';
import { ConnectionTestStage } from './connection-test-stage.js';

export const ConnectionTestOutcome = enumeration<'PASSED' | 'FAILED'>('ConnectionTestOutcome', 'How a whole connection test ended.', {
  PASSED: 'Every step passed, if need be with warnings.',
  FAILED: 'At least one step failed, or the test was stopped before its end.',
});

@ObjectType({
  implements: Node,
  description:
    'How connecting went, step by step, by the same code that sends and receives. The test of a saved account is kept in its history and found by `node`; the test of a draft is not kept.',
})
export class ConnectionTest implements Node {
  readonly #test: AccountConnectionTest;
  readonly #past: Past | null;

  /** @param past when the account was like this whose last test it is; null for the account as it is now. */
  constructor(test: AccountConnectionTest, past: Past | null = null) {
    this.#test = test;
    this.#past = past;
  }

  get id(): string {
    const { accountId, recordedAtVersion, testId } = this.#test;
    const key = accountId === null || recordedAtVersion === null ? testId : storedTestKey(accountId, recordedAtVersion);
    return globalId('ConnectionTest', keyThen(key, this.#past?.moment));
  }

  @Field(() => ID, { nullable: true, description: 'The account tested; null for a draft of no saved account.' })
  get accountId(): string | null {
    return this.#test.accountId;
  }

  @Field(() => Int, { nullable: true, description: 'The version of the account whose settings were tested; null where a draft took part.' })
  get accountVersion(): number | null {
    return this.#test.accountVersion;
  }

  @Field(() => ConnectionTestOutcome, { description: 'How it ended on the whole.' })
  get outcome(): 'PASSED' | 'FAILED' {
    return this.#test.outcome;
  }

  @Field(() => Boolean, { description: 'Whether settings that a connection depends on changed since: the result then says nothing of the account as it is.' })
  get stale(): boolean {
    return this.#test.stale;
  }

  @Field(() => [ConnectionTestStage], { description: 'The steps in the order in which they ended.' })
  get stages(): readonly ConnectionTestStage[] {
    return this.#test.stages;
  }

  @Field(() => DateTime, { description: 'When it began.' })
  get startedAt(): string {
    return this.#test.startedAt;
  }

  @Field(() => Int, { description: 'How long it took, in milliseconds. A test is stopped after 20,000.' })
  get durationMilliseconds(): number {
    return this.#test.durationMilliseconds;
  }

  @Field(() => Actor, { description: 'Who asked for it.' })
  get startedBy(): Actor {
    return this.#test.startedBy;
  }
}

interface Seen {
  /** The account as it is now, where the snapshot is an older one and the test is judged by today's settings. */
  readonly current?: EmailAccountSnapshot;
  /** When the account was as the snapshot says, where that is all that the test is judged by. */
  readonly past?: Past | null;
}

/** The last test of the account, as the snapshot knows it. */
export function lastTestOf(snapshot: EmailAccountSnapshot, { current = snapshot, past = null }: Seen = {}): ConnectionTest | null {
  const { account, connectionTest } = snapshot;
  if (connectionTest === null) return null;
  const stale = isStale(snapshot) || connectionTest.testedVersion < current.settingsVersion;
  return new ConnectionTest({ ...connectionTest, accountId: account.accountId, accountVersion: connectionTest.testedVersion, stale }, past);
}

/** What names a stored test: the account and the version that its record made. */
export function storedTestKey(accountId: string, recordedAtVersion: number): string {
  return `${accountId.toLowerCase()}:${recordedAtVersion}`;
}

/** Null for a test of a draft, which is stored nowhere. */
export function parseStoredTestKey(key: string): { readonly accountId: string; readonly recordedAtVersion: number } | null {
  const [, accountId, version] = /^([a-z][a-z0-9-]*):([1-9]\d{0,8})$/.exec(key) ?? [];
  return accountId === undefined || version === undefined ? null : { accountId, recordedAtVersion: Number(version) };
}
