import type { InspectCertificate, SendMail, TestMail, VerifyRoundTrip } from '../mail/mail-port.js';
import { graphRequestsAtOnce, Places } from '../mail/graph/places.js';
import type { MailSettings } from '../mail/mail-settings.js';

/** Connection tests, test messages, round trips and looks at certificates, whose clients are loaded when the first is asked for: a start has no need of them, and they are a fifth of its time. */
export function mailOnDemand(given: MailSettings): {
  readonly testMail: TestMail;
  readonly sendMail: SendMail;
  readonly verifyRoundTrip: VerifyRoundTrip;
  readonly inspectCertificate: InspectCertificate;
} {
  const settings = { graphPlaces: new Places(graphRequestsAtOnce), ...given };
  let tester: Promise<TestMail> | null = null;
  let sender: Promise<SendMail> | null = null;
  let verifier: Promise<VerifyRoundTrip> | null = null;
  let inspector: Promise<InspectCertificate> | null = null;
  const sendMail: SendMail = async (subject, message, signal) => {
    sender ??= import('../mail/message-sender.js').then(({ messageSender }) => messageSender(settings));
    return (await sender)(subject, message, signal);
  };
  return {
    sendMail,
    async *testMail(subject, signal) {
      tester ??= import('../mail/connection-tester.js').then(({ connectionTester }) => connectionTester(settings));
      yield* (await tester)(subject, signal);
    },
    async inspectCertificate(server, signal) {
      inspector ??= import('../mail/inspect-certificate.js').then(({ certificateInspector }) => certificateInspector(settings));
      return (await inspector)(server, signal);
    },
    async verifyRoundTrip(subject, message, timeoutMilliseconds, signal) {
      verifier ??= import('../mail/round-trip/round-trip-verifier.js').then(({ roundTripVerifier }) => roundTripVerifier(settings, sendMail));
      return (await verifier)(subject, message, timeoutMilliseconds, signal);
    },
  };
}
