import { eventCatalogue, isKnownEventType } from '../event-catalogue.js';

const none: readonly string[] = [];

/** The paths of the texts in events of this type that go with an account's key. */
export function erasablePaths(type: string): readonly string[] {
  return isKnownEventType(type) ? eventCatalogue[type].erasedWithAccount : none;
}
