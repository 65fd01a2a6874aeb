import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isInputObjectType, getNullableType } from 'graphql';
import { buildPostledgerSchema } from '../../schema/build-schema.js';
import { parseGlobalId } from '../../schema/node/global-id.js';
import { mutationCases, type MutationCases } from './mutation-cases.js';
import { startSetting, type Setting } from './setting.js';
import type { Response } from './service.js';

/**
 * Every mutation that the schema has, brought to every outcome. A request leaves exactly one record: one entry; where an accepted change is several events, these, under one command and as
 * versions that follow each other. And none is answered before its record is written.
 */
const mutations = Object.values(buildPostledgerSchema().getMutationType()?.getFields() ?? {});
const known = mutations.flatMap(({ name }) => (mutationCases[name] ? [[name, mutationCases[name]] as const] : []));
const conflicting = known.filter(([, { conflict }]) => conflict === undefined);

interface Entry {
  readonly action: string;
  readonly outcome: string;
  readonly actor: { readonly id: string };
  readonly entityType: string;
  readonly entityId: string;
  readonly version: number | null;
  readonly causationId: string | null;
  readonly reference?: string;
}

let setting: Setting;
let viewerToken = '';
let requests = 0;
const ids = new Map<string | undefined, string>();
beforeAll(async () => {
  setting = await startSetting();
  viewerToken = await setting.service.tokenFor('VIEWER');
  await setting.bareAccount('Latest');
  for (const token of [undefined, viewerToken]) {
    const { viewer } = await setting.service.data<{ viewer: { actor: { id: string } } }>('{ viewer { actor { id } } }', {}, token ? { token } : {});
    ids.set(token, viewer.actor.id);
  }
});
afterAll(() => setting.stop());

/** Sends it with a correlation of its own, and answers it with all that stands in the audit trail of it. */
async function sent(mutation: string, input: object, token?: string, takes: (type: string) => boolean = () => true, correlationId = newCorrelation()) {
  setting.refusing.takes = (correlation, type) => correlation !== correlationId || takes(type);
  const answer = await setting.send(mutation, input, { headers: { 'x-correlation-id': correlationId }, ...(token !== undefined && { token }) });
  const { consistencyToken } = await setting.change('enableEmailAccount', { accountId: 'Latest' });
  const { auditTrail } = await setting.service.data<{ auditTrail: { nodes: readonly Entry[] } }>(
    `query ($filter: AuditTrailFilter) { auditTrail(filter: $filter, first: 10) {
       nodes { action outcome actor { id } entityType entityId version causationId ... on CommandFailedEntry { reference } } } }`,
    { filter: { correlationId } },
    { extensions: { consistencyToken } },
  );
  return { answer, entries: auditTrail.nodes };
}

function newCorrelation(): string {
  return `request-${++requests}`;
}

function nameOf(mutation: string, outcome: string): string {
  return `${mutation}-${outcome.toLowerCase().replace('_', '-')}`;
}

/** The entity that the record has to name; any id where it has none before it is there. */
function entityOf({ entityType, named }: MutationCases, input: object): object {
  if (named === null) return { entityType };
  const name = String(Reflect.get(input, named));
  return { entityType, entityId: parseGlobalId(name)?.key ?? name };
}

function isAcknowledged({ data }: Response, mutation: string): boolean {
  return (data?.[mutation] ?? null) !== null;
}

describe('the cases', () => {
  it('are there for every mutation of the schema, and for nothing else', () => {
    expect(Object.keys(mutationCases).sort()).toEqual(mutations.map(({ name }) => name).sort());
  });

  it('have a conflict wherever a version can be expected, and say elsewhere why there is none', () => {
    const versioned = mutations.filter(({ args }) => {
      const type = args[0] && getNullableType(args[0].type);
      return isInputObjectType(type) && 'expectedVersion' in type.getFields();
    });
    expect(conflicting.map(([name]) => name)).toEqual(versioned.map(({ name }) => name));
  });
});

