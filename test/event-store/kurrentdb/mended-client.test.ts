import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parseConnectionString } from '../../../src/event-store/kurrentdb.js';
import { credentialsOf, loadClientLibrary, makeClient } from '../../../src/event-store/kurrentdb/mended-client.js';
import { newEvent } from '../contract.js';
import { startKurrentDbDouble } from '../kurrentdb-double/kurrentdb-double.js';
import { faults } from '../kurrentdb-double/wire.js';

/** What the client keeps on each instance, as far as it is looked at here. */
interface Inside {
  getChannel(): Promise<{ close(): void }>;
  handleError(client: { getChannel(): object }, error: Error): Promise<void>;
}

async function made(connectionString: string) {
  const warnings: string[] = [];
  const settings = parseConnectionString(connectionString);
  const mended = makeClient(await loadClientLibrary(), settings, (message) => warnings.push(message));
  onTestFinished(() => mended.dispose());
  const inside = mended.client as unknown as Inside;
  const append = (stream: string) => {
    const { id, type, data, metadata } = newEvent();
    const event = { id, type, data, metadata, contentType: 'application/json' as const };
    return mended.client.appendToStream(stream, event, { credentials: credentialsOf(settings), requiresLeader: true, deadline: 2_000 });
  };
  return { mended, inside, append, warnings };
}

/** A port that refuses. */
async function closedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

describe('the mended client', () => {
  it('does not reject where nobody listens when it looks for another node and finds none', async () => {
    const { inside, warnings } = await made(`esdb://127.0.0.1:${await closedPort()},127.0.0.1:${await closedPort()}?tls=false&discoveryInterval=1`);
    const looking = inside.getChannel().catch((error: unknown) => error);
    // A call on an earlier connection fails meanwhile: the client waits for the new connection and does not catch what becomes of it.
    await expect(inside.handleError({ getChannel: () => ({}) }, faults.notReady())).resolves.toBeUndefined();
    expect(String(await looking)).toContain('Failed to discover');
    expect(warnings).toEqual([]);
  });

  it('warns of a fault of its own that is nothing so ordinary', async () => {
    const { inside, warnings } = await made('esdb://127.0.0.1:1?tls=false');
    const broken = {
      getChannel: () => {
        throw new Error('broken inside');
      },
    };
    await inside.handleError(broken, faults.notReady());
    expect(warnings).toEqual([expect.stringContaining('failed while it changed its connection')]);
  });

  it('lets a call through that was on its way when its connection was closed', async () => {
    const double = await startKurrentDbDouble();
    onTestFinished(() => double.stop());
    const { inside, append } = await made(double.connectionString());
    const channel = await inside.getChannel();
    channel.close();
    await expect(append('a-1')).resolves.toMatchObject({ success: true });
  });

  it('leaves no connection open when it is put away', async () => {
    const double = await startKurrentDbDouble();
    onTestFinished(() => double.stop());
    const { mended, append } = await made(double.connectionString());
    await append('a-1');
    expect(double.node(0).front.connections).toBe(1);
    mended.dispose();
    await double.node(0).front.emptied();
    expect(double.node(0).front.connections).toBe(0);
  });
});
