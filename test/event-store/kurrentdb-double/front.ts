import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** What a client sees of a node's machine: connections that are taken, held, cut and refused, whatever the server behind would like to do. */
export class Front {
  #server: Server | undefined;
  #port = 0;
  readonly #sockets = new Set<Socket>();
  /** What came while it was frozen, in order. The kernel of a stopped process takes connections and bytes all the same. */
  #held: (() => void)[] | undefined;

  /** @param portBehind where a connection leads that begins with these bytes. Clients of gRPC and of HTTP speak first. */
  constructor(private readonly portBehind: (first: Buffer) => number) {}

  get port(): number {
    return this.#port;
  }

  /** Clients that are connected. */
  get connections(): number {
    return this.#sockets.size / 2;
  }

  /** Resolves when nobody is connected any more. */
  async emptied(): Promise<void> {
    while (this.#sockets.size > 0) await Promise.race([...this.#sockets].map((socket) => once(socket, 'close')));
  }

  async listen(): Promise<void> {
    this.#server = createServer({ noDelay: true }, (socket) => this.#take(socket));
    this.#server.listen(this.#port, '127.0.0.1');
    await once(this.#server, 'listening');
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (!server) return;
    this.cut();
    this.#held = undefined;
    server.close();
    await once(server, 'close');
  }

  /** Cuts all connections; new ones are taken. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  freeze(): void {
    this.#held ??= [];
  }

  thaw(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const forward of held) forward();
  }

  #take(client: Socket): void {
    this.#sockets.add(client);
    client.on('error', () => client.destroy());
    client.on('close', () => this.#sockets.delete(client));
    client.once('data', (first: Buffer) => {
      const behind = connect({ port: this.portBehind(first), host: '127.0.0.1', noDelay: true });
      this.#sockets.add(behind);
      behind.on('error', () => behind.destroy());
      behind.on('close', () => this.#sockets.delete(behind));
      this.#forward(() => behind.write(first));
      for (const [from, to] of [
        [client, behind],
        [behind, client],
      ] as const) {
        from.on('data', (data) => this.#forward(() => to.writable && to.write(data)));
        from.on('close', () => this.#forward(() => to.destroy()));
      }
    });
  }

  #forward(forward: () => void): void {
    if (this.#held) this.#held.push(forward);
    else forward();
  }
}
