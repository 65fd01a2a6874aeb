import type { Endpoint, Provider } from './provider.js';

const tls = (host: string): Endpoint => ({ host, port: 465, security: 'TLS' });
const startTls = (host: string, port = 587): Endpoint => ({ host, port, security: 'STARTTLS' });

function relay(id: string, name: string, endpoint: Endpoint, ...notes: readonly string[]): Provider {
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
    documentationUrl: null,
    notes: ['Sends only: nothing can be received through it.', ...notes],
  };
}

const ses = (region: string, place: string) =>
  relay(
    `amazon-ses-${region}`,
    `Amazon SES ${place}`,
    tls(`email-smtp.${region}.amazonaws.com`),
    'User ID and password are SMTP credentials that the SES console makes, not access keys.',
  );

/** Services that send for applications. */
export const sendOnlyProviders: readonly Provider[] = [
  ses('us-east-1', 'US East (N. Virginia)'),
  ses('us-east-2', 'US East (Ohio)'),
  ses('us-west-2', 'US West (Oregon)'),
  ses('ca-central-1', 'Canada (Central)'),
  ses('eu-central-1', 'Europe (Frankfurt)'),
  ses('eu-west-1', 'Europe (Ireland)'),
  ses('eu-west-2', 'Europe (London)'),
  ses('eu-north-1', 'Europe (Stockholm)'),
  ses('ap-south-1', 'Asia Pacific (Mumbai)'),
  ses('ap-southeast-1', 'Asia Pacific (Singapore)'),
  ses('ap-southeast-2', 'Asia Pacific (Sydney)'),
  ses('ap-northeast-1', 'Asia Pacific (Tokyo)'),
  ses('sa-east-1', 'South America (São Paulo)'),
  relay('sendgrid', 'SendGrid', startTls('smtp.sendgrid.net'), 'The user ID is the word apikey, the password an API key.'),
  relay('mailgun', 'Mailgun', tls('smtp.mailgun.org')),
  relay('postmark', 'Postmark', startTls('smtp.postmarkapp.com', 2525), 'User ID and password are both the server token.'),
  relay('brevo', 'Brevo', startTls('smtp-relay.brevo.com')),
  relay('mailjet', 'Mailjet', startTls('in.mailjet.com'), 'The user ID is the API key, the password the secret key.'),
  relay('resend', 'Resend', tls('smtp.resend.com'), 'The user ID is the word resend, the password an API key.'),
  relay('mandrill', 'Mandrill (Mailchimp)', startTls('smtp.mandrillapp.com')),
  relay('smtp2go', 'SMTP2GO', startTls('mail.smtp2go.com', 2525)),
  relay('elastic-email', 'Elastic Email', tls('smtp.elasticemail.com')),
  relay('mailtrap', 'Mailtrap', startTls('live.smtp.mailtrap.io')),
  relay('sendpulse', 'SendPulse', tls('smtp-pulse.com')),
  relay('mailersend', 'MailerSend', startTls('smtp.mailersend.net')),
  relay('loops', 'Loops', startTls('smtp.loops.so')),
];
