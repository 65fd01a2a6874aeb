import fastify, { type FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import type { Registry } from 'prom-client';
import { buildPostledgerSchema } from '../../schema/build-schema.js';
import type { Services } from '../../schema/request-context.js';
import type { Authentication } from '../commands/authentication.js';
import type { Call } from '../commands/change.js';
import type { HttpConfig } from '../config.js';
import type { Attempt, AuthenticationFailure } from '../domain/security-log/events.js';
import { startApollo, type Apollo } from './apollo-server.js';
import { serveAuditExport } from './audit-export.js';
import { ClientAddress } from './client-address.js';
import { Faults } from './errors/faults.js';
import { ShownErrors } from './errors/shown-errors.js';
import { graphqlPath, serveGraphQL } from './graphql-endpoint.js';
import { graphqlRules } from './graphql-rules.js';
import { serveIde } from './ide.js';
import { KnownOperations } from './known-operations.js';
import { HttpMetrics } from './metrics.js';
import { OpenConnections } from './open-connections.js';
import { serveOAuthCallback, type OAuthCallbackOptions } from './oauth-callback.js';
import { OperationContexts } from './operation-context.js';
import { PreparedDocuments } from './prepared-documents.js';
import { serveProbes, type Readiness } from './probes.js';
import { Recognition } from './recognition.js';
import { answerErrors } from './request-errors.js';
import { FinishedOperations, requestLogger } from './request-log.js';
import { WebSocketEndpoint } from './websocket-endpoint.js';

export interface HttpServerOptions {
  readonly config: HttpConfig;
  readonly services: Services;
  readonly authentication: Pick<Authentication, 'authenticate' | 'stillStands'>;
  /** Records that nobody was recognised, for the audit trail. */
  readonly authenticationFailed: (call: Call, cause: AuthenticationFailure, tokenId: string | null) => void;
  /** Records a fault in the audit trail, under the reference that the caller and the log are told. */
  readonly commandFailed: (call: Call, attempt: Attempt, reference: string) => Promise<unknown>;
  /** Resolves to false when the views did not get there in time. Throws an Error named InvalidConsistencyToken for a damaged token. */
  readonly awaitFreshness: (consistencyToken: string) => Promise<boolean>;
  readonly readiness: () => Promise<Readiness>;
  /** Finishes the consent that somebody comes back from. */
  readonly finishConsent: OAuthCallbackOptions['finish'];
  /** Gets the metrics of HTTP, GraphQL and the process; `/metrics` shows all that is in it. */
  readonly registry: Registry;
  readonly log: Logger;
}

export interface HttpServer {
  /** `http://host:port/graphql`. */
  readonly url: string;
  /** Takes no more; WebSockets are closed at once, running requests get up to the grace, then they are cut off. May be called again. */
  stop(graceMilliseconds: number): Promise<void>;
}

/**
 * Serves `/graphql` (HTTP, WebSockets, the IDE), `/audit/export`, `/oauth/callback`, `/livez`, `/readyz` and `/metrics`, and resolves once it listens.
 * @throws {Error} of the system when the address cannot be bound, with its `code`, e.g. EADDRINUSE.
 */
export async function startHttpServer(options: HttpServerOptions): Promise<HttpServer> {
  const { config, services, registry } = options;
  const log = requestLogger(options.log);
  const rules = graphqlRules(buildPostledgerSchema(), config);
  const faults = new Faults(log, options.commandFailed);
  const shownErrors = new ShownErrors(rules.schema, config.limits.tokens, faults);
  const metrics = new HttpMetrics(registry);
  const documents = new PreparedDocuments(rules);
  const apollo = await startApollo(rules, documents, shownErrors, faults, log);
  const app = emptyApp(config);
  const parts = {
    rules,
    recognition: new Recognition(options.authentication, options.authenticationFailed),
    contexts: new OperationContexts(services, options.awaitFreshness),
    addresses: new ClientAddress(config.trustedProxies),
    faults,
    // Its lines are made of fields that hold no header, so they are spared the search for some.
    finished: new FinishedOperations(options.log, metrics),
  };
  answerErrors(app, config.limits.bodyBytes, faults);
  serveProbes(app, options.readiness, registry);
  serveOAuthCallback(app, { finish: options.finishConsent, addresses: parts.addresses, faults, log: options.log });
  serveAuditExport(app, { ...parts, services });
  const ide = config.introspection ? await serveIde(app, graphqlPath) : null;
  serveGraphQL(app, { ...parts, apollo, knownOperations: new KnownOperations(rules, documents, shownErrors), ide });
  const webSockets = new WebSocketEndpoint(app.server, graphqlPath, {
    ...parts,
    documents,
    shownErrors,
    metrics,
    maximumMessageBytes: config.limits.bodyBytes,
    log,
  });
  const running = { app, connections: new OpenConnections(app.server), webSockets, apollo };
  const address = await listen(running, config);
  let stopping: Promise<void> | null = null;
  return {
    url: `${address}${graphqlPath}`,
    stop: (graceMilliseconds) => (stopping ??= stop(running, graceMilliseconds)),
  };
}

async function listen(running: Running, { host, port }: HttpConfig): Promise<string> {
  try {
    // By its name, two servers would listen, of which one is out of reach of a stop.
    return await running.app.listen({ host: host === 'localhost' ? '127.0.0.1' : host, port });
  } catch (error) {
    await stop(running, 0);
    throw error;
  }
}

function emptyApp({ limits }: HttpConfig): FastifyInstance {
  const app = fastify({
    logger: false,
    bodyLimit: limits.bodyBytes,
    exposeHeadRoutes: false,
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    // A client has so long to send its request, headers and body, in milliseconds; and so long between two requests.
    requestTimeout: 30_000,
    keepAliveTimeout: 65_000,
    http: { headersTimeout: 10_000, maxHeaderSize: 16_384 },
  });
  app.removeContentTypeParser('text/plain');
  return app;
}

interface Running {
  readonly app: FastifyInstance;
  readonly connections: OpenConnections;
  readonly webSockets: WebSocketEndpoint;
  readonly apollo: Apollo;
}

async function stop({ app, connections, webSockets, apollo }: Running, graceMilliseconds: number): Promise<void> {
  const cut = setTimeout(() => app.server.closeAllConnections(), graceMilliseconds);
  const closed = app.close();
  connections.closeIdle();
  await Promise.all([webSockets.stop(), closed]);
  clearTimeout(cut);
  await apollo.stop();
}
