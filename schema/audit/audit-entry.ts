import { Field, ID, Int, InterfaceType, ObjectType } from 'type-graphql';
import type { SecretChange as SecretChangeName } from '../../src/domain/email-account/secret-change.js';
import type { Role as RoleName } from '../../src/domain/access/role.js';
import { Role } from '../access/role.js';
import { Actor } from '../actor/actor.js';
import { DateTime } from '../date-time/date-time-scalar.js';
import { enumeration } from '../enumeration.js';
import { Json } from '../json/json-scalar.js';
import type { AuditOutcome as Outcome, AuditRow } from './audit-row.js';

export const AuditOutcome = enumeration<Outcome>('AuditOutcome', 'What came of what was attempted.', {
  ACCEPTED: 'It was done.',
  NO_CHANGE: 'It was allowed, and everything was so already.',
  REFUSED: 'A rule refused it.',
  DENIED: "The caller's role does not allow it, nobody proved who they are, or the caller had asked for more than its share.",
  CONFLICT: 'Somebody else had made a change since the caller looked.',
  FAILED: 'A fault kept it from being done.',
});

@ObjectType({ description: 'Where a request came from.' })
export class RequestOrigin {
  @Field(() => ID, { description: "The request's id, as its response and the service's log name it." })
  readonly requestId!: string;

  @Field(() => String, { nullable: true, description: "The caller's IP address. Null for the service itself." })
  readonly ip!: string | null;

  @Field(() => String, { nullable: true, description: 'What the caller said of its program, shortened. Null when it said nothing.' })
  readonly userAgent!: string | null;

  @Field(() => String, { nullable: true, description: 'The name that the calling application gave itself. Null when it gave none.' })
  readonly clientName!: string | null;
}

export const SecretChange = enumeration<SecretChangeName>('SecretChange', 'What became of a secret, told without it.', {
  SET: 'There was none, and now there is one.',
  CHANGED: 'Another was entered, or brought back. Of two versions that lie apart it is not told whether a value came back.',
  ENTERED_AGAIN: 'It was entered again, unchanged: another version with the value of the one right before.',
  CLEARED: 'There is none any more.',
  LOST: 'A revert could not bring it back: it has to be entered again.',
});

@ObjectType({ description: 'One field that changed.' })
export class FieldChange {
  @Field(() => String, { description: 'Which, e.g. `sender.connection.port`.' })
  readonly path!: string;

  @Field(() => Json, { nullable: true, description: 'What it was; null when it was not there, and for a secret.' })
  readonly before!: unknown;

  @Field(() => Json, { nullable: true, description: 'What it became; null when it is no more, and for a secret.' })
  readonly after!: unknown;

  @Field(() => Boolean, { description: 'Whether it is a secret: then all that is told is that it changed, never what.' })
  readonly secret!: boolean;

  @Field(() => SecretChange, { nullable: true, description: 'What became of a secret; null for what is none.' })
  readonly secretChange?: SecretChangeName | null;
}

@InterfaceType({
  description:
    'Something that happened, or was attempted and refused: who, when, why, from where, and which fields changed. Never altered, never removed. One type an event implements it.',
})
export abstract class AuditEntry {
  readonly #row: AuditRow;

  constructor(row: AuditRow) {
    this.#row = row;
  }

  @Field(() => ID, { description: "The event's own id." })
  get id(): string {
    return this.#row.id;
  }

  @Field(() => String, { description: 'Where it stands in the log: opaque, and the cursor of this entry in every list of entries.' })
  get position(): string {
    return this.#row.position.toString();
  }

  @Field(() => DateTime, { description: 'When it was recorded. Never decreases along the log.' })
  get occurredAt(): string {
    return this.#row.occurredAt;
  }

  @Field(() => String, { description: 'What happened, e.g. `AccountRenamed`: the name of the type without `Entry`.' })
  get action(): string {
    return this.#row.action;
  }

  @Field(() => AuditOutcome, { description: 'What came of it.' })
  get outcome(): Outcome {
    return this.#row.outcome;
  }

  @Field(() => Actor, { description: 'Who did it.' })
  get actor(): Actor {
    return this.#row.actor;
  }

  @Field(() => Role, { nullable: true, description: 'The role that they had then; null for the service itself and for whoever is not known.' })
  get actorRole(): RoleName | null {
    return this.#row.actorRole;
  }

  @Field(() => ID, {
    nullable: true,
    description: 'The id of the API token that was shown with the request; null where none was: whoever comes back from a provider shows none.',
  })
  get tokenId(): string | null {
    return this.#row.tokenId;
  }

  @Field(() => Int, {
    nullable: true,
    description: 'The version that `revertEmailAccount` brought back with this: so a revert is told apart from other changes. Null for what is none.',
  })
  get revertedToVersion(): number | null {
    return this.#row.revertedToVersion;
  }

  @Field(() => String, { nullable: true, description: 'Why, as they said; null when they gave no reason.' })
  get reason(): string | null {
    return this.#row.reason;
  }

  @Field(() => String, { description: 'What kind of thing it was done to, e.g. `EmailAccount`, `ApiToken`.' })
  get entityType(): string {
    return this.#row.entityType;
  }

  @Field(() => ID, { description: "Which one, e.g. the account's `accountId`." })
  get entityId(): string {
    return this.#row.entityId;
  }

  @Field(() => Int, { nullable: true, description: 'The version of it that this made; null where nothing changed.' })
  get version(): number | null {
    return this.#row.version;
  }

  @Field(() => [FieldChange], { description: 'Field by field, before and after. Empty where nothing changed.' })
  get changes(): AuditRow['changes'] {
    return this.#row.changes;
  }

  @Field(() => ID, { description: 'The same for everything that came of one request.' })
  get correlationId(): string {
    return this.#row.correlationId;
  }

  @Field(() => ID, { nullable: true, description: 'The command that caused it; null where nothing did.' })
  get causationId(): string | null {
    return this.#row.causationId;
  }

  @Field(() => RequestOrigin, { nullable: true, description: 'Where the request came from; null where there was none.' })
  get origin(): RequestOrigin | null {
    return this.#row.origin;
  }
}
