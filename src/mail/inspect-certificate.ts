import type { ConnectionTestStage } from '../domain/email-account/connection-test.js';
import type { TlsVersion } from '../domain/email-account/settings.js';
import type { MailServer, ServerTls } from '../domain/truststore/mail-server.js';
import { Deadline } from './deadline.js';
import type { Endpoint } from './endpoint.js';
import { openMailConnection } from './mail-connection.js';
import type { CertificateInspection, InspectCertificate } from './mail-port.js';
import { roadOf, type MailSettings, type Road } from './mail-settings.js';
import { imapOpening, pop3Opening, smtpOpening, type Opening } from './opening.js';
import { StageFailed, StageRun } from './stage-run.js';

/** Looks at servers' certificates on the one way on which mail goes, so that what is shown is what an account would meet. */
export function certificateInspector(settings: MailSettings): InspectCertificate {
  const road = roadOf(settings);
  return async (server, signal) => {
    const deadline = new Deadline(road.deadlineMilliseconds, signal);
    try {
      // First as an account connects that asks for nothing special, so that the verdict is the one that it would get.
      const found = await inspect(server, 'TLS_1_2', road, deadline);
      return found.problem === 'TLS_VERSION_TOO_LOW' ? alsoTooLow(await inspect(server, 'TLS_1_0', road, deadline)) : found;
    } finally {
      deadline.end();
    }
  };
}

async function inspect(server: MailServer, minimumTlsVersion: TlsVersion, road: Road, deadline: Deadline): Promise<CertificateInspection> {
  const stages: ConnectionTestStage[] = [];
  const run = new StageRun('RECEIVER', [], server.port, [], (stage) => stages.push(stage));
  try {
    const { socket } = await openMailConnection(endpointOf(server, minimumTlsVersion), run, road, deadline);
    socket.destroy();
  } catch (error) {
    if (!(error instanceof StageFailed)) throw error;
    const { code, message, hint, tls } = error.stage;
    const told = hint === null ? message : `${message} ${hint}`;
    return { trusted: false, tlsVersion: tls?.version ?? null, certificates: tls?.certificates ?? [], problem: code, message: told };
  }
  const secured = stages.find(({ tls }) => tls !== null);
  return {
    trusted: true,
    tlsVersion: secured?.tls?.version ?? null,
    certificates: secured?.tls?.certificates ?? [],
    problem: null,
    message: secured?.message ?? '',
  };
}

/** The certificate's own problem is told before the version's, which is named all the same. */
function alsoTooLow({ problem, message, ...found }: CertificateInspection): CertificateInspection {
  const tooLow = `The server speaks ${found.tlsVersion ?? 'TLS 1.1'} at most: an account for it has to lower its minimumTlsVersion, which makes the connection weaker.`;
  return { ...found, problem: problem ?? 'TLS_VERSION_TOO_LOW', message: problem === null ? tooLow : `${message} ${tooLow}` };
}

function endpointOf({ host, port, security }: MailServer, minimumTlsVersion: TlsVersion): Endpoint {
  return { ...entrances[security], host, port, minimumTlsVersion, truststore: null, trust: null };
}

/** After TLS from the start the certificates are known, whatever protocol is spoken then: nobody waits for a greeting. */
const silentOpening: Opening = {
  neutralGreeting: '',
  greet: () => Promise.resolve({ text: '', offersStartTls: () => Promise.resolve(false) }),
  startTls: () => Promise.resolve(),
};

const entrances: Readonly<Record<ServerTls, Pick<Endpoint, 'opening' | 'security'>>> = {
  TLS: { opening: silentOpening, security: 'IMPLICIT' },
  SMTP_STARTTLS: { opening: smtpOpening, security: 'REQUIRED' },
  IMAP_STARTTLS: { opening: imapOpening, security: 'REQUIRED' },
  POP3_STLS: { opening: pop3Opening, security: 'REQUIRED' },
};
