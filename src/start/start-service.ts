import { randomUUID } from 'node:crypto';
import type { Writable } from 'node:stream';
import { pino, stdSerializers, type Logger } from 'pino';
import { Registry } from 'prom-client';
import { openViews, type Views } from '../../projections/views.js';
import type { Services } from '../../schema/request-context.js';
import { AuditProofs, disclosuresBy } from '../commands/audit-proofs.js';
import { AuditSearches } from '../commands/audit-searches.js';
import { Authentication } from '../commands/authentication.js';
import { AuthenticationFailures } from '../commands/authentication-failures.js';
import { Retention } from '../commands/retention.js';
import { originOf, type SignedCheckpoint } from '../checkpoints/signed-checkpoint.js';
import { isLoopback, type Config } from '../config.js';
import { streamPrefixes } from '../domain/streams.js';
import type { Means } from '../discovery/means.js';
import type { StreamTiming } from '../audit-stream/stream-surroundings.js';
import type { EventStore } from '../event-store/event-store.js';
import { oauthCallbackPath } from '../http/oauth-callback.js';
import { startHttpServer, type HttpServer } from '../http/server.js';
import { startAuditStream } from './audit-stream.js';
import { ensureBootstrapToken, systemCall } from './bootstrap-token.js';
import { checkpointMetrics, keepLogChecked, startCheckpoints } from './checkpointing.js';
import { buildCommands, type Commands } from './commands.js';
import { openStores, type Stores } from './open-stores.js';
import { endingSoon, expiryMetrics, ownerAsWritten, watchExpiries } from './expiry-watch.js';
import { recordRebuild, recordStart } from './operation-records.js';
import { noteErasures, replayErasures } from './replay-erasures.js';
import { keepRetention } from './retention.js';
import { finishErasures, keepSecretsSwept } from './secret-upkeep.js';
import { serviceFacts } from './service-facts.js';
import { keepViewsScrubbed } from './view-upkeep.js';
import { viewMetrics } from './view-metrics.js';
import { wayOutOnDemand } from './way-out-on-demand.js';

export interface RunningService {
  readonly config: Config;
  /** `http://host:port/graphql` */
  readonly url: string;
  /** Null where introspection is off: the IDE could do nothing. */
  readonly ideUrl: string | null;
  /** The first administrator's token, once: on the first start. */
  readonly bootstrapToken: string | null;
  /** What an operator should mend, a sentence each. */
  readonly warnings: readonly string[];
  readonly log: Logger;
  /** Builds all views anew while the present ones serve. A fault is logged. */
  rebuildViews(): Promise<void>;
  /** Whether something outside holds a thread of the process, which cannot end of itself then. */
  isHeld(): boolean;
  /** Lets running requests end for so long, then stops everything and releases the data directory. */
  stop(graceMilliseconds?: number): Promise<void>;
}

export interface StartOptions {
  /** Where the log goes, as lines of JSON. Default: standard error. */
  readonly log?: Writable;
  /** CA certificates (PEM) that mail servers may be signed by, beside the runtime's own and those of NODE_EXTRA_CA_CERTS. */
  readonly additionalRoots?: readonly string[];
  /** For tests: stores that are opened in another way than the configuration says. */
  readonly openStores?: typeof openStores;
  /** For tests: other ways to search for settings than over the network. */
  readonly discoveryMeans?: Partial<Means>;
  /** For tests: where Microsoft Graph is, in place of its own addresses. */
  readonly graphBaseUrl?: string;
  /** For tests: how patient the audit stream is. */
  readonly auditStreamTiming?: StreamTiming;
}

const ownKeyOfNode =
  'This node signs checkpoints of the audit trail with a key of its own. Give all nodes the same: postledger audit key --new makes one, POSTLEDGER_AUDIT_SIGNING_KEY_FILE names it.';

/** How long a replaced password stays, so that a revert can bring it back. In milliseconds: 24 hours. */
const secretGrace = 86_400_000;

/**
 * The whole service, from configuration to listening. It listens once every view has caught up with the log.
 * @throws {StoreLocked} @throws {RootKeyRefused} @throws {SecretStoreUnavailable} and what listening can throw; nothing is left open.
 */
