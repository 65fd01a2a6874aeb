import type { NamingAccounts } from '../domain/authentication-profile/commands.js';
import { isTruststoreEvent, upcast } from '../domain/event-catalogue.js';
import type { Attempt } from '../domain/security-log/events.js';
import { truststoreStream } from '../domain/streams.js';
import { truststoreDecider, type TruststoreCommand } from '../domain/truststore/decide.js';
import type { TruststoreEvent } from '../domain/truststore/events.js';
import type { WrittenServer } from '../domain/truststore/mail-server.js';
import { evolveTruststoreSnapshot, type TruststoreSnapshot } from '../domain/truststore/snapshot.js';
import type { Truststore } from '../domain/truststore/state.js';
import type { EventStore } from '../event-store/event-store.js';
import { readCertificates } from '../mail/certificate-bundle.js';
import type { Call, Changed, ChangeOptions } from './change.js';
import type { CommandHandler } from './command-handler.js';
import type { ServerCertificates } from './server-certificates.js';

export interface CreateTruststore {
  readonly name: string;
  /** PEM: one certificate or many. Left out: none yet. */
  readonly pem?: string | null | undefined;
  readonly includeSystemRoots?: boolean | null | undefined;
}

export interface TrustServerCertificate extends WrittenServer {
  readonly truststore: string;
  readonly fingerprintSha256: string;
}

type Answer = Promise<Changed<TruststoreSnapshot>>;

/** Everything that can be asked of a truststore. What a user can mend comes back as `problems`; StoreUnavailable is thrown. */
export class TruststoreCommands {
  constructor(
    readonly handler: CommandHandler,
    readonly store: EventStore,
    readonly serverCertificates: ServerCertificates,
    /** The accounts that name the truststore, deleted ones too, once the views show all that is in the log. */
    readonly accountsNaming: (name: string) => Promise<NamingAccounts>,
  ) {}

  create(call: Call, input: CreateTruststore, options: ChangeOptions): Answer {
    const { name, pem, includeSystemRoots } = input;
    return this.#change(call, 'createTruststore', name, input, options, () => ({
      type: 'CreateTruststore',
      name,
      certificates: pem === undefined || pem === null ? [] : readCertificates(pem),
      includeSystemRoots: includeSystemRoots ?? false,
    }));
  }

  addCertificate(call: Call, input: { readonly truststore: string; readonly pem: string }, options: ChangeOptions): Answer {
    return this.#change(call, 'addCertificate', input.truststore, input, options, () => ({
      type: 'AddCertificates',
      certificates: readCertificates(input.pem),
      fetchedFrom: null,
    }));
  }

  removeCertificate(call: Call, input: { readonly truststore: string; readonly fingerprintSha256: string }, options: ChangeOptions): Answer {
    const { truststore, fingerprintSha256 } = input;
    return this.#change(call, 'removeCertificate', truststore, input, options, () => ({ type: 'RemoveCertificate', fingerprintSha256 }));
  }

  /**
   * Fetches the chain again: what is trusted is what the server shows at this moment, if it is what the caller saw.
   * @throws {RateLimited}
   */
  trustServerCertificate(call: Call, input: TrustServerCertificate, options: ChangeOptions, signal: AbortSignal): Answer {
    const fetching: { once: ReturnType<ServerCertificates['fetch']> | null } = { once: null };
    return this.#change(call, 'trustServerCertificate', input.truststore, input, options, async (state) => {
      if (state.status === 'absent') return { type: 'AddCertificates', certificates: [], fetchedFrom: null };
      // The decision is made again when somebody else was faster; the server is not asked again for that.
      fetching.once ??= this.serverCertificates.fetch(call, attemptOf('trustServerCertificate', input.truststore), input, input.fingerprintSha256, signal);
      const { certificate, server } = await fetching.once;
      return { type: 'AddCertificates', certificates: [certificate], fetchedFrom: server };
    });
  }

  /** The entity of the answer is null. The name may be given out again. */
  delete(call: Call, { name }: { readonly name: string }, options: ChangeOptions): Answer {
    return this.#change(call, 'deleteTruststore', name, { name }, options, async (state) => ({
      type: 'DeleteTruststore',
      usedBy: state.status === 'absent' ? { total: 0, accountIds: [] } : await this.accountsNaming(name),
    }));
  }

  #change(
    call: Call,
    command: string,
    name: string,
    input: unknown,
    options: ChangeOptions,
    asked: (state: Truststore) => TruststoreCommand | Promise<TruststoreCommand>,
  ): Answer {
    const streamId = truststoreStream(name);
    return this.handler.handle<Truststore, TruststoreCommand, TruststoreEvent, TruststoreSnapshot>({
      call,
      attempt: attemptOf(command, name),
      options,
      streamId,
      decider: truststoreDecider,
      isOwn: isTruststoreEvent,
      fingerprintedInput: () => Promise.resolve(input),
      command: ({ state }) => asked(state),
      isGone: ({ status }) => status === 'absent',
      entity: async (version) => {
        let snapshot: TruststoreSnapshot | null = null;
        if (version > 0)
          for await (const event of this.store.readStream(streamId, { maxCount: version })) {
            const known = upcast(event);
            if (known && isTruststoreEvent(known)) snapshot = evolveTruststoreSnapshot(snapshot, known, event);
          }
        return snapshot;
      },
    });
  }
}

function attemptOf(command: string, name: string): Attempt {
  return { command, entityType: 'Truststore', entityId: name.slice(0, 64) };
}
