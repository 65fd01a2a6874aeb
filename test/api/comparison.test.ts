import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { accountIds, configurationHistories, renamed, type Step } from './configuration-steps.js';
import { startTestService, type TestService } from './service.js';

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.stop());

interface Change {
  readonly path: string;
  readonly before: unknown;
  readonly after: unknown;
  readonly secret: boolean;
}

interface Comparison {
  readonly changes: readonly Change[];
  readonly entries: readonly { readonly version: number }[];
}

async function send({ mutation, input }: Step): Promise<void> {
  const type = `${mutation.slice(0, 1).toUpperCase()}${mutation.slice(1)}Input`;
  await service.data(`mutation ($input: ${type}!) { ${mutation}(input: $input) { errors { code } } }`, { input });
}

/** Every field of the form. What two kinds of section have under one name with other types has an alias here. */
const form = `
  accountId accountName provider { id } status
  sender {
    __typename
    ... on SmtpSender {
      identity { emailAddress displayName userId replyTo password { isSet version } }
      connection { host port useSmtps startTls minimumTlsVersion truststoreName authenticationProfileName }
    }
    ... on MicrosoftGraphSender { identity { userPrincipalName replyTo } graph: connection { authenticationProfileName } }
  }
  receiver {
    __typename
    ... on ImapReceiver { identity { ...Login } connection { ...Server } mailbox }
    ... on Pop3Receiver { identity { ...Login } connection { ...Server } }
    ... on MicrosoftGraphReceiver { identity { userPrincipalName } graph: connection { authenticationProfileName } }
  }`;
const parts = `
  fragment Login on ReceiverIdentity { useSenderCredentials userId password { isSet version } }
  fragment Server on ReceiverConnection { host port useTls startTls minimumTlsVersion truststoreName authenticationProfileName }`;

const kinds: Readonly<Record<string, string>> = {
  SmtpSender: 'SMTP',
  ImapReceiver: 'IMAP',
  Pop3Receiver: 'POP3',
  MicrosoftGraphSender: 'MICROSOFT_GRAPH',
  MicrosoftGraphReceiver: 'MICROSOFT_GRAPH',
};

/** The account as fields by path, as changes name them; what is null is left out. Passwords are apart, as text that tells two of them apart. */
function fieldsOf(account: Readonly<Record<string, unknown>>): { readonly fields: Map<string, unknown>; readonly passwords: Map<string, string> } {
  const fields = new Map<string, unknown>();
  const passwords = new Map<string, string>();
  const walk = (value: unknown, path: readonly string[]): void => {
    if (value === null || value === undefined) return;
    const last = path.at(-1);
    if (last === 'password') passwords.set(path.join('.'), JSON.stringify(value));
    else if (last === '__typename') fields.set([...path.slice(0, -1), 'kind'].join('.'), typeof value === 'string' ? kinds[value] : null);
    else if (path.join('.') === 'provider.id') fields.set('provider', value);
    else if (typeof value === 'object') for (const [name, each] of Object.entries(value)) walk(each, [...path, name === 'graph' ? 'connection' : name]);
    else fields.set(path.join('.'), value);
  };
  walk(account, []);
  return { fields, passwords };
}

async function compared(accountId: string, from: number, to: number) {
  const comparison = (name: string, one: number, other: number) =>
    `${name}: compareEmailAccountVersions(accountId: "${accountId}", from: ${one}, to: ${other}) { changes { path before after secret } entries { version } }`;
  const { before, after, there, back } = await service.data<Record<'before' | 'after', Record<string, unknown>> & Record<'there' | 'back', Comparison>>(
    `{ before: emailAccount(accountId: "${accountId}", atVersion: ${from}) { ${form} } after: emailAccount(accountId: "${accountId}", atVersion: ${to}) { ${form} }
       ${comparison('there', from, to)} ${comparison('back', to, from)} } ${parts}`,
  );
  return { before: fieldsOf(before), after: fieldsOf(after), there, back };
}

describe('a comparison of two versions', () => {
  it('leads from the one to the other and back, through every field of the form: for any history', async () => {
    let runs = 0;
    await fc.assert(
      fc.asyncProperty(configurationHistories(16), fc.array(fc.tuple(fc.nat(), fc.nat()), { minLength: 6, maxLength: 6 }), async (steps, pairs) => {
        const run = `c${++runs}`;
        for (const step of steps) await send(renamed(step, run));
        for (const accountId of accountIds.map((id) => `${id}-${run}`)) {
          const { emailAccount } = await service.data<{ emailAccount: { version: number } }>(`{ emailAccount(accountId: "${accountId}") { version } }`);
          for (const [one, other] of pairs) {
            const [from, to] = [1 + (one % emailAccount.version), 1 + (other % emailAccount.version)];
            const { before, after, there, back } = await compared(accountId, from, to);
            const applied = new Map(before.fields);
            for (const change of there.changes.filter(({ secret }) => !secret)) {
              expect([change.path, change.before]).toEqual([change.path, applied.get(change.path) ?? null]);
              if (change.after === null) applied.delete(change.path);
              else applied.set(change.path, change.after);
            }
            expect(applied).toEqual(after.fields);
            expect(back.changes).toEqual(there.changes.map((change) => ({ ...change, before: change.after, after: change.before })));
            const secrets = there.changes.filter(({ secret }) => secret);
            expect(secrets.map(({ before: was, after: is }) => [was, is])).toEqual(secrets.map(() => [null, null]));
            const changed = ['sender.identity.password', 'receiver.identity.password'].filter(
              (path) => (before.passwords.get(path) ?? notSet) !== (after.passwords.get(path) ?? notSet),
            );
            expect(secrets.map(({ path }) => path)).toEqual(expect.arrayContaining(changed));
            const between = Array.from({ length: Math.abs(to - from) }, (_, index) => Math.min(from, to) + index + 1);
            expect([there, back].map(({ entries }) => entries.map(({ version }) => version))).toEqual([between, between]);
          }
        }
      }),
      { numRuns: 8, interruptAfterTimeLimit: 20_000 },
    );
  }, 60_000);

  it('of a version that there is not says which there are; of an account that there is not it is null', async () => {
    await send({ mutation: 'createEmailAccount', input: { accountId: 'Known', accountName: 'Known' } });
    await send({ mutation: 'renameEmailAccount', input: { accountId: 'Known', accountName: 'Renamed' } });
    const compare = (accountId: string, from: number, to: number) =>
      service.query(`{ compareEmailAccountVersions(accountId: "${accountId}", from: ${from}, to: ${to}) { from } }`);
    for (const [from, to, argument] of [
      [0, 1, 'from'],
      [2, 3, 'to'],
    ] as const) {
      const { data, errors } = await compare('Known', from, to);
      expect(data).toEqual({ compareEmailAccountVersions: null });
      expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT', argument } }]);
      expect(errors[0]?.message).toContain('the versions 1 to 2');
    }
    expect(await compare('Unknown', 1, 2)).toMatchObject({ data: { compareEmailAccountVersions: null }, errors: [] });
  });
});

const notSet = JSON.stringify({ isSet: false, version: null });
