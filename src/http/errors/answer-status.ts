import type { GraphQLError, GraphQLFormattedError } from 'graphql';
import { asksForJsonByName } from '../media-type.js';

/** The status of an answer with these errors, none of which kept the operation from running: 200, unless an error asks for another one. */
export function statusFor(errors: readonly GraphQLError[], accept: string | undefined): number {
  const status = errors.map(({ extensions }) => statusIn(extensions['http'])).findLast((each) => each !== null) ?? 200;
  return isForLegacyClient(status, accept) ? 200 : status;
}

function statusIn(http: unknown): number | null {
  return typeof http === 'object' && http !== null && 'status' in http && typeof http.status === 'number' ? http.status : null;
}

/** What failed before any field was asked comes with 400, but with 200 to whoever asked for application/json. */
export function isForLegacyClient(status: number | undefined, accept: string | undefined): boolean {
  return status === 400 && asksForJsonByName(accept);
}

/** The longest that any of the errors asks to wait, in seconds. */
export function retryAfterSeconds(errors: readonly GraphQLFormattedError[]): number | null {
  const seconds = errors.map(({ extensions }) => extensions?.['retryAfterSeconds']).filter((each) => typeof each === 'number');
  return seconds.length === 0 ? null : Math.max(...seconds);
}
