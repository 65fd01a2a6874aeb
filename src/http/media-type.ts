const json = 'application/json; charset=utf-8';
const graphqlResponse = 'application/graphql-response+json; charset=utf-8';

/** In which of the two media types of GraphQL over HTTP a client wants its answer. One that accepts anything gets `application/json`. */
export function answerMediaType(accept: string | undefined): string {
  return accept !== undefined && quality(accept, 'application/graphql-response+json') > Math.max(quality(accept, 'application/json'), 0)
    ? graphqlResponse
    : json;
}

/**
 * Whether the answer goes to a client that asked for `application/json` by name. Such clients take any status but 200 for a failure of the transport, so an error that GraphQL
 * itself reports comes with 200 (GraphQL over HTTP, "Legacy watershed").
 */
export function asksForJsonByName(accept: string | undefined): boolean {
  return accept !== undefined && quality(accept, 'application/json') > 0 && answerMediaType(accept) === json;
}

export function accepts(accept: string | undefined, mediaType: string): boolean {
  return accept !== undefined && quality(accept, mediaType) > 0;
}

/** The q-value that the header gives the media type by name (RFC 9110 §12.5.1); 0 where it does not name it. */
function quality(accept: string, mediaType: string): number {
  for (const range of accept.split(',')) {
    const [name = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
    if (name !== mediaType) continue;
    const q = parameters.find((parameter) => parameter.startsWith('q='));
    return q === undefined ? 1 : Number(q.slice(2)) || 0;
  }
  return 0;
}
