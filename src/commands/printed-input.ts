import { checkEntityName } from '../domain/text/entity-name.js';
import { AccountShredded, type SecretStore } from '../secret-store/secret-store.js';
import { hashOfInput } from './event-metadata.js';

/** The members of an input that hold personal data of the account. */
const personal: ReadonlySet<string> = new Set(['accountName', 'sender', 'receiver', 'to']);

/**
 * The input with a keyed print in the place of personal data. The log keeps a hash of what a command was given; of the data itself that would be enough to try guesses on after the account was
 * erased.
 * An account that has no key yet has the input as it is: nothing is hashed for the log before its key is made. Null where the key is destroyed: there is nothing to compare with any more.
 */
export async function printedInput(
  store: Pick<SecretStore, 'usePersonalDataKey'>,
  accountId: string,
  input: Readonly<Record<string, unknown>>,
): Promise<Readonly<Record<string, unknown>> | null> {
  const members = Object.entries(input);
  const hidden = Object.fromEntries(members.filter(([name]) => personal.has(name)));
  // What is asked of an account that there cannot be is never written.
  if (Object.keys(hidden).length === 0 || !checkEntityName(accountId).ok) return input;
  const plain = Object.fromEntries(members.filter(([name]) => !personal.has(name)));
  try {
    const print = await store.usePersonalDataKey(accountId, { create: false }, (key) => key.print(hashOfInput(hidden)));
    return print === null ? input : { ...plain, print };
  } catch (error) {
    if (error instanceof AccountShredded) return null;
    throw error;
  }
}
