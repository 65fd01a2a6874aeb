import fc from 'fast-check';
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

class Step implements fc.AsyncCommand<Model, TestService> {
  constructor(
    readonly account: number,
    readonly asked: Asked,
    readonly expecting: Expecting,
  ) {}

  check = () => true;

  async run({ accounts, prefix }: Model, real: TestService): Promise<void> {
    const rules = accounts[this.account] ?? expect.fail('There is no such account.');
    const accountId = `${prefix}-${this.account}`;
    const expectedVersion = this.expecting === null || this.asked.kind === 'create' ? null : rules.history.length + this.expecting;
    const { data } = await send(real, accountId, this.asked, expectedVersion);
    expect(data).toMatchObject(outcomeOf(() => rules.do(this.asked, expectedVersion), rules));
    const read = await real.data('query ($accountId: ID!) { emailAccount(accountId: $accountId) { ' + fields + ' } }', { accountId });
    expect(read).toEqual({ emailAccount: shown(rules.now, rules.history.length) });
  }

  toString = () => `${this.account}: ${JSON.stringify(this.asked)} expecting ${this.expecting ?? 'nothing'}`;
}

interface Model {
  readonly prefix: string;
  readonly accounts: readonly AccountRules[];
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
    default:
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
  { weight: 4, arbitrary: fc.record({ kind: fc.constantFrom('disable', 'enable', 'delete', 'restore', 'restore', 'restore') }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('rename'), name }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('erase'), isConfirmed: fc.boolean() }) },
);
const create: fc.Arbitrary<Asked> = fc.record({
  kind: fc.constant('create'),
  name,
  sender: fc.option(form, { nil: null }),
  receiver: fc.option(form, { nil: null }),
});
/** Nothing is wrong with it, so that there is an account to go on with. */
const ownForm = form.map((each) => ({ ...each, isLinked: false }));
const createRight: fc.Arbitrary<Asked> = fc.record({ kind: fc.constant('create'), name, sender: ownForm, receiver: fc.option(ownForm, { nil: null }) });
const expecting = fc.constantFrom<Expecting>(null, null, null, 0, 0, -1, 1);
/** Mostly of one account, so that much happens to it. */
const which = fc.constantFrom(0, 0, 0, 0, 0, 1);
const steps = (what: fc.Arbitrary<Asked>, account = which) =>
  fc.tuple(account, what, expecting).map(([account, asked, expecting]) => new Step(account, asked, expecting));

it('answers every change, whatever came before it, as the rules say; and every version stays readable', async () => {
  let runs = 0;
  const begun = steps(createRight, fc.constant(0));
  const followed = fc.commands([steps(asked), steps(asked), steps(asked), steps(asked), steps(asked), steps(create)], { maxCommands: 25, size: 'max' });
  await fc.assert(
    fc.asyncProperty(begun, followed, async (first, commands) => {
      const model: Model = { prefix: `Run${++runs}`, accounts: [new AccountRules(), new AccountRules()] };
      await first.run(model, service);
      await fc.asyncModelRun(() => ({ model, real: service }), commands);
      for (const [index, rules] of model.accounts.entries()) await expectVersions(`${model.prefix}-${index}`, rules);
    }),
    { numRuns: 10 },
  );
});

/** Eight of the versions, the first among them. */
async function expectVersions(accountId: string, { history, isErased }: AccountRules): Promise<void> {
  const versions = history.map((account, index) => [index + 1, account] as const).filter((_, index) => index % Math.ceil(history.length / 8) === 0);
  if (versions.length === 0) return;
  const read = await service.data(
    `{ ${versions.map(([version]) => `v${version}: emailAccount(accountId: "${accountId}", atVersion: ${version}) { ${fields} }`).join(' ')} }`,
  );
  expect(read).toEqual(Object.fromEntries(versions.map(([version, account]) => [`v${version}`, isErased ? null : shown(account, version)])));
}
