import { Gauge, type Registry } from 'prom-client';
import type { Views } from '../../projections/views.js';

const states = ['CURRENT', 'CATCHING_UP', 'BUILDING', 'STOPPED'] as const;

/** How far each view is, for whoever watches the service. */
export function viewMetrics(registry: Registry, views: Views): void {
  registry.registerMetric(
    new Gauge({
      name: 'postledger_projection_state',
      help: 'Whether a view is in this state: 1 in one of them, 0 in the others.',
      labelNames: ['projection', 'state'],
      registers: [],
      collect() {
        for (const { name, state } of views.statuses()) for (const each of states) this.set({ projection: name, state: each }, each === state ? 1 : 0);
      },
    }),
  );
  registry.registerMetric(
    new Gauge({
      name: 'postledger_projection_position',
      help: 'Up to where in the log a view is.',
      labelNames: ['projection'],
      registers: [],
      collect() {
        for (const { name, position } of views.statuses()) this.set({ projection: name }, Number(position ?? 0n));
      },
    }),
  );
}
