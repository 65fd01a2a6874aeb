import { Field, ID, ObjectType } from 'type-graphql';
import type { ActorKind as Kind } from '../../src/domain/access/actor.js';
import { enumeration } from '../enumeration.js';

export const ActorKind = enumeration<Kind>('ActorKind', 'As what somebody acted.', {
  USER: 'A person who signed in. Nothing in this version of the service signs people in yet.',
  API_TOKEN: 'The holder of an API token.',
  BOOTSTRAP: "The holder of the first administrator's token, which the first start prints.",
  SYSTEM: 'The service itself.',
  COMMAND_LINE: "Somebody with access to the service's machine, through the command `postledger`.",
  ANONYMOUS: 'Somebody who did not prove who they are.',
});

@ObjectType({ description: 'Who did it, as the audit trail names them.' })
export class Actor {
  @Field(() => ActorKind, { description: 'As what they acted.' })
  readonly kind!: Kind;

  @Field(() => ID, { description: "Stable: the token's id, `system`, `anonymous`." })
  readonly id!: string;

  @Field(() => String, { description: "For people: the token's name. As it was when they acted." })
  readonly displayName!: string;
}
