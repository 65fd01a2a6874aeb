import type { Certificate } from '../email-account/connection-test.js';
import type { MailServer } from './mail-server.js';

/**
 * What can have happened to a truststore: the named set of certificates that a connection trusts. Stream `truststore-<name in lower case>`.
 * Every event names it, as it was written when it was created.
 */
export type TruststoreEvent =
  | {
      readonly type: 'TruststoreCreated';
      readonly data: {
        readonly name: string;
        /** Whether the runtime's own roots are trusted beside its certificates. */
        readonly includeSystemRoots: boolean;
      };
    }
  | {
      readonly type: 'CertificateAdded';
      readonly data: {
        readonly name: string;
        readonly certificate: Certificate;
        /** The server that showed it, where it was taken from its chain; null for one that somebody entered. */
        readonly fetchedFrom: MailServer | null;
      };
    }
  | { readonly type: 'CertificateRemoved'; readonly data: { readonly name: string; readonly fingerprintSha256: string; readonly subject: string } }
  | { readonly type: 'TruststoreDeleted'; readonly data: { readonly name: string } };
