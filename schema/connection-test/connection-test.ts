import { Field, ID, Int, ObjectType } from 'type-graphql';
import type { AccountConnectionTest } from '../../src/commands/connection-tests.js';
import { isStale, type EmailAccountSnapshot } from '../../src/domain/email-account/snapshot.js';
import { Actor } from '../actor/actor.js';
import { DateTime } from '../date-time/date-time-scalar.js';
import { enumeration } from '../enumeration.js';
import { globalId } from '../node/global-id.js';
import { Node } from '../node/node.js';
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

  constructor(test: AccountConnectionTest) {
    this.#test = test;
  }

  get id(): string {
    const { accountId, recordedAtVersion, testId } = this.#test;
    return globalId('ConnectionTest', accountId === null || recordedAtVersion === null ? testId : storedTestKey(accountId, recordedAtVersion));
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

/** The last test of the account, as the snapshot knows it. `current` is the account as it is now, where the snapshot is an older one. */
export function lastTestOf(snapshot: EmailAccountSnapshot, current: EmailAccountSnapshot | null = snapshot): ConnectionTest | null {
  const { account, connectionTest } = snapshot;
  if (connectionTest === null) return null;
  const stale = isStale(snapshot) || current === null || connectionTest.testedVersion < current.settingsVersion;
  return new ConnectionTest({ ...connectionTest, accountId: account.accountId, accountVersion: connectionTest.testedVersion, stale });
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
