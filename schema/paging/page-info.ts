import { Field, ObjectType } from 'type-graphql';

@ObjectType({ description: 'Where a page stands in the whole list.' })
export class PageInfo {
  @Field(() => Boolean, { description: 'Whether more comes after this page.' })
  readonly hasNextPage!: boolean;

  @Field(() => Boolean, { description: 'Whether something comes before this page.' })
  readonly hasPreviousPage!: boolean;

  @Field(() => String, { nullable: true, description: 'The cursor of the first entry, for `before`. Null when the page is empty.' })
  readonly startCursor!: string | null;

  @Field(() => String, { nullable: true, description: 'The cursor of the last entry, for `after`. Null when the page is empty.' })
  readonly endCursor!: string | null;
}
