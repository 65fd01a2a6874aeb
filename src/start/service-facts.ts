import type { Views } from '../../projections/views.js';
import type { ServiceFacts } from '../../schema/service/service-facts.js';
import { StoreUnavailable, type EventStore } from '../event-store/event-store.js';
import { version } from './version.js';

export interface Watched {
  readonly events: EventStore;
  readonly views: Views;
  readonly startedAt: Date;
  readonly warnings: readonly string[];
}

/** What the service knows of itself at the moment it is asked. It is ready when the log answers and every view follows it. */
export function serviceFacts({ events, views, startedAt, warnings }: Watched): () => Promise<ServiceFacts> {
  return async () => {
    const head = await headOf(events);
    const projections = await views.facts(head.position);
    const stopped = projections.filter(({ state }) => state === 'STOPPED');
    return {
      version,
      startedAt,
      ready: head.available && projections.every(({ state }) => state === 'CURRENT'),
      eventStore: { engine: 'EMBEDDED', available: head.available, headPosition: head.position },
      projections,
      warnings: [
        ...warnings,
        ...stopped.map(
          ({ name, failedEventId }) =>
            `The view ${name} stopped at event ${failedEventId ?? 'unknown'}. The log of the service says why; a version that can take the event goes on from there.`,
        ),
      ],
    };
  };
}

async function headOf(events: EventStore): Promise<{ readonly available: boolean; readonly position: bigint | null }> {
  try {
    return { available: true, position: (await events.headPosition()) ?? null };
  } catch (error) {
    if (!(error instanceof StoreUnavailable)) throw error;
    return { available: false, position: null };
  }
}
