import * as fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { AccountRules, isSecret, Refused, type Account, type Asked, type Section, type SectionForm } from './account-rules.js';
import { startTestService, type TestService } from './service.js';

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.stop());

const fields = `accountName status version
  sender { ... on SmtpSender { identity { password { isSet version } } connection { host } } }
  receiver { ... on ImapReceiver { identity { useSenderCredentials password { isSet version } } connection { host } } }`;

/** How far from the current version the expected one is; null for none. */
type Expecting = -1 | 0 | 1 | null;

interface Model {
  readonly accountId: string;
  readonly rules: AccountRules;
}

class Step implements fc.AsyncCommand<Model, TestService> {
  constructor(
    readonly asked: Asked,
    readonly expecting: Expecting,
  ) {}

  check = () => true;

  async run({ accountId, rules }: Model, real: TestService): Promise<void> {
    const expectedVersion = this.expecting === null || this.asked.kind === 'create' ? null : rules.history.length + this.expecting;
    const { data } = await send(real, accountId, this.asked, expectedVersion);
    expect(data).toMatchObject(outcomeOf(() => rules.do(this.asked, expectedVersion), rules));
  }

  toString = () => `${JSON.stringify(this.asked)} expecting ${this.expecting ?? 'nothing'}`;
}

function outcomeOf(act: () => void, rules: AccountRules): object {
  try {
    act();
    return { change: { errors: [], account: shown(rules.now, rules.history.length) } };
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    // With whatever else is wrong.
    return { change: { account: null, errors: expect.arrayContaining([{ code: error.code }]) as unknown } };
  }
}

function shown(account: Account | null, version: number): object | null {
  if (account === null) return null;
  const password = ({ password }: Section) => (isSecret(password) ? { isSet: true, version: password.version } : { isSet: false, version: null });
  const { sender, receiver } = account;
  return {
    accountName: account.name,
    status: account.status,
    version,
    sender: sender && { identity: { password: password(sender) }, connection: { host: sender.host } },
    receiver: receiver && { identity: { useSenderCredentials: receiver.isLinked, password: password(receiver) }, connection: { host: receiver.host } },
  };
}

const mutations: Readonly<Record<Asked['kind'], string>> = {
  create: 'createEmailAccount',
  rename: 'renameEmailAccount',
  configureSender: 'configureSender',
  configureReceiver: 'configureReceiver',
  changeSenderPassword: 'changeSenderPassword',
  changeReceiverPassword: 'changeReceiverPassword',
  removeSender: 'removeSender',
  removeReceiver: 'removeReceiver',
  disable: 'disableEmailAccount',
  enable: 'enableEmailAccount',
  delete: 'deleteEmailAccount',
  restore: 'restoreEmailAccount',
  erase: 'eraseEmailAccount',
  revert: 'revertEmailAccount',
};

async function send(real: TestService, accountId: string, asked: Asked, expectedVersion: number | null) {
  const mutation = mutations[asked.kind];
  const type = `${mutation.slice(0, 1).toUpperCase()}${mutation.slice(1)}Input`;
  const input = { accountId, ...inputOf(asked, accountId), ...(expectedVersion !== null && { expectedVersion }) };
  return real.query(`mutation ($input: ${type}!) { change: ${mutation}(input: $input) { account { ${fields} } errors { code } } }`, { input });
}

function inputOf(asked: Asked, accountId: string): object {
  switch (asked.kind) {
    case 'create':
      return { accountName: asked.name, sender: asked.sender && senderInput(asked.sender), receiver: asked.receiver && receiverInput(asked.receiver) };
    case 'rename':
      return { accountName: asked.name };
    case 'configureSender':
      return { sender: senderInput(asked.form) };
    case 'configureReceiver':
      return { receiver: receiverInput(asked.form) };
    case 'changeSenderPassword':
    case 'changeReceiverPassword':
      return entered(asked.password);
    case 'erase':
      return { confirmation: asked.isConfirmed ? accountId : 'nothing', reason: 'Asked for' };
    case 'revert':
      return { toVersion: asked.toVersion };
    case 'removeSender':
    case 'removeReceiver':
    case 'disable':
    case 'enable':
    case 'delete':
    case 'restore':
      return {};
  }
}

