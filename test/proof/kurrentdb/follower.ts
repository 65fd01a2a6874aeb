import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';

interface Told {
  readonly emailAccountChanged: { readonly accountId: string; readonly cursor: string; readonly entry: { readonly version: number } };
}

/** A client that follows all changes, from where the log ended when it began, over one WebSocket, which it never opens anew. */
export interface Follower {
  /** What it was told of the accounts, in order, as `accountId version`. */
  readonly told: readonly string[];
  /** Null as long as the connection stands. */
  readonly ended: () => string | null;
  /** Resolves once so many were told, or the connection has ended. */
  until(count: number): Promise<void>;
  close(): Promise<void>;
}

export async function follow(url: string, token: string, isOwn: (accountId: string) => boolean): Promise<Follower> {
  const after = await endOfLog(url, token);
  const told: string[] = [];
  let end: string | null = null;
  let waiting: { readonly count: number; readonly resolve: () => void } | null = null;
  const wake = () => {
    if (waiting && (end !== null || told.length >= waiting.count)) waiting.resolve();
  };
  const client = createClient({
    url: url.replace('http', 'ws'),
    webSocketImpl: WebSocket,
    connectionParams: { authorization: `Bearer ${token}` },
    retryAttempts: 0,
  });
  const ended = (why: string) => {
    end ??= why;
    wake();
  };
  client.subscribe<Told>(
    { query: 'subscription ($after: String) { emailAccountChanged(after: $after) { accountId cursor entry { version } } }', variables: { after } },
    {
      next({ data, errors }) {
        if (errors) return ended(JSON.stringify(errors));
        if (!data || !isOwn(data.emailAccountChanged.accountId)) return;
        told.push(`${data.emailAccountChanged.accountId} ${data.emailAccountChanged.entry.version}`);
        wake();
      },
      error: (error) => ended(error instanceof Error ? error.message : JSON.stringify(error)),
      complete: () => ended('the service ended it'),
    },
  );
  return {
    told,
    ended: () => end,
    until: (count) =>
      new Promise((resolve) => {
        waiting = { count, resolve };
        wake();
      }),
    close: async () => {
      await client.dispose();
    },
  };
}

/** Where a subscription that begins there is told whatever comes later, also while it is still connecting. */
async function endOfLog(url: string, token: string): Promise<string> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({ query: '{ serviceStatus { eventStore { headPosition } } }' }),
  });
  const { data } = (await response.json()) as { readonly data: { readonly serviceStatus: { readonly eventStore: { readonly headPosition: string } } } };
  return data.serviceStatus.eventStore.headPosition;
}
