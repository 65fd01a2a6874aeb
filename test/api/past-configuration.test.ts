import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { betweenChanges } from './between-changes.js';
import { accountIds, configurationHistories, names, renamed, type Step } from './configuration-steps.js';
import { startTestService, type TestService } from './service.js';

let service: TestService;
beforeAll(async () => {
  service = await startTestService({ POSTLEDGER_COST_LIMIT: '100000' });
});
afterAll(() => service.stop());

/** Everything that an account, a truststore and a profile show, but for ids, histories, and the access tokens of this node. */
const fragments = {
  Secret: `fragment Secret on SecretStatus { isSet version setAt setBy { id } }`,
  Store: `fragment Store on Truststore { name version includeSystemRoots createdAt updatedAt certificates { fingerprintSha256 notAfter } usedBy(first: 9) { totalCount nodes { accountId version status } } }`,
  Profile: `fragment Profile on AuthenticationProfile {
    name version grant clientId scopes clientSecret { ...Secret } clientSecretExpiresAt refreshToken { isSet } state stateMessage createdAt updatedAt
    usedBy(first: 9) { totalCount nodes { accountId version status } }
  }`,
  Graph: 'fragment Graph on MicrosoftGraphConnection { authenticationProfileName authenticationProfile { ...Profile } }',
  Account: `fragment Account on EmailAccount {
    accountId accountName provider { id } providerDiverged status version createdAt updatedAt createdBy { id } updatedBy { id } connectionTest { outcome stale }
    readiness { ready missing { code message field } warnings { code message field } }
    sender {
      __typename
      ... on SmtpSender {
        smtp: identity { emailAddress userId replyTo password { ...Secret } }
        connection { host port useSmtps startTls truststoreName truststore { ...Store } authenticationProfileName authenticationProfile { ...Profile } }
      }
      ... on MicrosoftGraphSender { graph: identity { userPrincipalName } graphConnection: connection { ...Graph } }
    }
    receiver {
      __typename
      ... on ImapReceiver { identity { userId password { ...Secret } } connection { host port useTls truststoreName truststore { ...Store } authenticationProfileName } mailbox }
      ... on Pop3Receiver { identity { userId password { ...Secret } } connection { host port useTls truststoreName truststore { ...Store } authenticationProfileName } }
      ... on MicrosoftGraphReceiver { graph: identity { userPrincipalName } graphConnection: connection { ...Graph } }
    }
  }`,
};

/** The fragments that the question needs: one that is not used is refused. */
function used(question: string): string {
  const needed = new Set(question.includes('...Account') ? Object.keys(fragments) : question.includes('...Store') ? ['Store'] : ['Profile', 'Secret']);
  return Object.entries(fragments)
    .filter(([name]) => needed.has(name))
    .map(([, fragment]) => fragment)
    .join(' ');
}

/** The account as it is, at a version or at a time. */
const account = async (accountId: string, when = '') =>
  (await service.data<{ emailAccount: { version: number } | null }>(`{ emailAccount(accountId: "${accountId}"${when}) { ...Account } } ${used('...Account')}`))
    .emailAccount;

/** The whole configuration of a run, as it is or at a time: every list, filters by what accounts name and whether they are ready, and each thing by its name. */
async function configuration(run: string, at: string | null): Promise<readonly unknown[]> {
  const ids = accountIds.map((id) => `"${id}-${run}"`).join(', ');
  const when = at === null ? '' : `, at: "${at}"`;
  const list = (filter: string) =>
    `emailAccounts(first: 9, filter: { accountId: [${ids}], status: [ACTIVE, DISABLED, DELETED] ${filter} }${when}) { totalCount nodes { ...Account } }`;
  const questions = [
    ...['', ', ready: true', ', ready: false'].map(list),
    ...names.flatMap((name) => [
      `truststore(name: "${name}-${run}"${when}) { ...Store }`,
      `authenticationProfile(name: "${name}-${run}"${when}) { ...Profile }`,
      list(`, truststore: "${name}-${run}"`),
      list(`, authenticationProfile: "${name}-${run}"`),
    ]),
    `truststores(first: 100${when}) { totalCount nodes { ...Store } }`,
    `authenticationProfiles(first: 100${when}) { totalCount nodes { ...Profile } }`,
  ];
  return Promise.all(questions.map((question) => service.data(`{ ${question} } ${used(question)}`)));
}

async function send({ mutation, input }: Step): Promise<void> {
  const type = `${mutation.slice(0, 1).toUpperCase()}${mutation.slice(1)}Input`;
  await service.data(`mutation ($input: ${type}!) { ${mutation}(input: $input) { errors { code } } }`, { input });
}

describe('the configuration at a time, and an account at a version', () => {
  it('are what the service answered when it was now, with truststores, profiles, readiness and lists: for any history', async () => {
    let runs = 0;
    await fc.assert(
      fc.asyncProperty(configurationHistories(14), async (steps) => {
        const run = `r${++runs}`;
        const times = new Map<string, unknown>();
        const versions = new Map<string, unknown>();
        for (const step of steps.map((each) => renamed(each, run))) {
          await send(step);
          const { accountId } = step.input;
          if (typeof accountId === 'string') {
            const now = await account(accountId);
            if (now !== null && !versions.has(`${accountId} ${now.version}`)) versions.set(`${accountId} ${now.version}`, now);
          }
          const at = await betweenChanges(service);
          times.set(at, await configuration(run, null));
        }
        for (const [at, then] of times) expect([at, await configuration(run, at)]).toEqual([at, then]);
        for (const [key, then] of versions) {
          const [accountId = '', version = ''] = key.split(' ');
          expect([key, await account(accountId, `, atVersion: ${version}`)]).toEqual([key, then]);
        }
      }),
      { numRuns: 4, interruptAfterTimeLimit: 60_000, endOnFailure: true },
    );
  }, 120_000);
});
