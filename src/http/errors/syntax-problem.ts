import { GraphQLError } from 'graphql';

/**
 * A syntax error with its place, without what stands there in the document: that may be a piece of a password. Of graphql-js's text only the kinds of tokens are kept.
 * @param maximumTokens how many tokens a document may have.
 */
export function syntaxProblem(error: GraphQLError, maximumTokens: number): GraphQLError {
  const extensions = { code: 'GRAPHQL_PARSE_FAILED' };
  const tooLong = /^Syntax Error: Document contains more th\w+ \d+ tokens/.test(error.message);
  const message = tooLong
    ? `The document has more than ${maximumTokens} tokens, and no more are read. Split it into several requests, and pass values as variables.`
    : `The document is not valid GraphQL${whereIn(error)}: ${whatIsWrong(error.message)}.`;
  return new GraphQLError(message, { ...(error.source && { source: error.source }), ...(error.positions && { positions: error.positions }), extensions });
}

function whereIn(error: GraphQLError): string {
  const [place] = error.locations ?? [];
  return place ? ` at line ${place.line}, column ${place.column}` : '';
}

function whatIsWrong(message: string): string {
  const [, expected, found] =
    /^Syntax Error: Expected ("[^"\w]{1,3}"|[A-Za-z]+)(?: or "[^"\w]{1,3}")?, found ("[^"\w]{1,3}"|<EOF>|[A-Za-z]+)/.exec(message) ?? [];
  if (expected !== undefined && found !== undefined) return `expected ${expected}, found ${found === '<EOF>' ? 'its end' : found}`;
  const unexpected = /^Syntax Error: Unexpected ("[^"\w]{1,3}"|<EOF>|[A-Z][A-Za-z]+)/.exec(message)?.[1];
  if (unexpected !== undefined) return `unexpected ${unexpected === '<EOF>' ? 'end' : unexpected}`;
  if (message.startsWith('Syntax Error: Unterminated string')) return 'a string is not closed';
  return 'something here is no part of the language';
}
