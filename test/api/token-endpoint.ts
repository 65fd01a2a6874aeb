import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A token endpoint (RFC 6749, section 3.2) that gives whatever token it is told to, to whoever asks. */
export interface TokenEndpoint {
  readonly url: string;
  stop(): Promise<void>;
}

export async function tokenEndpoint(accessToken: () => string): Promise<TokenEndpoint> {
  const server = createServer((request, response) => {
    request.resume().on('end', () => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ access_token: accessToken(), token_type: 'Bearer', expires_in: 3_600 }));
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/token`,
    async stop() {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}