describe.each(known)('%s', (mutation, cases) => {
  const { accepted, refused, actions } = cases;

  it('that is accepted has one record, and is not acknowledged without it', async () => {
    const input = await accepted(setting, nameOf(mutation, 'ACCEPTED'));
    const { answer, entries } = await sentAgain(mutation, input);
    expect([answer.errors, isAcknowledged(answer, mutation)]).toEqual([[], true]);
    expect(entries).toMatchObject(actions.map((action) => ({ action, outcome: 'ACCEPTED', actor: { id: ids.get(undefined) }, ...entityOf(cases, input) })));
    expect(new Set(entries.map(({ causationId }) => causationId)).size).toBe(1);
    const [first] = entries;
    expect(entries.map(({ version }) => version)).toEqual(entries.map((_, index) => (first?.version ?? null) && (first?.version ?? 0) + index));
  });

  it('that a rule refuses has one record', async () => {
    const input = await refused(setting, nameOf(mutation, 'REFUSED'));
    const answer = await expectOne(mutation, input, { action: 'CommandRefused', outcome: 'REFUSED', ...entityOf(cases, input) });
    expect(answer.data?.[mutation]).toMatchObject({
      errors: expect.arrayContaining([expect.objectContaining({ code: expect.any(String) as string })]) as unknown,
    });
  });

  it('that the role does not allow has one record', async () => {
    const input = await accepted(setting, nameOf(mutation, 'DENIED'));
    const unborn = cases.named === null ? { entityType: 'Service', entityId: 'postledger' } : entityOf(cases, input);
    const answer = await expectOne(mutation, input, { action: 'AccessDenied', outcome: 'DENIED', ...unborn }, viewerToken);
    expect(answer.errors).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }]);
  });

  it('that fails has one record, under the reference that the caller is told', async () => {
    const input = await accepted(setting, nameOf(mutation, 'FAILED'));
    const { answer, entries } = await sent(mutation, input, undefined, (type) => type === 'CommandFailed');
    expect(answer.errors).toMatchObject([{ extensions: { code: 'INTERNAL_SERVER_ERROR' } }]);
    const reference: unknown = Reflect.get(answer.errors[0]?.extensions ?? {}, 'reference');
    expect(reference).toEqual(expect.any(String));
    const unborn = cases.named === null ? { entityType: 'Service', entityId: 'postledger' } : entityOf(cases, input);
    expect(entries).toMatchObject([{ action: 'CommandFailed', outcome: 'FAILED', reference, actor: { id: ids.get(undefined) }, ...unborn }]);
  });
});

describe('a mutation that changes nothing', () => {
  it.each(known.flatMap(([mutation, cases]) => (typeof cases.noChange === 'string' ? [] : [[mutation, cases, cases.noChange] as const])))(
    'has one record: %s',
    async (mutation, cases, noChange) => {
      const input = await noChange(setting, nameOf(mutation, 'NO_CHANGE'));
      await expectOne(mutation, input, { action: 'CommandChangedNothing', outcome: 'NO_CHANGE', ...entityOf(cases, input) });
    },
  );

  it.each(known.flatMap(([mutation, cases]) => (typeof cases.noChange === 'string' ? [[mutation, cases.noChange, cases] as const] : [])))(
    'is not %s, however often it is sent: %s',
    async (mutation, _, cases) => {
      const input = await cases.accepted(setting, nameOf(mutation, 'REPEATED'));
      const outcomes = [await sent(mutation, input), await sent(mutation, input)].map(({ entries }) => new Set(entries.map(({ outcome }) => outcome)));
      expect(outcomes).toEqual([new Set(['ACCEPTED']), new Set([expect.stringMatching(/^(?:ACCEPTED|REFUSED)$/)])]);
    },
  );
});

describe('a mutation that conflicts', () => {
  it.each(conflicting)('has one record: %s', async (mutation, cases) => {
    const input = { ...(await cases.accepted(setting, nameOf(mutation, 'CONFLICT'))), expectedVersion: 99 };
    await expectOne(mutation, input, { action: 'CommandConflicted', outcome: 'CONFLICT', ...entityOf(cases, input) });
  });
});

/** Exactly one record, as expected; and none while it cannot be written, nor an answer that would pass for one. */
async function expectOne(mutation: string, input: object, record: object, token?: string): Promise<Response> {
  const { answer, entries } = await sentAgain(mutation, input, token);
  expect(entries).toMatchObject([{ ...record, actor: { id: ids.get(token) }, version: null }]);
  return answer;
}

/** Sends it first while no record can be written, which nobody may take for done, then again under the same correlation: what stands there is of the second. */
async function sentAgain(mutation: string, input: object, token?: string): ReturnType<typeof sent> {
  const correlationId = newCorrelation();
  setting.refusing.takes = (correlation) => correlation !== correlationId;
  const answer = await setting.send(mutation, input, { headers: { 'x-correlation-id': correlationId }, ...(token !== undefined && { token }) });
  expect([isAcknowledged(answer, mutation), answer.errors.length]).toEqual([false, 1]);
  return sent(mutation, input, token, () => true, correlationId);
}
