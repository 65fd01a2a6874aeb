import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:tls';
import type { EventStore } from '../../src/event-store/event-store.js';
import { openStores } from '../../src/start/open-stores.js';
import { overriding } from '../commands/opened-commands.js';
import { certificateAuthority } from '../mail/lab/certificate-authority.js';
import { startTestService, type QueryOptions, type Response, type TestService } from './service.js';
import { storeUnderTest } from './store-under-test.js';

/** A service whose store can refuse what is written for one request, a mail server that shows a certificate, and the ways to arrange things. */
export interface Setting {
  readonly service: TestService;
  /** Which event types of which correlation the store does not take. */
  readonly refusing: { takes: (correlationId: string, type: string) => boolean };
  readonly server: {
    readonly certificate: string; // PEM
    readonly fingerprintSha256: string;
    readonly address: { readonly host: string; readonly port: number; readonly security: 'TLS' };
  };
  /** Sender and receiver of every account: nobody listens there. */
  readonly sections: { readonly sender: object; readonly receiver: object };
  readonly profileInput: object;
  /** Sends a mutation as it is. */
  readonly send: (mutation: string, input: object, options?: QueryOptions) => Promise<Response>;
  /** @throws the answer has errors. */
  readonly change: (mutation: string, input: object) => Promise<Readonly<Record<string, unknown>>>;
  readonly account: (accountId: string) => Promise<unknown>;
  readonly bareAccount: (accountId: string) => Promise<unknown>;
  readonly profile: (name: string) => Promise<unknown>;
  readonly truststore: (name: string, pem?: string) => Promise<unknown>;
  /** The id of a new token. */
  readonly token: () => Promise<string>;
  readonly stop: () => Promise<void>;
}

const sections = {
  sender: { smtp: { identity: { emailAddress: 'sales@example.com', password: 'sender secret' }, connection: { host: '127.0.0.1', port: 1 } } },
  receiver: { imap: { identity: { userId: 'sales', password: 'receiver secret' }, connection: { host: '127.0.0.1', port: 1 } } },
};
const profileInput = {
  grant: 'AUTHORIZATION_CODE',
  tokenEndpoint: 'https://login.example.com/token',
  authorizationEndpoint: 'https://login.example.com/authorize',
  clientId: 'mail',
  clientSecret: 'client secret',
};

export async function startSetting(environment: Record<string, string> = {}): Promise<Setting> {
  const refusing: Setting['refusing'] = { takes: () => true };
  const own = await storeUnderTest();
  const store: typeof own = {
    ...own,
    options: {
      async openStores(config, options) {
        const stores = await (own.options.openStores ?? openStores)(config, options);
        return { ...stores, events: takingWhat(stores.events, refusing) };
      },
    },
  };
  const service = await startTestService({ POSTLEDGER_CONNECTION_TESTS_PER_MINUTE: '10000', ...environment }, { store });
  const { server, close } = await tlsServer();
  const send: Setting['send'] = (mutation, input, options) => {
    const shown = mutation === 'issueApiToken' ? 'apiToken { id } token' : '';
    const type = `${mutation.slice(0, 1).toUpperCase()}${mutation.slice(1)}Input!`;
    return service.query(`mutation ($input: ${type}) { ${mutation}(input: $input) { ${shown} errors { code message } consistencyToken } }`, { input }, options);
  };
  const change: Setting['change'] = async (mutation, input) => {
    const { data, errors, text } = await send(mutation, input);
    const payload = data?.[mutation] as { errors: readonly unknown[] } | undefined;
    if (payload === undefined || errors.length > 0 || payload.errors.length > 0) throw new Error(`${mutation} answered ${text}`);
    return { ...payload };
  };
  return {
    service,
    refusing,
    server,
    sections,
    profileInput,
    send,
    change,
    account: (accountId) => change('createEmailAccount', { accountId, accountName: 'Sales', ...sections }),
    bareAccount: (accountId) => change('createEmailAccount', { accountId, accountName: 'Sales' }),
    profile: (name) => change('createAuthenticationProfile', { name, ...profileInput }),
    truststore: (name, pem) => change('createTruststore', { name, ...(pem !== undefined && { pem }) }),
    async token() {
      const { apiToken } = await change('issueApiToken', { name: 'Short-lived', role: 'VIEWER' });
      return (apiToken as { readonly id: string }).id;
    },
    async stop() {
      close();
      await service.stop();
      await own.end();
    },
  };
}

/** The store, but for what it is told not to take: that fails as a fault would. */
function takingWhat(events: EventStore, refusing: Setting['refusing']): EventStore {
  return overriding(events, {
    appendToStream(streamId, written, expected) {
      const isRefused = written.some(({ type, metadata }) => !refusing.takes(String(metadata['$correlationId']), type));
      return isRefused ? Promise.reject(new Error('The disk is on fire.')) : events.appendToStream(streamId, written, expected);
    },
  });
}

async function tlsServer() {
  const { certificate, key } = certificateAuthority('Plant 7 Root').issue(['127.0.0.1']);
  const listening = createServer({ cert: certificate, key }, (socket) => void socket.on('error', () => socket.destroy()).end('* OK IMAP4rev1\r\n'));
  listening.listen(0, '127.0.0.1');
  await once(listening, 'listening');
  const { port } = listening.address() as AddressInfo;
  const fingerprintSha256 = new X509Certificate(certificate).fingerprint256.replaceAll(':', '');
  return { server: { certificate, fingerprintSha256, address: { host: '127.0.0.1', port, security: 'TLS' } } as const, close: () => void listening.close() };
}
