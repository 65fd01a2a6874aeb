import { Field, ID, InterfaceType } from 'type-graphql';

@InterfaceType({ description: 'Something with an id that is unique over all types: what client caches normalise by.' })
export abstract class Node {
  @Field(() => ID, {
    description:
      'Opaque and stable. The query `node` finds the object by it. Something as it was at a version or a time has an id of its own, so that no cache takes it for what it is now.',
  })
  readonly id!: string;
}