const entered = (password: SectionForm['password']) => (password === 'keep' ? {} : { password: password === 'clear' ? null : 'a new password' });
const senderInput = ({ host, password }: SectionForm) => ({
  smtp: { identity: { emailAddress: 'a@example.com', ...entered(password) }, connection: { host } },
});
const receiverInput = ({ host, password, isLinked }: SectionForm) => ({
  imap: { identity: isLinked ? { useSenderCredentials: true } : { userId: 'a@example.com', ...entered(password) }, connection: { host } },
});

const name = fc.constantFrom('Sales', 'Orders');
const form = fc.record<SectionForm>({
  host: fc.constantFrom('one.example', 'two.example'),
  password: fc.constantFrom('keep', 'clear', 'new', 'new'),
  isLinked: fc.boolean(),
});
const asked: fc.Arbitrary<Asked> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('configureSender'), form }) },
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('configureReceiver'), form }) },
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('revert'), toVersion: fc.integer({ min: 0, max: 12 }) }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constantFrom('changeSenderPassword', 'changeReceiverPassword'), password: fc.constantFrom('clear', 'new') }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constantFrom('removeSender', 'removeReceiver') }) },
  { weight: 8, arbitrary: fc.record({ kind: fc.constantFrom('disable', 'disable', 'enable', 'delete', 'restore', 'restore') }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('rename'), name }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('erase'), isConfirmed: fc.boolean() }) },
);
const create: fc.Arbitrary<Asked> = fc.record({
  kind: fc.constant('create'),
  name,
  sender: fc.option(form, { nil: null }),
  receiver: fc.option(form, { nil: null }),
});
const expecting = fc.constantFrom<Expecting>(null, null, null, null, null, 0, 0, -1, 1);
const step = (what: fc.Arbitrary<Asked>) => fc.tuple(what, expecting).map(([asked, expecting]) => new Step(asked, expecting));
const begun: Asked = { kind: 'create', name: 'Sales', sender: { host: 'one.example', password: 'new', isLinked: false }, receiver: null };

it('answers every change, whatever came before it, as the rules say; and every version stays readable', async () => {
  let runs = 0;
  const steps = fc.array(fc.oneof({ weight: 20, arbitrary: step(asked) }, { weight: 1, arbitrary: step(create) }), { minLength: 25, maxLength: 30 });
  await fc.assert(
    fc.asyncProperty(steps, async (commands) => {
      const model: Model = { accountId: `Run${++runs}`, rules: new AccountRules() };
      await fc.asyncModelRun(() => ({ model, real: service }), [new Step(begun, null), ...commands]);
      await expectVersions(model);
    }),
    // Shrinking ends in time for the seed to be told.
    { numRuns: 10, interruptAfterTimeLimit: 12_000 },
  );
});

/** As it is now, and at up to eight of its versions, the first among them. */
async function expectVersions({ accountId, rules: { history, isErased, now } }: Model): Promise<void> {
  const versions = history.map((account, index) => [index + 1, account] as const).filter((_, index) => index % Math.ceil(history.length / 8) === 0);
  const then = versions.map(([version]) => `v${version}: emailAccount(accountId: "${accountId}", atVersion: ${version}) { ${fields} }`);
  const read = await service.data(`{ now: emailAccount(accountId: "${accountId}") { ${fields} } ${then.join(' ')} }`);
  const expected = Object.fromEntries(versions.map(([version, account]) => [`v${version}`, isErased ? null : shown(account, version)]));
  expect(read).toEqual({ now: shown(now, history.length), ...expected });
}
