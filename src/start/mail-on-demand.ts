import type { SendMail, TestMail } from '../mail/mail-port.js';
import type { MailSettings } from '../mail/mail-settings.js';

/** Connection tests and test messages, whose clients are loaded when the first is asked for: a start has no need of them, and they are a fifth of its time. */
export function mailOnDemand(settings: MailSettings): { readonly testMail: TestMail; readonly sendMail: SendMail } {
  let tester: Promise<TestMail> | null = null;
  let sender: Promise<SendMail> | null = null;
  return {
    async *testMail(subject, signal) {
      tester ??= import('../mail/connection-tester.js').then(({ connectionTester }) => connectionTester(settings));
      yield* (await tester)(subject, signal);
    },
    async sendMail(subject, message, signal) {
      sender ??= import('../mail/message-sender.js').then(({ messageSender }) => messageSender(settings));
      return (await sender)(subject, message, signal);
    },
  };
}
