import { isTruststoreEvent, upcast } from '../domain/event-catalogue.js';
import { truststoreStream } from '../domain/streams.js';
import { evolve, initialState, type Truststore } from '../domain/truststore/state.js';
import type { EventStore } from '../event-store/event-store.js';
import type { TrustedRoots } from '../mail/mail-port.js';

/** The truststores as the log has them: what is trusted is never older than the last change of it. */
export class StoredTruststores {
  constructor(readonly store: EventStore) {}

  /** What a connection trusts that names the truststore; null when there is none of the name. @throws {StoreUnavailable} */
  async trustedRoots(name: string): Promise<TrustedRoots | null> {
    const streamId = truststoreStream(name);
    let state: Truststore = initialState;
    let version = 0;
    for await (const event of this.store.readStream(streamId)) {
      const known = upcast(event);
      if (known && isTruststoreEvent(known)) state = evolve(state, known);
      version = Number(event.revision) + 1;
    }
    if (state.status === 'absent') return null;
    const { certificates, includeSystemRoots } = state;
    return { key: `${streamId} ${version}`, certificates: certificates.map(({ pem }) => pem), includeSystemRoots };
  }
}