export async function startService(
  config: Config,
  { log: destination, additionalRoots = [], openStores: open = openStores, discoveryMeans = {}, graphBaseUrl, auditStreamTiming }: StartOptions = {},
): Promise<RunningService> {
  const startedAt = new Date();
  const log = pino({ level: config.logLevel, base: { service: 'postledger' }, serializers: { err: stdSerializers.err } }, destination ?? process.stderr);
  const stores = await open(config, {
    warn: (message) => log.warn(message),
    waits: true,
  });
  const opened: { stop(): void | Promise<void> }[] = [{ stop: () => stores.close() }];
  const stopAll = async () => {
    for (const part of opened.splice(0).reverse()) await part.stop();
  };
  try {
    const views = await openViews(stores.events, {
      rawEvents: stores.rawEvents,
      directory: config.dataDirectory,
      readYourWritesMilliseconds: 2_000,
      listener: {
        stopped: (projection, eventId, error) => log.fatal({ projection, eventId, err: error }, 'a view stopped: it cannot take this event'),
        storeLost: (projection, error) => log.error({ projection, err: error }, 'a view lost the event store and tries again'),
        discarded: (projection) => log.warn({ projection }, 'a view was damaged, or not made from this log, and is built anew'),
      },
    });
    opened.push(views);
    await caughtUp(views, log);
    await eraseAgain(stores, views, log);

    let listening = '';
    const wayOut = wayOutOnDemand({ egress: config.egress, additionalRoots });
    opened.push({ stop: () => wayOut.close() });
    const commands = await buildCommands(
      stores,
      views,
      {
        egress: config.egress,
        additionalRoots,
        fetch: wayOut.fetch,
        ...(graphBaseUrl !== undefined && { graphBaseUrl }),
        testsPerMinute: config.connectionTestsPerMinute,
        reasonRequiredFor: config.reasonRequiredFor,
        discovery: { ...config.discovery, means: discoveryMeans },
        operationSeconds: config.http.limits.operationSeconds,
        redirectUri: () => `${config.publicUrl ?? ownAddress(listening)}${oauthCallbackPath}`,
      },
      log,
    );
    const registry = new Registry();
    const auditStream =
      config.auditWebhook &&
      (await startAuditStream(config.auditWebhook, {
        dataDirectory: config.dataDirectory,
        auditTrail: views.auditTrail,
        securityLog: commands.securityLog,
        fetch: wayOut.fetch,
        registry,
        log,
        ...(auditStreamTiming && { timing: auditStreamTiming }),
      }));
    if (auditStream) opened.push(auditStream);
    const streamed = (checkpoint: SignedCheckpoint) => auditStream?.checkpoint({ ...checkpoint, origin: originOf(checkpoint) });
    const { checkpoints, publicKey, ...checkpointing } = await startCheckpoints(config, views.ledger, {
      signed(checkpoint) {
        log.info({ checkpoint }, 'checkpoint of the audit trail');
        streamed(checkpoint);
      },
      failed: (error) => log.error({ err: error }, 'no checkpoint of the audit trail; it is tried again'),
      standardOutput: process.stdout,
    });
    // It may be that the last one before the stop did not get through.
    if (checkpoints.newest && checkpoints.problem === null) streamed(checkpoints.newest);
    opened.push({ stop: () => checkpointing.stop(() => stores.rawEvents.headPosition()) });
    opened.push(await recordStart(commands.securityLog, stores.engine, (error) => log.error({ err: error }, 'the stop could not be recorded')));
    opened.push(
      keepLogChecked(stores.rawEvents, views.ledger, checkpoints, (error) =>
        log.error({ err: error }, 'the log could not be looked through; it is tried again in a day'),
      ),
    );
    // A caller who hangs up does not stop the change that was asked for; the stores wait for it.
    opened.push({ stop: () => commands.idle() });
    opened.push(commands.limitedRequests);
    const noteErasure = (accountId: string) => noteErasures(stores.rawEvents, stores.erasures, [accountId]);
    await finishErasures(stores.secrets, views.erasedAccounts(), noteErasure);
    opened.push(
      keepSecretsSwept(stores.secrets, commands, {
        erasedAccounts: () => views.erasedAccounts(),
        noteErasure,
        graceMilliseconds: secretGrace,
        now: () => new Date(),
        onFault: (error) => log.error({ err: error }, 'sweeping secrets failed; it is tried again'),
      }),
    );
    if (config.retention.deletedAccountDays !== null)
      opened.push(
        keepRetention(new Retention(views.accounts, commands.accounts, config.retention, () => new Date()), (error) =>
          log.error({ err: error }, 'deleted accounts could not be erased by age; it is tried again'),
        ),
      );
    opened.push(keepViewsScrubbed(views, (error) => log.error({ err: error }, 'a view could not be built anew without what was erased; it is tried again')));
    const bootstrapToken = await ensureBootstrapToken(commands.tokens, await anyTokenEver(stores.events), config.dataDirectory, startedAt);

    const failures = new AuthenticationFailures(commands.securityLog, (error) => log.error({ err: error }, 'a failed authentication could not be recorded'));
    opened.push(failures);
    const searches = new AuditSearches(commands.securityLog, (error) =>
      log.error({ err: error }, 'a search of the audit trail could not be recorded; it is told with the next'),
    );
    opened.push(searches);
    const auditProofs = new AuditProofs({
      rawEvents: stores.rawEvents,
      disclosuresOf: disclosuresBy(stores),
      auditTrail: views.auditTrail,
      ledger: views.ledger,
      checkpoints,
      publicKey,
    });
    const warnings = stores.developmentRootKey
      ? ['Passwords lie under a key that was made for development and is kept beside them. Before real ones are entered, set POSTLEDGER_ROOT_KEYS.']
      : [];
    const facts = serviceFacts({
      engine: stores.engine,
      events: stores.events,
      views,
      startedAt,
      warnings: async () => [
        ...warnings,
        ...(checkpoints.problem === null ? [] : [checkpoints.problem]),
        ...(stores.engine === 'KURRENTDB' && config.auditSigningKeyFile === undefined ? [ownKeyOfNode] : []),
        ...(auditStream?.warnings() ?? []),
        ...(await stores.warnings()),
      ],
    });
    viewMetrics(registry, facts);
    expiryMetrics(registry, views, () => new Date());
    checkpointMetrics(registry, checkpoints);

    const server = await startHttpServer({
      config: config.http,
      services: { ...servicesOf(commands, views, facts), auditSearches: searches, auditProofs, reasonPolicy: config.reasonRequiredFor },
      authentication: authenticationOf(commands, views, log),
      authenticationFailed: (call, cause, tokenId) => failures.add(call, cause, tokenId),
      commandFailed: (call, attempt, reference) => commands.securityLog.failed(call, attempt, reference),
      awaitFreshness: (token) => views.readYourWrites.reachedToken(token),
      readiness: async () => {
        const { ready, eventStore, projections } = await facts();
        return {
          ready,
          detail: {
            eventStore: eventStore.available ? 'available' : 'unavailable',
            ...Object.fromEntries(projections.map(({ name, state }) => [name, state])),
          },
        };
      },
      finishConsent: (callback, signal) => commands.consents.finish(callback, signal),
      registry,
      log,
    });
    listening = server.url;
    opened.push(
      watchExpiries(
        stores.events,
        views,
        () => new Date(),
        (error) => log.error({ err: error }, 'what is about to expire could not be recorded; it is tried again'),
      ),
    );
    return running({
      config,
      isHeld: () => checkpoints.isOutsideSilent,
      server,
      bootstrapToken,
      warnings,
      log,
      views,
      stopAll,
      rebuilt: (built) => recordRebuild(stores.events, systemCall(), built),
    });
  } catch (error) {
    await stopAll();
    throw error;
  }
}

