import { CommandRefused, refuse } from '../domain/decider.js';
import type { Certificate } from '../domain/email-account/connection-test.js';
import { Problems } from '../domain/email-account/problems.js';
import type { Attempt } from '../domain/security-log/events.js';
import { checkFingerprint } from '../domain/truststore/fingerprint.js';
import { checkedServer, type MailServer, type WrittenServer } from '../domain/truststore/mail-server.js';
import type { CertificateInspection, InspectCertificate } from '../mail/mail-port.js';
import type { Call } from './change.js';
import type { CommandHandler } from './command-handler.js';
import type { RateLimit } from './rate-limit.js';

/** Looks at the certificates of mail servers. It connects to wherever the caller says, so it is limited and recorded as connection tests are. */
export class ServerCertificates {
  constructor(
    readonly handler: CommandHandler,
    readonly inspectCertificate: InspectCertificate,
    readonly rateLimit: RateLimit,
  ) {}

  /** @throws {CommandRefused} a host or port that cannot be; it is on record then. @throws {RateLimited} */
  async inspect(call: Call, written: WrittenServer, signal: AbortSignal): Promise<CertificateInspection> {
    const attempt = { command: 'inspectServerCertificate', entityType: 'Service', entityId: 'postledger' };
    try {
      const server = withoutProblems(written);
      this.rateLimit.take(call, attempt);
      const inspection = await this.inspectCertificate(server, signal);
      await this.handler.securityLog.serverInspected(call, { ...attempt, server, code: inspection.problem ?? 'OK' });
      return inspection;
    } catch (error) {
      if (error instanceof CommandRefused) await this.handler.refused({ call, attempt, options: {} }, error.problems);
      throw error;
    }
  }

  /**
   * The certificate of this fingerprint out of the chain that the server shows now.
   * @throws {CommandRefused} INVALID_CERTIFICATE: it is not in the chain, or no chain could be had; EGRESS_DENIED. @throws {RateLimited}
   */
  async fetch(
    call: Call,
    attempt: Attempt,
    written: WrittenServer,
    fingerprintSha256: string,
    signal: AbortSignal,
  ): Promise<{ readonly certificate: Certificate; readonly server: MailServer }> {
    const problems = new Problems();
    const fingerprint = problems.take(checkFingerprint(fingerprintSha256), ['fingerprintSha256'], '');
    const server = withoutProblems(written, problems);
    this.rateLimit.take(call, attempt);
    const { certificates, problem, message } = await this.inspectCertificate(server, signal);
    if (problem === 'EGRESS_DENIED') return refuse('EGRESS_DENIED', message, ['host']);
    if (certificates.length === 0)
      return refuse('INVALID_CERTIFICATE', `The server showed no certificate, so nothing was trusted. ${problem ?? 'UNKNOWN'}: ${message}`, ['host']);
    const certificate = certificates.find((each) => each.fingerprintSha256 === fingerprint);
    if (certificate) return { certificate, server };
    return refuse(
      'INVALID_CERTIFICATE',
      'The server shows no certificate of this fingerprint, so nothing was trusted. Call inspectServerCertificate to see what it shows now; if that has changed unexpectedly, find out why first.',
      ['fingerprintSha256'],
    );
  }
}

/** @throws {CommandRefused} with all problems. */
function withoutProblems(written: WrittenServer, problems = new Problems()): MailServer {
  const server = checkedServer(written, problems);
  problems.refuseIfAny();
  return server ?? refuse('REQUIRED', 'Name the server.', ['host']);
}
