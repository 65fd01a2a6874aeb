import { getNullableType, isInputObjectType } from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildPostledgerSchema } from '../../schema/build-schema.js';
import { ConfigRefused, readConfig } from '../../src/config.js';
import { mutationsWithReason, problemOfNeededReason } from '../../src/domain/access/reason-policy.js';
import { mutationCases } from './mutation-cases.js';
import { startSetting, type Setting } from './setting.js';

const mutations = Object.values(buildPostledgerSchema().getMutationType()?.getFields() ?? {});
const withReason = mutations.filter(({ args: [input] }) => {
  const type = input && getNullableType(input.type);
  return isInputObjectType(type) && 'reason' in type.getFields();
});
const why = 'Ticket 4711: the provider has moved';

describe('the mutations that can be made to need a reason', () => {
  it('are those of the schema whose input has one', () => {
    expect([...mutationsWithReason].sort()).toEqual(withReason.map(({ name }) => name).sort());
  });

  it.each(['testConnection', 'deleteEmailAcount', 'all,deleteEmailAccount', 'deleteEmailAccount,', 'ALL'])('do not include %j: it stops the start', (text) => {
    expect(() => readConfig({ POSTLEDGER_REASON_REQUIRED_FOR: text })).toThrow(ConfigRefused);
    expect(() => readConfig({ POSTLEDGER_REASON_REQUIRED_FOR: text })).toThrow(/^POSTLEDGER_REASON_REQUIRED_FOR: it takes none, all, or names of mutations/);
  });

  it('are none, all, or those that are named', () => {
    expect(readConfig({}).reasonRequiredFor).toEqual(new Set());
    expect(readConfig({ POSTLEDGER_REASON_REQUIRED_FOR: 'all' }).reasonRequiredFor).toEqual(new Set(mutationsWithReason));
    const named = readConfig({ POSTLEDGER_REASON_REQUIRED_FOR: 'deleteEmailAccount, addCertificate' });
    expect(named.reasonRequiredFor).toEqual(new Set(['deleteEmailAccount', 'addCertificate']));
  });
});

describe('a reason that says something', () => {
  const needed = new Set(['deleteEmailAccount']);
  const isTaken = (reason: string) => problemOfNeededReason(needed, 'deleteEmailAccount', reason) === null;

  it.each(['Ticket 4711', '客户要求更换邮件服务器', 'Ηλεκτρονικά', 'Zurückgezogen', '#1234567890'])(
    'is one with 10 letters or digits, in any script: %s',
    (reason) => {
      expect(isTaken(reason)).toBe(true);
    },
  );

  it.each([
    ['emoji, of two code units each', '👍👍👍👍👍👍👍👍👍👍'],
    ['nothing but dots', '. . . . . . . . . .'],
    ['blank pattern dots of Braille', '\u2800'.repeat(12)],
    ['two letters far apart', 'a\n\n\n\n\n\n\n\n\n\nb'],
    ['no-break spaces', '\u00a0'.repeat(12)],
    ['five letters with accents of their own', 'e\u0301'.repeat(5)],
    ['nine letters', 'nine lives'],
    ['no text', ''],
  ])('is none of %s', (_what, reason) => {
    expect(isTaken(reason)).toBe(false);
  });
});

describe('a service that wants to know why', () => {
  let setting: Setting;
  /** As the cases of the audit trail have it, but each change that arranges something says why. */
  let arranging: Setting;
  beforeAll(async () => {
    setting = await startSetting({ POSTLEDGER_REASON_REQUIRED_FOR: 'all' });
    const change: Setting['change'] = (mutation, input) => setting.change(mutation, { reason: why, ...input });
    arranging = {
      ...setting,
      change,
      account: (accountId) => change('createEmailAccount', { accountId, accountName: 'Sales', ...setting.sections }),
      bareAccount: (accountId) => change('createEmailAccount', { accountId, accountName: 'Sales' }),
      profile: (name) => change('createAuthenticationProfile', { name, ...setting.profileInput }),
      truststore: (name, pem) => change('createTruststore', { name, ...(pem !== undefined && { pem }) }),
      async token() {
        const { apiToken } = await change('issueApiToken', { name: 'Short-lived', role: 'VIEWER' });
        return (apiToken as { readonly id: string }).id;
      },
    };
  });
  afterAll(() => setting.stop());

  const required = { code: 'REASON_REQUIRED', field: ['reason'] };

  async function problems(mutation: string, input: object, correlationId: string) {
    const type = `${mutation.slice(0, 1).toUpperCase()}${mutation.slice(1)}Input!`;
    const document = `mutation ($input: ${type}) { ${mutation}(input: $input) { errors { code field } consistencyToken } }`;
    const answer = await setting.service.data<Record<string, { errors: readonly object[]; consistencyToken: string }>>(
      document,
      { input },
      { headers: { 'x-correlation-id': correlationId } },
    );
    const { errors, consistencyToken } = answer[mutation] ?? { errors: [], consistencyToken: '' };
    const { auditTrail } = await setting.service.data<{ auditTrail: { nodes: readonly object[] } }>(
      `query ($filter: AuditTrailFilter) { auditTrail(filter: $filter, first: 10) {
         nodes { action reason ... on CommandRefusedEntry { command problems { code field } } } } }`,
      { filter: { correlationId } },
      { extensions: { consistencyToken } },
    );
    return { errors, entries: auditTrail.nodes };
  }

  const known = withReason.flatMap(({ name }) => (mutationCases[name] ? [[name, mutationCases[name]] as const] : []));

  it.each(known)('does not take %s without, records that, and takes it with one', async (mutation, cases) => {
    const { reason: _reason, ...input } = { reason: '', ...(await cases.accepted(arranging, `Why-${mutation}`)) };
    // The schema itself asks for one here.
    const none = mutation === 'eraseEmailAccount' ? { reason: '' } : {};
    const refused = await problems(mutation, { ...input, ...none }, `without-${mutation}`);
    expect(refused.errors).toEqual([required]);
    expect(refused.entries).toEqual([{ action: 'CommandRefused', reason: none.reason ?? null, command: mutation, problems: [required] }]);
    const short = await problems(mutation, { ...input, reason: '  because   ' }, `short-${mutation}`);
    expect(short.errors).toEqual([required]);
    const accepted = await problems(mutation, { ...input, reason: why }, `with-${mutation}`);
    expect(accepted.errors).not.toContainEqual(required);
    expect(accepted.entries).toEqual(cases.actions.map((action) => ({ action, reason: why })));
  });

  it('is tried with each of its mutations', () => {
    expect(known).toHaveLength(mutationsWithReason.length);
  });

  it('tells each caller which of their mutations need one', async () => {
    const asked = '{ viewer { permissions reasonRequiredFor } }';
    interface Answer {
      readonly viewer: { readonly permissions: readonly string[]; readonly reasonRequiredFor: readonly string[] };
    }
    const { viewer: admin } = await setting.service.data<Answer>(asked);
    expect([...admin.reasonRequiredFor].sort()).toEqual([...mutationsWithReason].sort());
    const { apiToken: _token, token } = await arranging.change('issueApiToken', { name: 'Operations', role: 'OPERATOR' });
    const { viewer: operator } = await setting.service.data<Answer>(asked, {}, { token: String(token) });
    expect(operator.reasonRequiredFor).toEqual(['disableEmailAccount', 'enableEmailAccount', 'sendTestMessage']);
  });
});
