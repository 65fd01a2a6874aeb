import { Ctx, Field, ObjectType, Query, Resolver } from 'type-graphql';
import { permissionsOf } from '../../src/domain/access/policy.js';
import type { Role as RoleName } from '../../src/domain/access/role.js';
import { Actor } from '../actor/actor.js';
import { DateTime } from '../date-time/date-time-scalar.js';
import type { RequestContext } from '../request-context.js';
import { Role } from './role.js';

@ObjectType({ description: 'Whoever is calling.' })
export class Viewer {
  @Field(() => Actor, { description: 'As the audit trail will name them.' })
  readonly actor!: Actor;

  @Field(() => Role, { description: 'What they may do.' })
  readonly role!: RoleName;

  @Field(() => [String], { description: 'The names of the queries, mutations and subscriptions that they may use.' })
  readonly permissions!: readonly string[];

  @Field(() => [String], { description: 'Of the mutations that they may use, those that are refused without a `reason` of at least 10 letters or digits.' })
  readonly reasonRequiredFor!: readonly string[];

  @Field(() => DateTime, { nullable: true, description: 'When their access ends; null when it does not.' })
  readonly expiresAt!: Date | null;
}

@Resolver()
export class ViewerQuery {
  @Query(() => Viewer, { description: 'Who is calling, and what they may do.' })
  viewer(@Ctx() { call, accessEndsAt, reasonPolicy }: RequestContext): Viewer {
    const permissions = permissionsOf(call.role);
    const reasonRequiredFor = permissions.filter((name) => reasonPolicy.has(name));
    return { actor: call.actor, role: call.role, permissions, reasonRequiredFor, expiresAt: accessEndsAt };
  }
}
