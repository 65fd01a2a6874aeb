import { egressFetch } from '../../../src/egress/egress-fetch.js';
import { GraphClient } from '../../../src/mail/graph/graph-client.js';
import type { GraphWay } from '../../../src/mail/graph/exchange.js';
import { graphRequestsAtOnce, Places } from '../../../src/mail/graph/places.js';
import type { AccessTokens, GraphReceiverSubject, GraphSenderSubject } from '../../../src/mail/mail-port.js';
import type { MailSettings } from '../../../src/mail/mail-settings.js';
import { SecretValue } from '../../../src/secret-store/secret-value.js';
import type { GraphDouble } from './graph-double.js';

/** As the service goes out. */
const egress = { allowLoopback: true };
const wayOut = egressFetch({ egress });

export const sales = 'sales@contoso.test';

/** A token as Microsoft's are: readable by whoever has it. No two are alike. */
export function tokenWith(claims: object): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'none' })}.${part({ ...claims, canary: ++canaries })}.c2lnbmF0dXJl`;
}
let canaries = 0;

/** The tokens of a profile: each one after a refusal is the next of these, and the last stays. */
export class TokensOf implements AccessTokens {
  readonly profile = 'contoso';
  readonly refusals: string[] = [];
  constructor(readonly texts: readonly string[]) {}

  current(): Promise<SecretValue> {
    return Promise.resolve(new SecretValue(this.texts[Math.min(this.refusals.length, this.texts.length - 1)] ?? ''));
  }

  refused(token: SecretValue): void {
    this.refusals.push(token.reveal());
  }
}

/** Tokens that the double takes, for an application with these permissions. */
export function applicationTokens(double: GraphDouble, roles: readonly string[] = ['Mail.ReadWrite', 'Mail.Send', 'User.Read.All']): TokensOf {
  const token = tokenWith({ roles });
  double.tokens.set(token, roles);
  return new TokensOf([token]);
}

export function clientOf(double: GraphDouble, accessTokens: AccessTokens = applicationTokens(double), way: Partial<GraphWay> = {}): GraphClient {
  const usual = {
    fetch: wayOut,
    baseUrl: double.url,
    places: new Places(graphRequestsAtOnce),
    silenceMilliseconds: 5_000,
    firstPauseMilliseconds: 1,
    patienceMilliseconds: 2_000,
  };
  return new GraphClient({ ...usual, ...way }, accessTokens, sales);
}

export function graphSender(accessTokens: AccessTokens, userPrincipalName = sales): GraphSenderSubject {
  const settings = {
    kind: 'microsoftGraph',
    identity: { userPrincipalName, replyTo: 'help@contoso.test' },
    connection: { authenticationProfile: 'contoso' },
  } as const;
  return { settings, accessTokens, cloud: 'GLOBAL' };
}

export function graphReceiver(accessTokens: AccessTokens, userPrincipalName = sales): GraphReceiverSubject {
  const settings = { kind: 'microsoftGraph', identity: { userPrincipalName }, connection: { authenticationProfile: 'contoso' } } as const;
  return { settings, accessTokens, cloud: 'GLOBAL' };
}

export function settingsFor({ url }: GraphDouble): MailSettings {
  return { egress, fetch: wayOut, graphBaseUrl: url };
}

export const never = new AbortController().signal;

export async function allOf<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const all: Item[] = [];
  for await (const item of items) all.push(item);
  return all;
}
