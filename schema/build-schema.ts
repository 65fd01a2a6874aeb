import 'reflect-metadata';
import { assertValidSchema, GraphQLInputObjectType, type GraphQLSchema } from 'graphql';
import { buildSchemaSync, type PubSub } from 'type-graphql';
import { guard } from './access/guard.js';
import { ViewerQuery } from './access/viewer.js';
import { ApiTokens } from './api-token/api-tokens.js';
import { IssueApiToken } from './api-token/issue-api-token.js';
import { RevokeApiToken } from './api-token/revoke-api-token.js';
import { AuditProofQueries } from './audit/audit-proof-queries.js';
import { AuditQueries } from './audit/audit-queries.js';
import { AuditEntryRecorded } from './audit/audit-entry-recorded.js';
import { ConnectionTestProgressSubscription } from './connection-test/connection-test-progress.js';
import { SendTestMessage } from './connection-test/send-test-message.js';
import { VerifyRoundTrip } from './connection-test/verify-round-trip.js';
import { TestConnection } from './connection-test/test-connection.js';
import { setCosts } from './cost.js';
import { AuthenticationProfileQueries } from './authentication-profile/authentication-profile-queries.js';
import { BeginConsent } from './authentication-profile/begin-consent.js';
import { ChangeAuthenticationProfile } from './authentication-profile/change-authentication-profile.js';
import { CreateAuthenticationProfile } from './authentication-profile/create-authentication-profile.js';
import { DeleteAuthenticationProfile } from './authentication-profile/delete-authentication-profile.js';
import { ProfileOfGraph, ProfileOfReceiver, ProfileOfSender } from './authentication-profile/profile-of-connection.js';
import { ChangeEmailProvider } from './email-account/change-email-provider.js';
import { ChangeReceiverPassword } from './email-account/change-receiver-password.js';
import { ChangeSenderPassword } from './email-account/change-sender-password.js';
import { CompareEmailAccountVersions } from './email-account/compare-versions.js';
import { ConfigureReceiver } from './email-account/configure-receiver.js';
import { ConfigureSender } from './email-account/configure-sender.js';
import { CreateEmailAccount } from './email-account/create-email-account.js';
import { DeleteEmailAccount } from './email-account/delete-email-account.js';
import { DisableEmailAccount } from './email-account/disable-email-account.js';
import { EmailAccountChanged } from './email-account/email-account-changed.js';
import { EmailAccountQueries } from './email-account/email-account-queries.js';
import { EnableEmailAccount } from './email-account/enable-email-account.js';
import { EraseEmailAccount } from './email-account/erase-email-account.js';
import { RemoveReceiver } from './email-account/remove-receiver.js';
import { RemoveSender } from './email-account/remove-sender.js';
import { RenameEmailAccount } from './email-account/rename-email-account.js';
import { RestoreEmailAccount } from './email-account/restore-email-account.js';
import { RevertEmailAccount } from './email-account/revert-email-account.js';
import { Expiring } from './expiry/expiring.js';
import { NodeQuery } from './node/node-query.js';
import { DiscoverEmailSettings } from './discovery/discover-email-settings.js';
import { EmailSettingsDiscovered } from './discovery/email-settings-discovered.js';
import { EmailProviders } from './provider/email-providers.js';
import { AddCertificate } from './truststore/add-certificate.js';
import { CreateTruststore } from './truststore/create-truststore.js';
import { DeleteTruststore } from './truststore/delete-truststore.js';
import { InspectServerCertificate } from './truststore/inspect-server-certificate.js';
import { RemoveCertificate } from './truststore/remove-certificate.js';
import { TrustServerCertificate } from './truststore/trust-server-certificate.js';
import { TruststoreOfReceiver, TruststoreOfSender } from './truststore/truststore-of-connection.js';
import { TruststoreQueries } from './truststore/truststore-queries.js';
import { ServiceStatusQuery } from './service/service-status.js';

/** type-graphql insists on a PubSub. Subscriptions here follow the log, each through its own `subscribe`, so nothing is ever published. */
const noPubSub: PubSub = {
  publish: () => undefined,
  subscribe: (topic) => {
    throw new Error(`Nothing is published under ${topic}: subscriptions follow the log.`);
  },
};

/** Exactly one of their fields is given: @oneOf, for which type-graphql has no option. */
const oneOf = ['SenderInput', 'ReceiverInput'];

/**
 * The whole schema, guarded and priced. Resolvers expect a RequestContext.
 * @throws {Error} a root field has no line in the policy; a type that the GraphQL specification does not allow.
 */
export function buildPostledgerSchema(): GraphQLSchema {
  const schema = buildSchemaSync({
    resolvers: [
      EmailAccountQueries,
      CompareEmailAccountVersions,
      EmailProviders,
      DiscoverEmailSettings,
      NodeQuery,
      AuthenticationProfileQueries,
      ProfileOfSender,
      ProfileOfReceiver,
      ProfileOfGraph,
      TruststoreQueries,
      TruststoreOfSender,
      TruststoreOfReceiver,
      InspectServerCertificate,
      AuditQueries,
      AuditProofQueries,
      Expiring,
      ApiTokens,
      ViewerQuery,
      ServiceStatusQuery,
      CreateEmailAccount,
      RenameEmailAccount,
      ChangeEmailProvider,
      ConfigureSender,
      RemoveSender,
      ChangeSenderPassword,
      ConfigureReceiver,
      RemoveReceiver,
      ChangeReceiverPassword,
      DisableEmailAccount,
      EnableEmailAccount,
      DeleteEmailAccount,
      RestoreEmailAccount,
      EraseEmailAccount,
      RevertEmailAccount,
      TestConnection,
      SendTestMessage,
      VerifyRoundTrip,
      CreateAuthenticationProfile,
      ChangeAuthenticationProfile,
      DeleteAuthenticationProfile,
      BeginConsent,
      CreateTruststore,
      AddCertificate,
      RemoveCertificate,
      TrustServerCertificate,
      DeleteTruststore,
      IssueApiToken,
      RevokeApiToken,
      EmailAccountChanged,
      AuditEntryRecorded,
      ConnectionTestProgressSubscription,
      EmailSettingsDiscovered,
    ],
    // Every rule on values stands in the domain, with its code and path; here are shapes alone. See docs/decisions/0007-where-input-is-checked.md.
    validate: false,
    // The check would run the introspection query; assertValidSchema below finds the same at a fraction of the start-up time.
    skipCheck: true,
    pubSub: noPubSub,
  });
  for (const name of oneOf) {
    const type = schema.getType(name);
    if (!(type instanceof GraphQLInputObjectType)) throw new TypeError(`There is no input type ${name}.`);
    type.isOneOf = true;
  }
  guard(schema);
  setCosts(schema);
  assertValidSchema(schema);
  return schema;
}