function running({
  config,
  isHeld,
  server,
  bootstrapToken,
  warnings,
  log,
  views,
  stopAll,
  rebuilt,
}: Pick<RunningService, 'config' | 'bootstrapToken' | 'warnings' | 'log' | 'isHeld'> & {
  readonly server: HttpServer;
  readonly views: Views;
  readonly stopAll: () => Promise<void>;
  readonly rebuilt: (views: readonly { readonly name: string; readonly events: number }[]) => Promise<void>;
}): RunningService {
  log.info({ url: server.url, dataDirectory: config.dataDirectory }, 'listening');
  for (const warning of warnings) log.warn(warning);
  let stopping: Promise<void> | undefined;
  return {
    config,
    url: server.url,
    ideUrl: config.http.introspection ? server.url : null,
    bootstrapToken,
    warnings,
    log,
    isHeld,
    async rebuildViews() {
      const built: { readonly name: string; readonly events: number }[] = [];
      try {
        for (const name of views.names) {
          const { events } = await views.rebuild(name);
          built.push({ name, events });
          log.info({ projection: name, events }, 'view built anew');
        }
      } catch (error) {
        log.error({ err: error }, 'building views anew failed; the present ones go on serving');
      }
      await rebuilt(built).catch((error: unknown) => log.error({ err: error }, 'that views were built anew could not be recorded'));
    },
    stop(graceMilliseconds = 1_000) {
      stopping ??= server.stop(graceMilliseconds).then(stopAll);
      return stopping;
    },
  };
}

