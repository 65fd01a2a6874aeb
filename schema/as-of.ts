import type { Moment } from '../src/commands/moment.js';
import type { Past, Services } from './request-context.js';

/** When something is shown as it was: the moment alone, or with what was read of it. */
export type AsOf = Moment | Past;

/** All that there was then; null for now. */
export function pastOf(asOf: AsOf | null, { configurationHistory }: Pick<Services, 'configurationHistory'>): Past | null {
  if (asOf === null) return null;
  return 'moment' in asOf ? asOf : configurationHistory.of(asOf);
}
