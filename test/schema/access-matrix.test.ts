import type { ExecutionResult } from 'graphql';
import { describe, expect, it } from 'vitest';
import { buildPostledgerSchema } from '../../schema/build-schema.js';
import { policy } from '../../src/domain/access/policy.js';
import { roles, type Role } from '../../src/domain/access/role.js';
import { codesOf, firstAnswer } from './answers.js';
import { minimalDocument } from './minimal-document.js';
import { recordingContext, type Recording } from './recording-context.js';

/**
 * Who may use what, written down a second time and on purpose: a change of the policy has to be meant twice. `reaches` is the service behind the field, `-` where the answer
 * comes from memory or from the object that the field stands in.
 */
const matrix = `
                                          VIEWER  AUDITOR  OPERATOR  EDITOR  ADMIN   reaches
  Query.node                              yes     yes      yes       yes     yes     accounts.find
  Query.emailAccount                      yes     yes      yes       yes     yes     accounts.find
  Query.emailAccounts                     yes     yes      yes       yes     yes     accounts.page
  Query.compareEmailAccountVersions       no      yes      yes       yes     yes     accountHistory.versions
  Query.emailProviders                    yes     yes      yes       yes     yes     -
  Query.discoverEmailSettings             no      no       yes       yes     yes     settingsDiscoveries.whole
  Query.expiring                          yes     yes      yes       yes     yes     expiries.endingWithin
  Query.truststore                        yes     yes      yes       yes     yes     truststores.find
  Query.truststores                       yes     yes      yes       yes     yes     truststores.page
  Query.inspectServerCertificate          no      no       yes       yes     yes     serverCertificates.inspect
  Query.authenticationProfile             yes     yes      yes       yes     yes     profiles.find
  Query.authenticationProfiles            yes     yes      yes       yes     yes     profiles.page
  Query.auditTrail                        no      yes      no        no      yes     auditTrail.page
  Query.auditEntry                        no      yes      no        no      yes     auditTrail.find
  Query.auditCheckpoint                   no      yes      no        no      yes     auditProofs.newest
  Query.auditProof                        no      yes      no        no      yes     auditProofs.ofEntry
  Query.auditConsistencyProof             no      yes      no        no      yes     auditProofs.consistencySince
  Query.apiTokens                         no      no       no        no      yes     tokens.page
  Query.viewer                            yes     yes      yes       yes     yes     -
  Query.serviceStatus                     yes     yes      yes       yes     yes     serviceFacts
  Mutation.createEmailAccount             no      no       no        yes     yes     accountCommands.create
  Mutation.renameEmailAccount             no      no       no        yes     yes     accountCommands.rename
  Mutation.changeEmailProvider            no      no       no        yes     yes     accountCommands.changeProvider
  Mutation.configureSender                no      no       no        yes     yes     accountCommands.configureSender
  Mutation.removeSender                   no      no       no        yes     yes     accountCommands.removeSender
  Mutation.changeSenderPassword           no      no       no        yes     yes     accountCommands.changeSenderPassword
  Mutation.configureReceiver              no      no       no        yes     yes     accountCommands.configureReceiver
  Mutation.removeReceiver                 no      no       no        yes     yes     accountCommands.removeReceiver
  Mutation.changeReceiverPassword         no      no       no        yes     yes     accountCommands.changeReceiverPassword
  Mutation.disableEmailAccount            no      no       yes       yes     yes     accountCommands.disable
  Mutation.enableEmailAccount             no      no       yes       yes     yes     accountCommands.enable
  Mutation.deleteEmailAccount             no      no       no        yes     yes     accountCommands.delete
  Mutation.restoreEmailAccount            no      no       no        yes     yes     accountCommands.restore
  Mutation.eraseEmailAccount              no      no       no        no      yes     accountCommands.erase
  Mutation.revertEmailAccount             no      no       no        yes     yes     accountCommands.revert
  Mutation.testConnection                 no      no       yes       yes     yes     connectionTests.test
  Mutation.sendTestMessage                no      no       yes       yes     yes     testMessages.send
  Mutation.verifyRoundTrip                no      no       yes       yes     yes     roundTrips.verify
  Mutation.createTruststore               no      no       no        yes     yes     truststoreCommands.create
  Mutation.addCertificate                 no      no       no        yes     yes     truststoreCommands.addCertificate
  Mutation.removeCertificate              no      no       no        yes     yes     truststoreCommands.removeCertificate
  Mutation.trustServerCertificate         no      no       no        yes     yes     truststoreCommands.trustServerCertificate
  Mutation.deleteTruststore               no      no       no        yes     yes     truststoreCommands.delete
  Mutation.createAuthenticationProfile    no      no       no        yes     yes     profileCommands.create
  Mutation.changeAuthenticationProfile    no      no       no        yes     yes     profileCommands.change
  Mutation.deleteAuthenticationProfile    no      no       no        yes     yes     profileCommands.delete
  Mutation.beginConsent                   no      no       no        yes     yes     consents.begin
  Mutation.issueApiToken                  no      no       no        no      yes     tokenCommands.issue
  Mutation.revokeApiToken                 no      no       no        no      yes     tokenCommands.revoke
  Subscription.emailAccountChanged        yes     yes      yes       yes     yes     auditTrail.tail
  Subscription.auditEntryRecorded         no      yes      no        no      yes     auditTrail.tail
  Subscription.connectionTestProgress     no      no       yes       yes     yes     connectionTests.progress
  Subscription.emailSettingsDiscovered    no      no       yes       yes     yes     settingsDiscoveries.progress
  EmailAccount.history                    no      yes      yes       yes     yes     auditTrail.page
  Truststore.history                      no      yes      yes       yes     yes     auditTrail.page
  AuthenticationProfile.history           no      yes      yes       yes     yes     auditTrail.page
  EmailAccountChange.entry                no      yes      yes       yes     yes     -`;

