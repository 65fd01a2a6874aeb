import type { FastifyInstance } from 'fastify';
import type { Registry } from 'prom-client';

export interface Readiness {
  readonly ready: boolean;
  /** What was looked at, and how it is. For operators: no secrets. */
  readonly detail: Readonly<Record<string, string>>;
}

/** For orchestrators and monitoring, without a token: `/livez` says that the process answers, `/readyz` whether it can serve, `/metrics` what it counted. */
export function serveProbes(app: FastifyInstance, readiness: () => Promise<Readiness>, registry: Registry): void {
  app.get('/livez', (_request, reply) => reply.header('cache-control', 'no-store').send({ status: 'alive' }));
  app.get('/readyz', async (_request, reply) => {
    const { ready, detail } = await readiness();
    return reply
      .code(ready ? 200 : 503)
      .header('cache-control', 'no-store')
      .send({ status: ready ? 'ready' : 'not ready', detail });
  });
  app.get('/metrics', async (_request, reply) =>
    reply
      .header('cache-control', 'no-store')
      .type(registry.contentType)
      .send(await registry.metrics()),
  );
}
