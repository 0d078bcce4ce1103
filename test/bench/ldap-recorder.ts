import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { elementAt, expectAt, INTEGER } from '../../src/adapters/ldap/protocol/ber.js';

/** RFC 4511, 4.5.1. */
const SEARCH_REQUEST = 0x63;

/** A proxy for an LDAP server that records the searches of its clients as they were sent. */
export async function startLdapRecorder(port: number) {
  let searches: Buffer[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(port, '127.0.0.1');
    let rest = Buffer.alloc(0);
    client.on('data', (chunk) => {
      rest = Buffer.concat([rest, chunk]);
      for (let element = elementAt(rest, 0); element && element.end <= rest.length; element = elementAt(rest, 0)) {
        const message = Buffer.from(rest.subarray(0, element.end));
        if (message[expectAt(message, element.start, INTEGER).end] === SEARCH_REQUEST) searches.push(message);
        rest = rest.subarray(element.end);
      }
    });
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => undefined).on('close', () => (client.destroy(), upstream.destroy()));
    }
    client.pipe(upstream).pipe(client);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `ldap://127.0.0.1:${(server.address() as AddressInfo).port}`,
    /** The searches since the last call: complete messages, in order. */
    take(): readonly Buffer[] {
      const taken = searches;
      searches = [];
      return taken;
    },
    async close(): Promise<void> {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
