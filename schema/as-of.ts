import type { Moment } from '../src/commands/moment.js';
import { NotYetPassed } from '../src/commands/time-in-log.js';
import type { Past, PastView, Services } from './request-context.js';
import { badUserInput } from './top-level-error.js';

/** When something is shown as it was: the moment alone, or with what was read of it. */
export type AsOf = Moment | Past;

type Context = Pick<Services, 'configurationHistory'>;

/** By the context of the request, which goes when it is answered. */
const readings = new WeakMap<Context, PastView>();

/** What the request reads of the past: all its fields together read each stream once. */
export function pastsOf(context: Context): PastView {
  const reading = readings.get(context) ?? context.configurationHistory.reading();
  readings.set(context, reading);
  return reading;
}

/** To be called for each event that a subscription tells of: its context lasts as long as it does, and what was read for the event before would be shown again. */
export function readPastsAnew(context: Context): void {
  readings.delete(context);
}

/** As it all was at the time that the argument `at` gives. @throws {GraphQLError} BAD_USER_INPUT, a time that has not passed. */
export async function pastAt(time: Date, context: Context): Promise<Past> {
  try {
    return await pastsOf(context).at(time);
  } catch (error) {
    if (error instanceof NotYetPassed) throw badUserInput(error.message, 'at');
    throw error;
  }
}

/** All that there was then; null for now. */
export function pastOf(asOf: AsOf | null, context: Context): Past | null {
  if (asOf === null) return null;
  return 'moment' in asOf ? asOf : pastsOf(context).of(asOf);
}
