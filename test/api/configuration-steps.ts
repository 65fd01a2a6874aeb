import * as fc from 'fast-check';
import { certificateAuthority } from '../mail/lab/certificate-authority.js';

/** A mutation with its input, as a client sends it. */
export interface Step {
  readonly mutation: string;
  readonly input: Readonly<Record<string, unknown>>;
}

const day = 86_400_000; // milliseconds
const authority = certificateAuthority('Plant 7 Root');
const soon = authority.issue(['mail.plant.example'], { notAfter: new Date(Date.now() + 5 * day) }).certificate;
const certificates = [authority.certificate, soon];

export const accountIds = ['Sales', 'Support'] as const;
export const names = ['Plant', 'Office'] as const;

const name = fc.constantFrom(...names);
const maybe = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: null });

const smtp = fc
  .record({
    host: fc.constantFrom('smtp.plant.example', 'smtp.gmail.com'),
    truststore: maybe(name),
    authenticationProfile: maybe(name),
    replyTo: maybe(fc.constant('no-reply@a.example')),
  })
  .map(({ host, truststore, authenticationProfile, replyTo }) => ({
    smtp: {
      identity: { emailAddress: 'a@a.example', replyTo, ...(authenticationProfile === null && { password: 'sender secret' }) },
      connection: { host, truststore, authenticationProfile },
    },
  }));
const graph = name.map((authenticationProfile) => ({
  microsoftGraph: { identity: { userPrincipalName: 'a@contoso.example' }, connection: { authenticationProfile } },
}));
const mailbox = fc
  .record({ kind: fc.constantFrom('imap', 'pop3'), truststore: maybe(name), password: fc.boolean(), useTls: fc.boolean() })
  .map(({ kind, truststore, password, useTls }) => ({
    [kind]: { identity: { userId: 'a', ...(password && { password: 'receiver secret' }) }, connection: { host: 'mail.plant.example', truststore, useTls } },
  }));
const sender = fc.oneof({ weight: 4, arbitrary: smtp }, { weight: 1, arbitrary: graph });
const receiver = fc.oneof({ weight: 4, arbitrary: mailbox }, { weight: 1, arbitrary: graph });

const step = (mutation: string, input: fc.Arbitrary<object>): fc.Arbitrary<Step> => input.map((given) => ({ mutation, input: { ...given } }));
const ofAccount = (mutation: string, input: fc.Arbitrary<object> = fc.constant({})) =>
  step(
    mutation,
    fc.tuple(fc.constantFrom(...accountIds), input).map(([accountId, given]) => ({ accountId, ...given })),
  );
const profileFields = fc.record({
  clientId: fc.constantFrom('mail', 'mailer'),
  clientSecret: fc.constantFrom('client secret', 'another client secret'),
  clientSecretExpiresAt: maybe(fc.constantFrom(5, 60).map((days) => new Date(Date.now() + days * day).toISOString())),
});
const endpoints = { tokenEndpoint: 'https://login.example.com/token', authorizationEndpoint: 'https://login.example.com/authorize' };

const accountStep = fc.oneof(
  { weight: 3, arbitrary: ofAccount('createEmailAccount', fc.record({ accountName: fc.constant('New'), sender: maybe(sender), receiver: maybe(receiver) })) },
  { weight: 4, arbitrary: ofAccount('configureSender', fc.record({ sender })) },
  { weight: 4, arbitrary: ofAccount('configureReceiver', fc.record({ receiver })) },
  { weight: 1, arbitrary: ofAccount('renameEmailAccount', fc.record({ accountName: fc.constantFrom('Sales', 'Orders') })) },
  { weight: 1, arbitrary: ofAccount('changeEmailProvider', fc.record({ provider: fc.constantFrom('custom', 'google') })) },
  { weight: 1, arbitrary: ofAccount('changeSenderPassword', fc.record({ password: fc.constantFrom('another secret', null) })) },
  {
    weight: 3,
    arbitrary: fc
      .constantFrom('removeSender', 'removeReceiver', 'disableEmailAccount', 'enableEmailAccount', 'deleteEmailAccount')
      .chain((mutation) => ofAccount(mutation)),
  },
  { weight: 2, arbitrary: ofAccount('restoreEmailAccount') },
  { weight: 3, arbitrary: ofAccount('revertEmailAccount', fc.record({ toVersion: fc.integer({ min: 1, max: 8 }) })) },
);
const truststoreStep = fc.oneof(
  { weight: 3, arbitrary: step('createTruststore', fc.record({ name, pem: maybe(fc.constantFrom(...certificates)), includeSystemRoots: fc.boolean() })) },
  { weight: 2, arbitrary: step('addCertificate', fc.record({ truststore: name, pem: fc.constantFrom(...certificates) })) },
  { weight: 2, arbitrary: step('deleteTruststore', fc.record({ name })) },
);
const profileStep = fc.oneof(
  {
    weight: 3,
    arbitrary: step(
      'createAuthenticationProfile',
      fc
        .tuple(name, fc.constantFrom('CLIENT_CREDENTIALS', 'AUTHORIZATION_CODE'), profileFields)
        .map(([of, grant, fields]) => ({ name: of, grant, ...endpoints, ...fields })),
    ),
  },
  {
    weight: 2,
    arbitrary: step(
      'changeAuthenticationProfile',
      fc.tuple(name, profileFields).map(([of, fields]) => ({ name: of, ...fields })),
    ),
  },
  { weight: 2, arbitrary: step('deleteAuthenticationProfile', fc.record({ name })) },
);

const anyStep = fc.oneof({ weight: 5, arbitrary: accountStep }, { weight: 2, arbitrary: truststoreStep }, { weight: 2, arbitrary: profileStep });

/** Each account begins with a sender that names something which is not there yet: it is ready once that is made. */
const creations = fc
  .tuple(smtp, name, smtp, name)
  .map(([{ smtp: one }, truststore, { smtp: other }, authenticationProfile]) => [
    { smtp: { identity: { ...one.identity, password: 'sender secret' }, connection: { host: one.connection.host, truststore } } },
    { smtp: { identity: { emailAddress: 'b@a.example' }, connection: { host: other.connection.host, authenticationProfile } } },
  ])
  .map((senders) =>
    accountIds.map((accountId, index): Step => ({ mutation: 'createEmailAccount', input: { accountId, accountName: accountId, sender: senders[index] } })),
  );

/** Histories of two accounts, two truststores and two profiles that are named by them. Some of what is asked for is refused. */
export function configurationHistories(steps: number): fc.Arbitrary<readonly Step[]> {
  return fc.tuple(creations, fc.array(anyStep, { minLength: steps, maxLength: steps })).map(([created, rest]) => [...created, ...rest]);
}

/** The same step on things of its own, whose names end with `run`. */
export function renamed({ mutation, input }: Step, run: string): Step {
  return { mutation, input: renamedValue(input, run) as Step['input'] };
}

const own = new Set(['accountId', 'name', 'truststore', 'authenticationProfile']);

function renamedValue(value: unknown, run: string): unknown {
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, each]: [string, unknown]) => [key, own.has(key) && typeof each === 'string' ? `${each}-${run}` : renamedValue(each, run)]),
  );
}
