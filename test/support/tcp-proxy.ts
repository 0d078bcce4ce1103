import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** A proxy between a client and a server on 127.0.0.1 that simulates network behaviour. */
export class TcpProxy {
  /** The number of connections so far. */
  accepted = 0;
  private readonly sockets = new Set<Socket>();

  private constructor(private readonly server: Server) {}

  /** @param onData receives the data of the server; the data is dropped if it returns `false` */
  static async to(port: number, onData: (data: Buffer) => boolean = () => true): Promise<TcpProxy> {
    const server = createServer();
    const proxy = new TcpProxy(server);
    server.on('connection', (client) => {
      proxy.accepted += 1;
      const upstream = connect(port, '127.0.0.1');
      for (const socket of [client, upstream]) {
        proxy.sockets.add(socket);
        socket.on('error', () => undefined);
        socket.on('close', () => proxy.sockets.delete(socket));
      }
      client.pipe(upstream);
      upstream.on('data', (data) => onData(data) && client.write(data));
      upstream.on('close', () => client.destroy());
      client.on('close', () => upstream.destroy());
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return proxy;
  }

  /** The number of open sockets, to clients and to the server. */
  get open(): number {
    return this.sockets.size;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** Closes all connections abruptly. */
  cut(): void {
    for (const socket of this.sockets) socket.resetAndDestroy();
  }

  async stop(): Promise<void> {
    this.cut();
    this.server.close();
    await once(this.server, 'close');
  }
}
