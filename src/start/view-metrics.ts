import { Gauge, type Registry } from 'prom-client';
import type { ServiceFacts } from '../../schema/service/service-facts.js';

type Labels = Readonly<Record<string, string>>;

interface Figure {
  readonly name: string;
  readonly help: string;
  readonly labels: readonly string[];
  /** What is not known is left out: a zero would be believed. */
  readonly of: (facts: ServiceFacts) => readonly (readonly [labels: Labels, value: number])[];
}

const states = ['CURRENT', 'CATCHING_UP', 'BUILDING', 'STOPPED'] as const;

const figures: readonly Figure[] = [
  {
    name: 'postledger_log_available',
    help: 'Whether the event store answers: 1 if it does, else 0.',
    labels: [],
    of: ({ eventStore }) => [[{}, eventStore.available ? 1 : 0]],
  },
  {
    name: 'postledger_log_head_position',
    help: 'The position of the newest event of the log.',
    labels: [],
    of: ({ eventStore: { available, headPosition } }) => (available ? [[{}, Number(headPosition ?? 0n)]] : []),
  },
  {
    name: 'postledger_projection_state',
    help: 'Whether a view is in this state: 1 in one of them, 0 in the others.',
    labels: ['projection', 'state'],
    of: ({ projections }) =>
      projections.flatMap(({ name, state }) => states.map((each) => [{ projection: name, state: each }, each === state ? 1 : 0] as const)),
  },
  {
    name: 'postledger_projection_position',
    help: 'Up to where in the log a view is.',
    labels: ['projection'],
    of: ({ projections }) => projections.map(({ name, position }) => [{ projection: name }, Number(position ?? 0n)]),
  },
  {
    name: 'postledger_projection_events_behind',
    help: 'How many events a view has yet to take: counted up to a hundred, beyond that estimated.',
    labels: ['projection'],
    of: ({ eventStore, projections }) => (eventStore.available ? projections.map(({ name, eventsBehind }) => [{ projection: name }, eventsBehind]) : []),
  },
  {
    name: 'postledger_projection_seconds_behind',
    help: 'How long ago the oldest event that a view has yet to take was recorded, in seconds; 0 when there is none.',
    labels: ['projection'],
    of: ({ eventStore, projections }) => (eventStore.available ? projections.map(({ name, secondsBehind }) => [{ projection: name }, secondsBehind]) : []),
  },
];

/** How far the log and each view are, for whoever watches the service. */
export function viewMetrics(registry: Registry, facts: () => Promise<ServiceFacts>): void {
  const known = onceAtATime(facts);
  for (const { name, help, labels, of } of figures)
    registry.registerMetric(
      new Gauge({
        name,
        help,
        labelNames: [...labels],
        registers: [],
        async collect() {
          const values = of(await known());
          this.reset();
          // A gauge without labels is 0 after a reset, and not away.
          if (labels.length === 0) this.remove();
          for (const [of, value] of values) this.set(of, value);
        },
      }),
    );
}

/** All gauges are asked at once: they tell of the same moment. */
function onceAtATime<Answer>(ask: () => Promise<Answer>): () => Promise<Answer> {
  let asked: Promise<Answer> | null = null;
  return () => {
    asked ??= ask().finally(() => (asked = null));
    return asked;
  };
}
