import { roles, type Role } from './role.js';

const everybody = roles;
const whoReadsHistory = ['AUDITOR', 'OPERATOR', 'EDITOR', 'ADMIN'] as const;
const whoAudits = ['AUDITOR', 'ADMIN'] as const;
const whoOperates = ['OPERATOR', 'EDITOR', 'ADMIN'] as const;
const whoEdits = ['EDITOR', 'ADMIN'] as const;
const onlyAdmins = ['ADMIN'] as const;

/**
 * Who may do what, the one place for it. Every root field of the schema has its line, and so has every other field that shows more than its parent may show to everybody.
 * What has no line is denied: the schema does not build without one.
 */
export const policy: Readonly<Record<string, readonly Role[]>> = {
  'Query.node': everybody,
  'Query.emailAccount': everybody,
  'Query.emailAccounts': everybody,
  'Query.compareEmailAccountVersions': whoReadsHistory,
  'Query.emailProviders': everybody,
  'Query.discoverEmailSettings': whoOperates,
  'Query.expiring': everybody,
  'Query.authenticationProfile': everybody,
  'Query.authenticationProfiles': everybody,
  'Query.truststore': everybody,
  'Query.truststores': everybody,
  'Query.inspectServerCertificate': whoOperates,
  'Query.auditTrail': whoAudits,
  'Query.auditEntry': whoAudits,
  'Query.auditCheckpoint': whoAudits,
  'Query.auditProof': whoAudits,
  'Query.auditConsistencyProof': whoAudits,
  'Query.apiTokens': onlyAdmins,
  'Query.viewer': everybody,
  'Query.serviceStatus': everybody,

  'Mutation.createEmailAccount': whoEdits,
  'Mutation.renameEmailAccount': whoEdits,
  'Mutation.changeEmailProvider': whoEdits,
  'Mutation.configureSender': whoEdits,
  'Mutation.removeSender': whoEdits,
  'Mutation.changeSenderPassword': whoEdits,
  'Mutation.configureReceiver': whoEdits,
  'Mutation.removeReceiver': whoEdits,
  'Mutation.changeReceiverPassword': whoEdits,
  'Mutation.disableEmailAccount': whoOperates,
  'Mutation.enableEmailAccount': whoOperates,
  'Mutation.deleteEmailAccount': whoEdits,
  'Mutation.restoreEmailAccount': whoEdits,
  'Mutation.eraseEmailAccount': onlyAdmins,
  'Mutation.revertEmailAccount': whoEdits,
  'Mutation.testConnection': whoOperates,
  'Mutation.sendTestMessage': whoOperates,
  'Mutation.verifyRoundTrip': whoOperates,
  'Mutation.createAuthenticationProfile': whoEdits,
  'Mutation.changeAuthenticationProfile': whoEdits,
  'Mutation.deleteAuthenticationProfile': whoEdits,
  'Mutation.beginConsent': whoEdits,
  'Mutation.createTruststore': whoEdits,
  'Mutation.addCertificate': whoEdits,
  'Mutation.removeCertificate': whoEdits,
  'Mutation.trustServerCertificate': whoEdits,
  'Mutation.deleteTruststore': whoEdits,
  'Mutation.issueApiToken': onlyAdmins,
  'Mutation.revokeApiToken': onlyAdmins,

  'Subscription.emailAccountChanged': everybody,
  'Subscription.auditEntryRecorded': whoAudits,
  'Subscription.connectionTestProgress': whoOperates,
  'Subscription.emailSettingsDiscovered': whoOperates,

  'EmailAccount.history': whoReadsHistory,
  'AuthenticationProfile.history': whoReadsHistory,
  'Truststore.history': whoReadsHistory,
  'EmailAccountChange.entry': whoReadsHistory,
};

/** Whether the role may use the field, e.g. `Mutation.eraseEmailAccount`. Deny by default. */
export function isAllowed(role: Role, field: string): boolean {
  return Object.hasOwn(policy, field) && (policy[field]?.includes(role) ?? false);
}

/** Whether every role may use the field. */
export function isForEverybody(field: string): boolean {
  return roles.every((role) => isAllowed(role, field));
}

/** The names of the queries, mutations and subscriptions that the role may use, in the table's order. */
export function permissionsOf(role: Role): readonly string[] {
  return Object.keys(policy)
    .filter((field) => /^(?:Query|Mutation|Subscription)\./.test(field) && isAllowed(role, field))
    .map((field) => field.slice(field.indexOf('.') + 1));
}
