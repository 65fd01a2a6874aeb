import type { PresentAccount } from './state.js';

/** What an account names beside itself, in lower case, each once. */
export interface NamedByAccount {
  readonly truststores: readonly string[];
  readonly authenticationProfiles: readonly string[];
}

export function namedBy({ sender, receiver }: PresentAccount): NamedByAccount {
  const sections = [sender, receiver].filter((section) => section !== null);
  return {
    truststores: names(sections.map((section) => (section.kind === 'microsoftGraph' ? null : section.connection.truststore))),
    authenticationProfiles: names(sections.map(({ connection }) => connection.authenticationProfile)),
  };
}

function names(found: readonly (string | null)[]): readonly string[] {
  return [...new Set(found.filter((name) => name !== null).map((name) => name.toLowerCase()))];
}
