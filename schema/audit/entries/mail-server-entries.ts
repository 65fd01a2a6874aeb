import { Int } from 'type-graphql';
import { RoundTripStageName } from '../../connection-test/round-trip.js';
import { serverInWords } from '../../../src/domain/truststore/mail-server.js';
import { DiagnosisCode } from '../../connection-test/connection-test-stage.js';
import type { EntriesOf } from './entry-table.js';
import { command, testOutcome } from './fields-of-several.js';

/** What was asked of mail servers, and of those who know their settings. */
export const mailServerEntries: EntriesOf<
  'DraftConnectionTested' | 'ServerCertificateInspected' | 'TestMessageSent' | 'RoundTripVerified' | 'SettingsDiscovered'
> = {
  DraftConnectionTested: {
    description: 'Connections were tested that no account holds yet: a draft.',
    adds: {
      command,
      targets: { type: () => [String], description: 'The endpoints, e.g. `smtp://mail.example.com:587?tls=required`.', of: (data) => data.targets },
      testOutcome,
    },
  },
  ServerCertificateInspected: {
    description: 'Somebody looked at the certificates of a mail server.',
    adds: {
      command,
      server: { type: () => String, description: 'The server, e.g. `mail.example.com:143 (IMAP_STARTTLS)`.', of: (data) => serverInWords(data.server) },
      code: { type: () => DiagnosisCode, description: 'What came of it: OK for a chain that is trusted.', of: (data) => data.code },
    },
  },
  TestMessageSent: {
    description: "A test message was handed to a sender's server, or was not taken.",
    adds: {
      command,
      messageId: { type: () => String, description: "The message's Message-ID (RFC 5322).", of: (data) => data.messageId },
      code: { type: () => DiagnosisCode, description: 'What came of it: OK when the server took it.', of: (data) => data.code },
      serverResponse: {
        type: () => String,
        nullable: true,
        description: 'What the server said; null when it said nothing.',
        of: (data) => data.serverResponse,
      },
    },
  },
  RoundTripVerified: {
    description: 'A message was sent through an account and looked for in its own mailbox.',
    adds: {
      command,
      messageId: { type: () => String, description: "The message's Message-ID (RFC 5322).", of: (data) => data.messageId },
      stoppedAt: {
        type: () => RoundTripStageName,
        nullable: true,
        description: 'The step that failed; null when it came all the way.',
        of: (data) => data.stoppedAt,
      },
      code: { type: () => DiagnosisCode, description: 'What came of it: OK when it came all the way.', of: (data) => data.code },
    },
  },
  SettingsDiscovered: {
    description: 'Somebody had the settings of an email address searched for.',
    adds: {
      command,
      domain: { type: () => String, description: 'The domain of the address. The mailbox is not recorded.', of: (data) => data.domain },
      candidates: {
        type: () => Int,
        nullable: true,
        description: 'How many were found; null for a search that was broken off.',
        of: (data) => data.candidates,
      },
    },
  },
};
