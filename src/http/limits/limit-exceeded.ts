import { GraphQLError } from 'graphql';

export type LimitName = 'depth' | 'aliases' | 'rootFields' | 'cost' | 'selections' | 'operations';

/** The request asks for more than one request may. The limit and what was asked stand in the message and in `extensions`. */
export function limitExceeded(limit: LimitName, asked: number, allowed: number): GraphQLError {
  return new GraphQLError(`${inWords[limit](asked, allowed)} Ask for less at once.`, {
    extensions: { code: 'COST_LIMIT_EXCEEDED', limit, asked, allowed, http: { status: 400 } },
  });
}

const inWords: Readonly<Record<LimitName, (asked: number, allowed: number) => string>> = {
  depth: (asked, allowed) => `The operation nests fields ${asked} deep, and at most ${allowed} are allowed.`,
  aliases: (asked, allowed) => `The operation has ${asked} aliases, and at most ${allowed} are allowed.`,
  rootFields: (asked, allowed) => `The operation has ${asked} root fields, and at most ${allowed} are allowed.`,
  cost: (asked, allowed) => `The operation asks for up to ${asked} objects, and at most ${allowed} are allowed. Smaller pages (\`first\`) cost less.`,
  selections: (_asked, allowed) => `With its fragments written out, the operation has more than ${allowed} selections.`,
  operations: (asked, allowed) => `This would be operation ${asked} at a time on this connection, and at most ${allowed} are allowed.`,
};