/** How a browser on this machine reaches the service. */
function ownAddress(listening: string): string {
  const { hostname, port, origin } = new URL(listening);
  return isLoopback(hostname.replace(/^\[|\]$/g, '')) ? origin : `http://127.0.0.1:${port}`;
}

/** Waits until every view shows all there is, or stands still at an event that it cannot take: then the service starts, and is not ready. */
async function caughtUp(views: Views, log: Logger): Promise<void> {
  const waiting = setInterval(
    () =>
      log.info(
        { views: views.statuses().map(({ name, state, position }) => ({ name, state, position: position?.toString() ?? null })) },
        'views are catching up',
      ),
    5_000,
  );
  try {
    await views.settled();
  } finally {
    clearInterval(waiting);
  }
}

/** What a restored backup brought back of accounts that were erased is gone before anybody is served. */
async function eraseAgain(stores: Stores, views: Views, log: Logger): Promise<void> {
  const known = stores.erasures.size;
  const erasedAgain = await replayErasures(stores, views);
  if (erasedAgain.length > 0) log.warn({ accounts: erasedAgain }, 'a restored backup had brought accounts back that were erased: they are erased again');
  if (stores.erasures.isNew && stores.erasures.size > known)
    log.warn(
      { accounts: stores.erasures.size },
      'the record of erasures was not there and was made anew from the log: what was erased after the last backup it cannot know',
    );
}

async function anyTokenEver(events: EventStore): Promise<boolean> {
  for await (const _ of events.readAll({ streamPrefixes: [streamPrefixes.apiToken], maxCount: 1 })) return true;
  return false;
}

function authenticationOf(commands: Commands, views: Views, log: Logger): Authentication {
  return new Authentication(
    commands.tokens.verifierKey,
    (id) => views.tokens.stored(id),
    ({ actor, role, tokenId }, { requestId, ip, userAgent, clientName }) => {
      // Its correlation is its own: it tells of the token, and is no part of what the request asked for.
      const call = { actor, role, tokenId, requestId, correlationId: randomUUID(), ip, userAgent, clientName };
      return commands.tokens.noteUse(call, tokenId).then(
        () => true,
        (error: unknown) => {
          log.warn({ err: error, tokenId }, "a token's use could not be recorded; a later one is");
          return false;
        },
      );
    },
    () => new Date(),
  );
}

function servicesOf(commands: Commands, views: Views, facts: Services['serviceFacts']): Omit<Services, 'auditSearches' | 'auditProofs' | 'reasonPolicy'> {
  return {
    accountCommands: commands.accounts,
    tokenCommands: commands.tokens,
    profileCommands: commands.profiles,
    truststoreCommands: commands.truststores,
    serverCertificates: commands.serverCertificates,
    consents: commands.consents,
    connectionTests: commands.connectionTests,
    testMessages: commands.testMessages,
    roundTrips: commands.roundTrips,
    settingsDiscoveries: commands.settingsDiscoveries,
    accountHistory: commands.accountHistory,
    configurationHistory: commands.configurationHistory,
    accounts: views.accounts,
    auditTrail: views.auditTrail,
    tokens: views.tokens,
    profiles: views.profiles,
    truststores: views.truststores,
    tokenFacts: commands.tokenFacts,
    expiries: {
      endingWithin: (days, most) =>
        views.expiries
          .endingBefore(new Date(Date.now() + days * 86_400_000), most)
          .map((expiry) => ({ ...expiry, owner: ownerAsWritten(expiry.owner, views) })),
    },
    securityLog: commands.securityLog,
    knownNames: {
      truststores: { has: (name) => views.truststores.isThere(name) },
      authenticationProfiles: { has: (name) => views.profiles.isThere(name) },
      profilesToReauthorize: { has: (name) => views.profiles.needsReauthorization(name) },
      endingSoon: endingSoon(views, () => new Date()),
    },
    serviceFacts: facts,
  };
}
