import { ID } from 'type-graphql';
import { serverInWords } from '../../../src/domain/truststore/mail-server.js';
import { Certificate } from '../../connection-test/connection-test-stage.js';
import type { EntriesOf } from './entry-table.js';

/** What happened to truststores. */
export const truststoreEntries: EntriesOf<'TruststoreCreated' | 'CertificateAdded' | 'CertificateRemoved' | 'TruststoreDeleted'> = {
  TruststoreCreated: {
    description: 'A truststore was created.',
    adds: {
      truststoreName: { type: () => ID, description: "The truststore's name, as it was written.", of: (data) => data.name },
      includeSystemRoots: { type: () => Boolean, description: "Whether it trusts the runtime's public CAs as well.", of: (data) => data.includeSystemRoots },
    },
  },
  CertificateAdded: {
    description: 'A certificate was added to a truststore.',
    adds: {
      certificate: { type: () => Certificate, description: 'The certificate that is trusted from here on.', of: (data) => data.certificate },
      fetchedFrom: {
        type: () => String,
        nullable: true,
        description: 'The server that showed it, e.g. `mail.example.com:143 (IMAP_STARTTLS)`; null for one that somebody entered.',
        of: (data) => data.fetchedFrom && serverInWords(data.fetchedFrom),
      },
    },
  },
  CertificateRemoved: {
    description: 'A certificate was taken out of a truststore.',
    adds: {
      fingerprintSha256: {
        type: () => String,
        nullable: true,
        description: "The certificate's SHA-256 fingerprint. Never null here.",
        of: (data) => data.fingerprintSha256,
      },
    },
  },
  TruststoreDeleted: { description: 'A truststore was deleted, with its certificates.', adds: {} },
};
