import { Deadline } from '../mail/deadline.js';
import type { Endpoint } from '../mail/endpoint.js';
import { openMailConnection } from '../mail/mail-connection.js';
import { roadOf, type MailSettings } from '../mail/mail-settings.js';
import { imapOpening, pop3Opening, smtpOpening } from '../mail/opening.js';
import { StageFailed, StageRun } from '../mail/stage-run.js';
import type { Probe, ProbedServer } from './means.js';

/** How long a server that greets at all takes to do so; half of it each for connecting, TLS and the greeting. */
const usualMilliseconds = 3_000;

const openings = { SMTP: smtpOpening, IMAP: imapOpening, POP3: pop3Opening } as const;

/** Goes to servers on the one way on which mail goes, up to where somebody could log in, and hangs up. */
export function mailServerProbe(settings: MailSettings, milliseconds = usualMilliseconds): Probe {
  const road = roadOf(settings);
  return async (server, signal) => {
    const deadline = new Deadline(milliseconds, signal);
    const run = new StageRun('RECEIVER', [], server.port, [], () => undefined);
    try {
      const { socket } = await openMailConnection(endpointOf(server), run, road, deadline);
      socket.destroy();
      return 'VERIFIED';
    } catch (error) {
      if (!(error instanceof StageFailed)) throw error;
      return error.stage.code.startsWith('CERTIFICATE_') ? 'UNTRUSTED' : 'ABSENT';
    } finally {
      deadline.end();
    }
  };
}

/** As an account connects that asks for nothing special. */
function endpointOf({ protocol, host, port, security }: ProbedServer): Endpoint {
  return {
    opening: openings[protocol],
    host,
    port,
    security: security === 'TLS' ? 'IMPLICIT' : 'REQUIRED',
    minimumTlsVersion: 'TLS_1_2',
    truststore: null,
    trust: null,
  };
}
