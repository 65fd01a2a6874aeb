import type { NamingAccounts } from '../authentication-profile/commands.js';
import { refuse, type Decider, type Problem } from '../decider.js';
import type { Certificate } from '../email-account/connection-test.js';
import { Problems } from '../email-account/problems.js';
import { checkEntityName } from '../text/entity-name.js';
import type { TruststoreEvent } from './events.js';
import { checkFingerprint } from './fingerprint.js';
import type { MailServer } from './mail-server.js';
import { evolve, initialState, type PresentTruststore, type Truststore } from './state.js';

export type TruststoreCommand =
  | { readonly type: 'CreateTruststore'; readonly name: string; readonly certificates: readonly Certificate[] | Problem; readonly includeSystemRoots: boolean }
  | { readonly type: 'AddCertificates'; readonly certificates: readonly Certificate[] | Problem; readonly fetchedFrom: MailServer | null }
  | { readonly type: 'RemoveCertificate'; readonly fingerprintSha256: string }
  | { readonly type: 'DeleteTruststore'; readonly usedBy: NamingAccounts };

/** A handshake sends none of them: the limit is about memory, for a TLS context holds them all. */
export const mostCertificates = 100;

export const truststoreDecider: Decider<Truststore, TruststoreCommand, TruststoreEvent> = { initialState, decide, evolve };

export function decide(state: Truststore, command: TruststoreCommand): readonly TruststoreEvent[] {
  switch (command.type) {
    case 'CreateTruststore': {
      const { includeSystemRoots } = command;
      const problems = new Problems();
      const name = problems.take(checkEntityName(command.name), ['name'], command.name);
      if (state.status === 'present')
        problems.add('ALREADY_EXISTS', `There is a truststore named ${state.name}. Add the certificates to it, or choose another name.`, ['name']);
      const added = notYetIn([], command.certificates, problems);
      problems.refuseIfAny();
      return [
        { type: 'TruststoreCreated', data: { name, includeSystemRoots } },
        ...added.map((certificate) => ({ type: 'CertificateAdded', data: { name, certificate, fetchedFrom: null } }) as const),
      ];
    }
    case 'AddCertificates': {
      const { name, certificates } = present(state, 'truststore');
      const { fetchedFrom } = command;
      const problems = new Problems();
      const added = notYetIn(certificates, command.certificates, problems);
      problems.refuseIfAny();
      return added.map((certificate) => ({ type: 'CertificateAdded', data: { name, certificate, fetchedFrom } }));
    }
    case 'RemoveCertificate': {
      const { name, certificates } = present(state, 'truststore');
      const fingerprint = checkFingerprint(command.fingerprintSha256);
      if (!fingerprint.ok) return refuse(fingerprint.code, fingerprint.message, ['fingerprintSha256']);
      const removed = certificates.find(({ fingerprintSha256 }) => fingerprintSha256 === fingerprint.value);
      // Not taken for done: whoever mistypes a fingerprint would go on trusting what was meant.
      if (!removed) return refuse('NOT_FOUND', 'The truststore holds no certificate of this fingerprint.', ['fingerprintSha256']);
      return [{ type: 'CertificateRemoved', data: { name, fingerprintSha256: removed.fingerprintSha256, subject: removed.subject } }];
    }
    case 'DeleteTruststore': {
      const { name } = present(state, 'name');
      if (command.usedBy.total > 0) refuse('IN_USE', `${inWords(command.usedBy)}. Give each another truststore or none first.`, ['name']);
      return [{ type: 'TruststoreDeleted', data: { name } }];
    }
  }
}

/** Those that are not there yet, each once. */
function notYetIn(there: readonly Certificate[], coming: readonly Certificate[] | Problem, problems: Problems): readonly Certificate[] {
  if ('code' in coming) {
    problems.add(coming.code, coming.message, coming.field ?? ['pem']);
    return [];
  }
  const known = new Set(there.map(({ fingerprintSha256 }) => fingerprintSha256));
  const added = coming.filter(({ fingerprintSha256 }) => !known.has(fingerprintSha256) && known.add(fingerprintSha256));
  if (known.size > mostCertificates)
    problems.add('TOO_LONG', `A truststore holds at most ${mostCertificates} certificates. Leave out those that no server needs, or make a second one.`, [
      'pem',
    ]);
  return added;
}

function present(state: Truststore, field: string): PresentTruststore {
  return state.status === 'present' ? state : refuse('NOT_FOUND', 'There is no truststore of this name. Create it first.', [field]);
}

function inWords({ accountIds, total }: NamingAccounts): string {
  const more = total > accountIds.length ? ` and ${total - accountIds.length} more` : '';
  return total === 1 ? `The account ${accountIds.join('')} names it` : `The accounts ${accountIds.join(', ')}${more} name it`;
}
