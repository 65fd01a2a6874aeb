import { describe, expect, it } from 'vitest';
import { pastOf, pastsOf, readPastsAnew } from '../../schema/as-of.js';
import { ConfigurationHistory } from '../../src/commands/configuration-history.js';
import { creation, History } from '../projections/histories.js';

const history = new History();
history.account('a', creation('a'));
const configurationHistory = new ConfigurationHistory(history.log, { profileMilestone: () => null }, { lastPosition: () => Promise.resolve(1n) });
const moment = { name: 'a:1', time: history.now, position: 1n };

describe('what a request reads of the past', () => {
  it('is shared by all its fields, and by no other request', async () => {
    const [one, other] = [{ configurationHistory }, { configurationHistory }];
    expect(pastOf(moment, one)).toBe(pastOf({ ...moment }, one));
    expect(await pastsOf(one).ofVersion('A', 1)).toBe(pastOf(moment, one));
    expect(pastOf(moment, other)).not.toBe(pastOf(moment, one));
  });

  it('is read anew for each event that a subscription tells of: an account that was erased meanwhile is not shown again', async () => {
    const context = { configurationHistory };
    expect(await pastOf(moment, context)?.account('a')).not.toBeNull();
    history.account('a', { type: 'EraseAccount', confirmation: 'a', reason: 'asked' });
    readPastsAnew(context);
    expect(await pastOf(moment, context)?.account('a')).toBeNull();
  });
});
