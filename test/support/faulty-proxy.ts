import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { type Masks, offerCertificate, sendWithoutEnd } from './masquerade.js';

/** Faults of a network or of a server behind it. */
export const FAULTS = ['refuse', 'reset', 'hang', 'trickle', 'garbage'] as const;
/** Faults of a server that speaks TLS; the proxy needs masks for them. */
export const TLS_FAULTS = ['oversize', 'wrong certificate', 'expired certificate'] as const;
export type Fault = (typeof FAULTS)[number] | (typeof TLS_FAULTS)[number];

const TRICKLE_EVERY_MS = 200;
const DOWN_MS = 300;

/** A proxy for a server on 127.0.0.1, on a fixed port, that can simulate faults. */
export class FaultyProxy {
  private fault: Fault | undefined;
  private server: Server | undefined;
  private readonly sockets = new Set<Socket>();
  private port = 0;

  private constructor(
    private readonly target: number,
    private readonly masks: Masks | undefined,
  ) {}

  static async to(target: number, masks?: Masks): Promise<FaultyProxy> {
    const proxy = new FaultyProxy(target, masks);
    await proxy.listen();
    return proxy;
  }

  get at(): number {
    return this.port;
  }

  /** Starts a fault; existing connections are affected too. */
  async break(fault: Fault): Promise<void> {
    this.fault = fault;
    if (fault === 'refuse') await this.stopListening();
    if (fault !== 'hang' && fault !== 'trickle') this.cut();
  }

  async repair(): Promise<void> {
    const { fault } = this;
    this.fault = undefined;
    this.cut();
    if (fault === 'refuse') await this.listen();
  }

  /** Simulates a restart of the server: connections end, and none is accepted for a moment. */
  async restart(): Promise<void> {
    await this.break('refuse');
    await new Promise((resolve) => setTimeout(resolve, DOWN_MS));
    await this.repair();
  }

  async stop(): Promise<void> {
    this.cut();
    await this.stopListening();
  }

  private async listen(): Promise<void> {
    const server = createServer((client) => this.serve(client));
    this.server = server;
    await once(server.listen(this.port, '127.0.0.1'), 'listening');
    this.port = (server.address() as AddressInfo).port;
  }

  private async stopListening(): Promise<void> {
    const { server } = this;
    this.server = undefined;
    if (!server) return;
    server.close();
    this.cut();
    await once(server, 'close');
  }

  private cut(): void {
    for (const socket of this.sockets) socket.resetAndDestroy();
  }

  private serve(client: Socket): void {
    this.keep(client);
    if (this.fault === 'reset') return void client.resetAndDestroy();
    if (this.fault === 'garbage') {
      client.end(Buffer.from(Array.from({ length: 512 }, (_, at) => (at * 37 + 11) % 256)));
      return;
    }
    if (this.masks && this.fault === 'wrong certificate') return offerCertificate(client, this.masks, 'wrong');
    if (this.masks && this.fault === 'expired certificate') return offerCertificate(client, this.masks, 'expired');
    if (this.masks && this.fault === 'oversize') return sendWithoutEnd(client, this.masks);
    const upstream = connect(this.target, '127.0.0.1');
    this.keep(upstream);
    this.pass(client, upstream);
    this.pass(upstream, client);
    client.on('close', () => upstream.destroy());
    upstream.on('close', () => client.destroy());
  }

  private pass(from: Socket, to: Socket): void {
    from.on('data', (data) => {
      if (this.fault === 'hang') return;
      if (this.fault !== 'trickle') return void to.write(data);
      from.pause();
      void this.trickle(data, to).then(() => from.resume());
    });
  }

  private async trickle(data: Buffer, to: Socket): Promise<void> {
    for (const byte of data) {
      if (this.fault !== 'trickle' || to.destroyed) return;
      to.write(Buffer.of(byte));
      await new Promise((resolve) => setTimeout(resolve, TRICKLE_EVERY_MS));
    }
  }

  private keep(socket: Socket): void {
    this.sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => this.sockets.delete(socket));
  }
}
