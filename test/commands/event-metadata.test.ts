import { describe, expect, it } from 'vitest';
import { anonymousActor } from '../../src/domain/access/actor.js';
import { commandIdOf, derivedId } from '../../src/commands/event-metadata.js';

describe('derived ids', () => {
  // Computed by the npm package uuid 14.0.3. A retry after an upgrade must find what was written before it.
  it('are UUIDs of version 5, and the same in every release', () => {
    const actor = { kind: 'API_TOKEN', id: 'token-1', displayName: 'Token 1' } as const;
    const call = { actor, role: 'EDITOR', tokenId: 'token-1', requestId: 'r', correlationId: 'c', ip: null, userAgent: null, clientName: null } as const;
    expect(commandIdOf(call, 'key 1')).toBe('ba7839f7-d644-5e70-ab83-37b5e85f6df4');
    expect(commandIdOf({ ...call, actor: anonymousActor }, 'key 1')).not.toBe(commandIdOf(call, 'key 1'));
    expect(derivedId('0189f7a2-4c1e-7d3a-9b55-0123456789ab', 'event 0')).toBe('eb87efb8-e985-54c1-a4f2-85578843db48');
  });

  it('have the version and the variant of RFC 9562 in their places', () => {
    for (let part = 0; part < 100; part++)
      expect(derivedId('a', String(part))).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });
});
