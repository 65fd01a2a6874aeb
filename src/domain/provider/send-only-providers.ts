import type { Endpoint, Provider } from './provider.js';

const tls = (host: string): Endpoint => ({ host, port: 465, security: 'TLS' });
const startTls = (host: string, port = 587): Endpoint => ({ host, port, security: 'STARTTLS' });

/** A service that an application sends through, and nothing else. */
function relay(id: string, name: string, endpoint: Endpoint, documentationUrl: string | null, ...notes: readonly string[]): Provider {
  return {
    id,
    name,
    domains: [],
    smtp: [endpoint],
    imap: [],
    pop3: [],
    microsoftGraph: false,
    authentication: ['PASSWORD'],
    userId: 'address',
    oauth: null,
    documentationUrl,
    notes: ['Sends only: nothing can be received through it.', ...notes],
  };
}

const ses = (region: string, place: string) =>
  relay(
    `amazon-ses-${region}`,
    `Amazon SES ${place}`,
    tls(`email-smtp.${region}.amazonaws.com`),
    'https://docs.aws.amazon.com/ses/latest/dg/smtp-connect.html',
    'User ID and password are SMTP credentials that the SES console makes, not access keys.',
  );

/** Services that send for applications. */
export const sendOnlyProviders: readonly Provider[] = [
  ses('us-east-1', 'US East (N. Virginia)'),
  ses('us-east-2', 'US East (Ohio)'),
  ses('us-west-1', 'US West (N. California)'),
  ses('us-west-2', 'US West (Oregon)'),
  ses('ca-central-1', 'Canada (Central)'),
  ses('eu-central-1', 'Europe (Frankfurt)'),
  ses('eu-west-1', 'Europe (Ireland)'),
  ses('eu-west-2', 'Europe (London)'),
  ses('eu-west-3', 'Europe (Paris)'),
  ses('eu-north-1', 'Europe (Stockholm)'),
  ses('ap-south-1', 'Asia Pacific (Mumbai)'),
  ses('ap-southeast-1', 'Asia Pacific (Singapore)'),
  ses('ap-southeast-2', 'Asia Pacific (Sydney)'),
  ses('ap-northeast-1', 'Asia Pacific (Tokyo)'),
  ses('ap-northeast-2', 'Asia Pacific (Seoul)'),
  ses('ap-northeast-3', 'Asia Pacific (Osaka)'),
  ses('sa-east-1', 'South America (São Paulo)'),
  relay(
    'sendgrid',
    'SendGrid',
    startTls('smtp.sendgrid.net'),
    'https://www.twilio.com/docs/sendgrid/for-developers/sending-email/integrating-with-the-smtp-api',
    'The user ID is the word apikey, the password an API key.',
  ),
  relay('mailgun', 'Mailgun', tls('smtp.mailgun.org'), null),
  relay(
    'postmark',
    'Postmark',
    startTls('smtp.postmarkapp.com', 2525),
    'https://postmarkapp.com/developer/user-guide/send-email-with-smtp',
    'User ID and password are both the server token.',
  ),
  relay('brevo', 'Brevo', startTls('smtp-relay.brevo.com'), 'https://developers.brevo.com/docs/smtp-integration'),
  relay(
    'mailjet',
    'Mailjet',
    startTls('in.mailjet.com'),
    'https://dev.mailjet.com/smtp-relay/configuration/',
    'The user ID is the API key, the password the secret key.',
  ),
  relay('resend', 'Resend', tls('smtp.resend.com'), 'https://resend.com/docs/send-with-smtp', 'The user ID is the word resend, the password an API key.'),
  relay('mandrill', 'Mandrill (Mailchimp)', startTls('smtp.mandrillapp.com'), null),
  relay('sparkpost', 'SparkPost', startTls('smtp.sparkpostmail.com'), null, 'The user ID is the word SMTP_Injection, the password an API key.'),
  relay('turbo-smtp', 'TurboSMTP', tls('pro.turbo-smtp.com'), null),
  relay('forward-email', 'Forward Email', tls('smtp.forwardemail.net'), null),
  relay('smtp2go', 'SMTP2GO', startTls('mail.smtp2go.com', 2525), null),
  relay('elastic-email', 'Elastic Email', tls('smtp.elasticemail.com'), null),
  relay('mailtrap', 'Mailtrap', startTls('live.smtp.mailtrap.io'), null),
  relay('sendpulse', 'SendPulse', tls('smtp-pulse.com'), null),
  relay('mailersend', 'MailerSend', startTls('smtp.mailersend.net'), null),
  relay('loops', 'Loops', startTls('smtp.loops.so'), null),
];
