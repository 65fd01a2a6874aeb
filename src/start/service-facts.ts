import type { Views } from '../../projections/views.js';
import type { ServiceFacts } from '../../schema/service/service-facts.js';
import { StoreUnavailable, type EventStore } from '../event-store/event-store.js';
import { SecretStoreUnavailable } from '../secret-store/secret-store.js';
import { version } from './version.js';

export interface Watched {
  readonly engine: ServiceFacts['eventStore']['engine'];
  readonly events: EventStore;
  readonly views: Views;
  readonly startedAt: Date;
  /** What an operator should mend, a sentence each. May throw SecretStoreUnavailable. */
  readonly warnings: () => Promise<readonly string[]>;
}

/** What the service knows of itself at the moment it is asked. It is ready when the log answers and every view follows it. */
export function serviceFacts({ engine, events, views, startedAt, warnings }: Watched): () => Promise<ServiceFacts> {
  return async () => {
    const { head, projections } = await askLog(events, views);
    const stopped = projections.filter(({ state }) => state === 'STOPPED');
    return {
      version,
      startedAt,
      ready: head.available && projections.every(({ state }) => state === 'CURRENT'),
      eventStore: { engine, available: head.available, headPosition: head.position },
      projections,
      warnings: [
        ...(await toldWarnings(warnings)),
        ...stopped.map(
          ({ name, failedEventId }) =>
            `The view ${name} stopped at event ${failedEventId ?? 'unknown'}. The log of the service says why; a version that can take the event goes on from there.`,
        ),
      ],
    };
  };
}

/** A store that does not answer has nothing to say beside that, and that is told elsewhere. */
async function toldWarnings(warnings: Watched['warnings']): Promise<readonly string[]> {
  try {
    return await warnings();
  } catch (error) {
    if (!(error instanceof SecretStoreUnavailable)) throw error;
    return [];
  }
}

/** Where the views are they know themselves; how far behind that is, only the log knows. */
async function askLog(events: EventStore, views: Views) {
  try {
    const position = (await events.headPosition()) ?? null;
    return { head: { available: true, position }, projections: await views.facts(position) };
  } catch (error) {
    if (!(error instanceof StoreUnavailable)) throw error;
    return { head: { available: false, position: null }, projections: await views.facts(null) };
  }
}
