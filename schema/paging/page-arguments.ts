import { ArgsType, Field, Int } from 'type-graphql';
import { badUserInput } from '../top-level-error.js';

/** The most entries that one page may have. */
export const maximumPageSize = 100;
export const defaultPageSize = 20;

@ArgsType()
export class PageArguments {
  @Field(() => Int, {
    nullable: true,
    description: `The page is the first so many entries after \`after\`. 1 to ${maximumPageSize}; default ${defaultPageSize} unless \`last\` is given. Not together with \`last\`.`,
  })
  readonly first?: number | null;

  @Field(() => String, { nullable: true, description: 'Only what comes after this cursor, which is not part of the page. Default: from the beginning.' })
  readonly after?: string | null;

  @Field(() => Int, {
    nullable: true,
    description: `The page is the last so many entries before \`before\`. 1 to ${maximumPageSize}. Not together with \`first\`.`,
  })
  readonly last?: number | null;

  @Field(() => String, { nullable: true, description: 'Only what comes before this cursor, which is not part of the page. Default: to the end.' })
  readonly before?: string | null;
}

/** Which part of a list is asked for. */
export interface PageRequest {
  /** `first` counts from the beginning of the range, `last` from its end. */
  readonly take: 'first' | 'last';
  readonly size: number;
  readonly after: string | null;
  readonly before: string | null;
}

/** @throws {GraphQLError} BAD_USER_INPUT, with the argument named. */
export function pageRequest({ first, after, last, before }: PageArguments): PageRequest {
  const range = { after: after ?? null, before: before ?? null };
  if (last === null || last === undefined) return { take: 'first', size: pageSize(first ?? defaultPageSize, 'first'), ...range };
  if (first !== null && first !== undefined) throw badUserInput('Take either first or last, not both.', 'last');
  return { take: 'last', size: pageSize(last, 'last'), ...range };
}

function pageSize(size: number, argument: string): number {
  if (size < 1 || size > maximumPageSize) throw badUserInput(`${argument} must be between 1 and ${maximumPageSize}.`, argument);
  return size;
}
