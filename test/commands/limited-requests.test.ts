import { describe, expect, it } from 'vitest';
import { LimitedRequests } from '../../src/commands/limited-requests.js';
import { callOf } from './opened-commands.js';

function recording() {
  const recorded: { by: string; tokenId: string | null; ip: string | null; command: string; entityId: string; correlationId: string; count: number }[] = [];
  const limited = new LimitedRequests(
    {
      requestsLimited: ({ actor, tokenId, ip, correlationId }, { command, entityId }, count) => {
        recorded.push({ by: actor.id, tokenId, ip, command, entityId, correlationId, count });
        return Promise.resolve({ revision: 0n, position: 0n });
      },
    },
    (error) => expect.fail(String(error)),
  );
  const ask = (by: string, command = 'testConnection') =>
    limited.add({ ...callOf(by), correlationId: `of-${by}` }, { command, entityType: 'EmailAccount', entityId: `account-of-${by}` });
  return { recorded, limited, ask };
}

describe('requests beyond a rate limit, of more than a thousand callers in a minute', () => {
  it('are told of those who made them: nobody has those of another', async () => {
    const { recorded, limited, ask } = recording();
    for (let n = 0; n < 1_001; n++) ask(`caller-${n}`);
    for (let n = 0; n < 500; n++) ask('caller-0');
    ask('innocent');
    await limited.stop();
    const of = (by: string) => recorded.filter((each) => each.by === by).map(({ count }) => count);
    expect(of('caller-0')).toEqual([1, 500]);
    expect(of('caller-1000')).toEqual([1]);
    expect(of('innocent')).toEqual([]);
  });

  it('are all told, in bounded records, and those of many callers together of no one', async () => {
    const { recorded, limited, ask } = recording();
    for (let n = 0; n < 1_500; n++) ask(`caller-${n}`);
    await limited.stop();
    expect(recorded.reduce((sum, { count }) => sum + count, 0)).toBe(1_500);
    expect(recorded).toHaveLength(1_002);
    expect(recorded.at(-1)).toEqual({
      by: 'anonymous',
      tokenId: null,
      ip: null,
      command: 'testConnection',
      entityId: 'postledger',
      correlationId: expect.not.stringMatching(/^of-/) as unknown,
      count: 499,
    });
  });
});
