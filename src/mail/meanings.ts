import type { DiagnosisCode } from '../domain/email-account/connection-test.js';

/** What each code says to a person, and what the person can do; where a stage knows more, it says so in its own words. */
export const meanings: Readonly<Record<DiagnosisCode, { readonly message: string; readonly hint: string | null }>> = {
  OK: { message: 'Nothing is wrong.', hint: null },
  DNS_FAILED: {
    message: 'The host name has no address.',
    hint: 'Check how the host is written. Whether it exists can be seen at the provider or with a DNS look-up.',
  },
  DNS_TEMPORARY: {
    message: 'The host name could not be looked up for now.',
    hint: "Try again in a minute. If it stays so, have the service's DNS resolver checked.",
  },
  CONNECTION_REFUSED: { message: 'The host answers, but nothing listens on this port.', hint: 'Check the port, and whether the mail server runs.' },
  HOST_UNREACHABLE: {
    message: 'No way leads to this address.',
    hint: 'Check the host, and whether a firewall or a missing route stands between the service and it.',
  },
  TIMEOUT: {
    message: 'No answer came in time.',
    hint: 'Check host and port. A firewall that drops packets, or a server under load, looks like this too.',
  },
  EGRESS_DENIED: {
    message: 'The service may not connect to this address.',
    hint: 'Use a host whose addresses are allowed. The rule can be looked up in the service’s documentation.',
  },
  TLS_HANDSHAKE_FAILED: {
    message: 'Client and server could not agree on TLS.',
    hint: "Ask the server's operator which TLS versions and ciphers it takes, and whether it wants a client certificate.",
  },
  TLS_VERSION_TOO_LOW: {
    message: 'The server speaks no TLS version as high as the account asks for.',
    hint: 'Have the server brought up to date. Until then the minimum TLS version of the account can be lowered, which makes the connection weaker.',
  },
  TLS_NOT_SPOKEN_ON_PORT: {
    message: 'The server speaks clear text on this port, where TLS was expected from the start.',
    hint: 'Use the port for TLS (SMTP 465, IMAP 993, POP3 995), or turn TLS from the start off and require STARTTLS.',
  },
  TLS_REQUIRED_ON_PORT: {
    message: 'The server expects TLS from the start on this port.',
    hint: 'Turn TLS from the start on (useSmtps or useTls), or use the port for STARTTLS (SMTP 587, IMAP 143, POP3 110).',
  },
  STARTTLS_NOT_OFFERED: {
    message: 'The server does not offer STARTTLS. No user ID and no password was sent.',
    hint: 'Use a port with TLS from the start, or have STARTTLS turned on at the server. If it offers STARTTLS elsewhere, somebody in between may be removing it.',
  },
  CERTIFICATE_UNTRUSTED: {
    message: 'No CA that the service trusts stands behind the certificate.',
    hint:
      'If the server belongs to a private CA, add the certificate of that CA to a truststore and name the truststore in the connection: inspectServerCertificate shows what the server ' +
      'presents, trustServerCertificate puts a chosen certificate of it into a truststore. Compare its fingerprint with what the operator of the server tells you. ' +
      'If you expect no private CA here, find out first who answers at this address.',
  },
  CERTIFICATE_EXPIRED: { message: 'The certificate has expired.', hint: "Have the server's operator renew it. If it looks valid, check this machine's clock." },
  CERTIFICATE_NOT_YET_VALID: {
    message: 'The certificate becomes valid in the future.',
    hint: "Check this machine's clock, and the certificate's dates with the server's operator.",
  },
  CERTIFICATE_HOSTNAME_MISMATCH: {
    message: 'The certificate is for another host name.',
    hint: 'Enter the host by a name that the certificate has: the stage shows them. Otherwise have the server given a certificate for this name.',
  },
  CERTIFICATE_REVOKED: { message: 'The certificate was revoked by its CA.', hint: "Have the server's operator replace it. Do not trust this server before." },
  TRUSTSTORE_MISSING: {
    message: 'There is no truststore of the name that the account gives. Nothing was sent.',
    hint: "Create the truststore with the certificates that stand behind the server, or take the name out of the connection: the runtime's own CAs are then trusted.",
  },
  AUTHENTICATION_FAILED: {
    message: 'The server refuses user ID or password.',
    hint: 'Enter both again. Some providers want an app password, or want access by mail programs to be allowed first.',
  },
  AUTHENTICATION_NOT_OFFERED: {
    message: 'The server takes no password on this connection. None was sent that it had not asked for.',
    hint: 'Many servers take passwords on encrypted connections alone: require TLS or STARTTLS. A relay takes mail without a login: remove the password. Others take OAuth 2.0 alone.',
  },
  OAUTH_TOKEN_FAILED: {
    message: 'The provider gives no access token.',
    hint: 'Correct the authentication profile: its stateMessage says what the provider objects to.',
  },
  REAUTHORIZATION_REQUIRED: {
    message: 'The consent has ended, or nobody has given it.',
    hint: 'Have the owner of the mailbox consent: beginConsent gives the address.',
  },
  SENDER_REFUSED: {
    message: 'The server does not let this account send from its address.',
    hint: 'Let the address be one that belongs to the user ID, or have the server allow the user to send from it.',
  },
  RECIPIENT_REFUSED: {
    message: 'The server takes no mail for this recipient.',
    hint: 'Check the recipient. A server that refuses every outside recipient wants a login first, or is not meant for sending.',
  },
  MAILBOX_NOT_FOUND: { message: 'There is no such mailbox.', hint: 'Check its name, upper and lower case and the separator included. INBOX is always there.' },
  PERMISSION_MISSING: { message: 'The user may not do this.', hint: 'Have the right given to the user at the mail server.' },
  SERVER_TEMPORARILY_UNAVAILABLE: {
    message: 'The server cannot serve for now. This says nothing about user ID and password.',
    hint: 'Try again in a few minutes; the server says more in its response.',
  },
  SERVER_REFUSED_SESSION: {
    message: 'The server refuses to talk to this service.',
    hint: 'Its response says why, if it does. Often the address of this service is not allowed there.',
  },
  CONNECTION_CLOSED: {
    message: 'The server closed the connection.',
    hint: 'Try again. If it stays so, check port and TLS mode, and look into the log of the server.',
  },
  PROTOCOL_ERROR: { message: 'What answers does not keep to the protocol.', hint: 'Check host and port: another service may be listening there.' },
  THROTTLED: { message: 'The server limits how often or how much.', hint: 'Wait, and make fewer connections or send fewer messages.' },
  CANCELLED: { message: 'It was cancelled before it ended.', hint: null },
  UNKNOWN: {
    message: 'It failed in a way that this version does not know.',
    hint: 'Look at the message and the log of the server, and report it, so that it gets a code of its own.',
  },
};
