import { once } from 'node:events';
import type { Socket } from 'node:net';
import { createSecureContext, TLSSocket } from 'node:tls';
import type { Certificate } from './tls.js';

/** The certificates with which a proxy can stand in the place of a server that speaks TLS. */
export interface Masks {
  readonly protocol: 'http' | 'smtp' | 'ldap' | 'postgres';
  readonly certificates: Readonly<Record<'good' | 'wrong' | 'expired', Certificate>>;
}

/** The beginning of an answer that never ends, in the terms of each protocol. */
const BEGINNINGS: Readonly<Record<Masks['protocol'], string>> = {
  http: 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n{"a":"',
  smtp: '220 ',
  // A sequence of 2 GB.
  ldap: '\x30\x84\x7f\xff\xff\xff',
  // A message of 2 GB about the authentication.
  postgres: 'R\x7f\xff\xff\xff',
};
const AT_MOST = 64 * 1024 * 1024;

/** Starts TLS with one of the certificates, and sends nothing more. */
export function offerCertificate(client: Socket, masks: Masks, certificate: keyof Masks['certificates']): void {
  void greet(client, masks, certificate).catch(() => client.destroy());
}

/** Starts TLS with the valid certificate, and sends an endless answer to the first request. */
export function sendWithoutEnd(client: Socket, masks: Masks): void {
  const send = async () => {
    const secured = await greet(client, masks, 'good');
    if (masks.protocol !== 'smtp') await once(secured, 'data');
    secured.write(Buffer.from(BEGINNINGS[masks.protocol], 'latin1'));
    const more = Buffer.alloc(64 * 1024, 'a');
    for (let sent = 0; sent < AT_MOST && !secured.destroyed; sent += more.length) {
      if (!secured.write(more)) await drained(secured);
    }
  };
  void send().catch(() => client.destroy());
}

const drained = (socket: TLSSocket) =>
  new Promise<void>((resolve) => {
    const go = () => {
      socket.off('drain', go).off('close', go);
      resolve();
    };
    socket.on('drain', go).on('close', go);
  });

async function greet(client: Socket, masks: Masks, certificate: keyof Masks['certificates']): Promise<TLSSocket> {
  if (masks.protocol === 'postgres') {
    // The SSLRequest, before TLS begins.
    await once(client, 'data');
    client.pause();
    client.write('S');
  }
  const secureContext = createSecureContext(masks.certificates[certificate]);
  const secured = new TLSSocket(client, { isServer: true, secureContext });
  secured.on('error', () => undefined);
  client.on('close', () => secured.destroy());
  return secured;
}
