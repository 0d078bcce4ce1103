import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { elementAt, expectAt } from '../../src/adapters/ldap/protocol/ber.js';
import { searchResultEntry, tlv } from './ber.js';

export const BIND = 0x60;
export const SEARCH = 0x63;

export interface Asked {
  readonly socket: Socket;
  /** The tag of the request. RFC 4511, 4.2 and following. */
  readonly tag: number;
  /** Whether the request asks for a page. */
  readonly isPaged: boolean;
  /** Sends a response with the message id of the request. */
  readonly say: (...bases: readonly Buffer[]) => void;
}

/** A result: 0x61 for a bind, 0x65 for a search. */
export const result = (tag: number, code = 0, words = '', ...more: readonly Buffer[]): Buffer =>
  tlv(tag, tlv(0x0a, Buffer.from([code])), tlv(0x04), tlv(0x04, words), ...more);

export const success = result(0x65);

/** A person entry in the form of a search result. */
export const person = (uid: string): Buffer =>
  tlv(
    0x64,
    searchResultEntry(`uid=${uid},ou=people,dc=example,dc=org`, {
      uid,
      mail: `${uid}@example.org`,
      entryUUID: `id of ${uid}`,
    }),
  );

/** The notice of disconnection. RFC 4511, 4.4.1. */
export const notice = (code: number, words = ''): Buffer =>
  tlv(0x30, tlv(0x02, '\0'), result(0x78, code, words, tlv(0x8a, '1.3.6.1.4.1.1466.20036')));

/** The paged results control, with the elements after its name. RFC 2696. */
export const paging = (...bases: readonly Buffer[]): Buffer =>
  tlv(0xa0, tlv(0x30, tlv(0x04, '1.2.840.113556.1.4.319'), ...bases));

/** The paged results control with a cookie. */
export const cookie = (text: string): Buffer => paging(tlv(0x04, tlv(0x30, tlv(0x02, '\0'), tlv(0x04, text))));

export interface LdapStandIn {
  readonly url: string;
  /** The number of searches that it received. */
  readonly searches: () => number;
  stop(): Promise<void>;
}

/** A local LDAP server that sends rare responses. It accepts every bind unless `answer` has responded. */
export async function startLdapStandIn(answer: (asked: Asked) => boolean | void): Promise<LdapStandIn> {
  const sockets = new Set<Socket>();
  let searches = 0;
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
    let received: Buffer = Buffer.alloc(0);
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      for (
        let element = elementAt(received, 0);
        element && element.end <= received.length;
        element = elementAt(received, 0)
      ) {
        const message = received.subarray(element.start, element.end);
        received = received.subarray(element.end);
        const id = expectAt(message, 0, 0x02);
        const tag = message[id.end] ?? 0;
        const say = (...bases: readonly Buffer[]) => socket.write(tlv(0x30, message.subarray(0, id.end), ...bases));
        if (tag === SEARCH) searches += 1;
        const isPaged = message.includes('1.2.840.113556.1.4.319');
        const isAnswered = answer({ socket, tag, isPaged, say });
        if (tag === BIND && !isAnswered) say(result(0x61));
      }
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    url: `ldap://127.0.0.1:${(server.address() as AddressInfo).port}`,
    searches: () => searches,
    async stop() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
