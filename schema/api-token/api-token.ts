import { Field, ObjectType } from 'type-graphql';
import type { IssuedApiToken } from '../../src/commands/api-token-commands.js';
import type { Role as RoleName } from '../../src/domain/access/role.js';
import { Role } from '../access/role.js';
import { Actor } from '../actor/actor.js';
import { DateTime } from '../date-time/date-time-scalar.js';
import { globalId } from '../node/global-id.js';
import { Node } from '../node/node.js';
import { connectionOf } from '../paging/connection.js';

@ObjectType({ implements: Node, description: 'A token that a program shows to be let in. What it reads is told once, when it is issued, and stored nowhere.' })
export class ApiToken implements Node {
  readonly #token: IssuedApiToken;

  constructor(token: IssuedApiToken) {
    this.#token = token;
  }

  get id(): string {
    return globalId('ApiToken', this.#token.id);
  }

  @Field(() => String, { description: 'Its name, for people: it stands in the audit trail.' })
  get name(): string {
    return this.#token.name;
  }

  @Field(() => Role, { description: 'What its holder may do.' })
  get role(): RoleName {
    return this.#token.role;
  }

  @Field(() => DateTime, { description: 'When it was issued.' })
  get createdAt(): string {
    return this.#token.createdAt;
  }

  @Field(() => Actor, { description: 'Who issued it.' })
  get createdBy(): Actor {
    return this.#token.createdBy;
  }

  @Field(() => DateTime, { nullable: true, description: 'When it ends; null when it does not.' })
  get expiresAt(): string | null {
    return this.#token.expiresAt;
  }

  @Field(() => DateTime, { nullable: true, description: 'When it was last used, to the hour; null when it never was.' })
  get lastUsedAt(): string | null {
    return this.#token.lastUsedAt;
  }

  @Field(() => DateTime, { nullable: true, description: 'When it was revoked; null while it holds.' })
  get revokedAt(): string | null {
    return this.#token.revokedAt;
  }
}

export const ApiTokenConnection = connectionOf('ApiToken', 'API tokens', () => ApiToken, true);
export type ApiTokenConnection = InstanceType<typeof ApiTokenConnection>;
