import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';

/** Loopback ports that are free at this moment. */
export async function freePorts(count: 3): Promise<readonly [number, number, number]>;
export async function freePorts(count: number): Promise<readonly number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(
    servers.map(async (server) => {
      server.close();
      await once(server, 'close');
    }),
  );
  return ports;
}
