/** A server as an autoconfiguration file writes it. */
export function server(
  kind: 'incomingServer' | 'outgoingServer',
  type: string,
  { hostname = `${type}.example.com`, port = '993', socketType = 'SSL', username = '%EMAILADDRESS%', authentication = ['password-cleartext'] } = {},
): string {
  return `<${kind} type="${type}"><hostname>${hostname}</hostname><port>${port}</port><socketType>${socketType}</socketType><username>${username}</username>${authentication
    .map((each) => `<authentication>${each}</authentication>`)
    .join('')}</${kind}>`;
}

export function clientConfig(servers: string, more = ''): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n<clientConfig version="1.1"><emailProvider id="example.com"><domain>example.com</domain>${servers}</emailProvider>${more}</clientConfig>`;
}

/** What a company with servers of its own publishes. */
export const ownServers = clientConfig(
  server('incomingServer', 'imap') +
    server('incomingServer', 'pop3', { port: '995', username: '%EMAILLOCALPART%' }) +
    server('outgoingServer', 'smtp', { port: '587', socketType: 'STARTTLS' }),
);

/** What Autodiscover answers who has not logged in, where it does. */
export function autodiscover(account: string): string {
  return `<?xml version="1.0" encoding="utf-8"?><Autodiscover xmlns="http://schemas.microsoft.com/exchange/autodiscover/responseschema/2006"><Response xmlns="http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a"><Account><AccountType>email</AccountType>${account}</Account></Response></Autodiscover>`;
}