interface Line {
  readonly field: string;
  readonly allowed: Readonly<Record<Role, boolean>>;
  readonly reaches: string | null;
}

const [header = [], ...rows] = matrix
  .trim()
  .split('\n')
  .map((line) => line.trim().split(/\s+/));
const lines: readonly Line[] = rows.map(([field = '', ...cells]) => {
  const reaches = cells[header.indexOf('reaches')] ?? '';
  const allowed = (role: Role) => cells[header.indexOf(role)] === 'yes';
  return {
    field,
    allowed: { VIEWER: allowed('VIEWER'), AUDITOR: allowed('AUDITOR'), OPERATOR: allowed('OPERATOR'), EDITOR: allowed('EDITOR'), ADMIN: allowed('ADMIN') },
    reaches: reaches === '-' ? null : reaches,
  };
});

const schema = buildPostledgerSchema();

async function ask(role: Role, field: string): Promise<Recording & { readonly result: ExecutionResult }> {
  const recording = recordingContext(role);
  return { ...recording, result: await firstAnswer(schema, minimalDocument(schema, field), recording.context) };
}

describe('the matrix', () => {
  it('has a line for every root field and for every other field that the policy guards', () => {
    const rootFields = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()].flatMap((type) =>
      Object.keys(type?.getFields() ?? {}).map((field) => `${type?.name ?? ''}.${field}`),
    );
    expect(lines.map(({ field }) => field)).toEqual(expect.arrayContaining(rootFields));
    expect(lines.map(({ field }) => field).sort()).toEqual(Object.keys(policy).sort());
    expect(header).toEqual([...roles, 'reaches']);
  });
});

describe.each(lines.map((line) => [line.field, line] as const))('%s', (field, { allowed, reaches }) => {
  const isRoot = /^(?:Query|Mutation|Subscription)\./.test(field);

  it.each(roles.filter((role) => allowed[role]))('lets %s through to what is behind it', async (role) => {
    const { result, reached, denied } = await ask(role, field);
    expect(codesOf(result)).toEqual([]);
    expect(result.data).not.toBeNull();
    expect(reached).toEqual(expect.arrayContaining(reaches === null ? [] : [reaches]));
    expect(denied).toEqual([]);
  });

  it.each(roles.filter((role) => !allowed[role]))('stops %s before anything happens, and records the attempt once', async (role) => {
    const { result, reached, denied } = await ask(role, field);
    expect(codesOf(result)).toEqual(['FORBIDDEN']);
    expect(isRoot ? reached : reached.filter((service) => service === reaches)).toEqual([]);
    expect(denied.map(({ command }) => command)).toEqual([field]);
  });
});
