/**
 * What the store keeps in the cluster, beside the log of events. Every name begins with `secret`, and none of the application's other streams does: whoever follows the log for people leaves
 * these out by following only what it knows.
 */
export const secretStreamPrefix = 'secret';

export interface SecretStreams {
  /** What the ids of accounts' records begin with. */
  readonly accountPrefix: string;
  readonly labelPrefix: string;
  /** The account's key, wrapped, and the register of its secrets. */
  account(accountId: string): string;
  /** One sealed secret. The number keeps a destroyed secret's stream, which takes no event ever again, apart from that of a later one of the same id. */
  secret(accountId: string, secretId: string, number: bigint): string;
  label(label: string): string;
  /** A check value of each root key in use. */
  readonly rootKeys: string;
  /** What was erased, in order, and what the servers' files are free of. */
  readonly erasures: string;
}

/** @param apart letters and digits that set one store apart from another in the same cluster, as tests need it. */
export function secretStreams(apart = ''): SecretStreams {
  const prefix = `${secretStreamPrefix}${apart}`;
  return {
    accountPrefix: `${prefix}Account-`,
    labelPrefix: `${prefix}Key-`,
    account: (accountId) => `${prefix}Account-${accountId}`,
    secret: (accountId, secretId, number) => `${prefix}-${accountId}-${secretId}-${number}`,
    label: (label) => `${prefix}Key-${label}`,
    rootKeys: `${prefix}RootKeys`,
    erasures: `${prefix}Erasures`,
  };
}
