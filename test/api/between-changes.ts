import { vi } from 'vitest';
import type { TestService } from './service.js';

/** A time after everything so far, and before everything from now on. */
export async function betweenChanges(service: TestService): Promise<string> {
  const { auditTrail } = await service.data<{ auditTrail: { nodes: { occurredAt: string }[] } }>('{ auditTrail(last: 1) { nodes { occurredAt } } }');
  const [newest] = auditTrail.nodes;
  if (!newest) throw new Error('Nothing has happened yet.');
  const at = Date.parse(newest.occurredAt) + 1;
  await vi.waitUntil(() => Date.now() > at, { interval: 1 });
  return new Date(at).toISOString();
}
