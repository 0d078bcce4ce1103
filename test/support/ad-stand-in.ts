import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { elementAt, type Element } from '../../src/adapters/ldap/protocol/ber.js';
import { searchResultEntry, tlv } from './ber.js';

/** The limits of Active Directory: by default 1,000 entries and 1,500 values. */
export interface Policy {
  readonly maxPageSize: number;
  readonly maxValRange: number;
}

const PAGED = '1.2.840.113556.1.4.319';
const integer = (value: number) =>
  tlv(0x02, Buffer.from([value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255]));
const result = (tag: number, code: number, words = '') =>
  tlv(tag, tlv(0x0a, Buffer.from([code])), tlv(0x04), tlv(0x04, words));
const NOT_BOUND =
  '000004DC: LdapErr: DSID-0C090A5C, comment: In order to perform this operation a successful bind must be completed on the connection., data 0, v4563';
const NO_SUCH_COOKIE = '00000057: LdapErr: DSID-0C0907E8, comment: Error processing control, data 0, v4563';

/**
 * The behaviour of a domain controller that Samba lacks. Pages are never longer than the policy allows, cookies are
 * valid only on their connection, long attributes are returned in ranges, and the root of a domain refers to other
 * parts. Based on [MS-ADTS] 3.1.1.3.
 */
export class AdStandIn {
  /** The number of entries in each page that was sent. */
  readonly pages: number[] = [];

  private constructor(
    private readonly server: Server,
    private readonly addresses: readonly (readonly string[])[],
    private readonly policy: Policy,
  ) {}

  /** @param addresses `proxyAddresses` of each person */
  static async start(addresses: readonly (readonly string[])[], policy: Policy): Promise<AdStandIn> {
    const server = createServer();
    const standIn = new AdStandIn(server, addresses, policy);
    server.on('connection', (socket) => standIn.serve(socket));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return standIn;
  }

  get url(): string {
    return `ldap://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.server.close();
    await once(this.server, 'close');
  }

  private serve(socket: Socket): void {
    const state = { isBound: false, cookies: new Set<string>() };
    let received: Buffer = Buffer.alloc(0);
    socket.on('error', () => undefined);
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      for (
        let element = elementAt(received, 0);
        element && element.end <= received.length;
        element = elementAt(received, 0)
      ) {
        const message = new Node(received, element);
        received = received.subarray(element.end);
        const answer = (...parts: Buffer[]) => socket.write(tlv(0x30, integer(message.at(0).number), ...parts));
        const operation = message.at(1);
        if (operation.tag === 0x60) {
          state.isBound = operation.at(1).text !== '';
          answer(result(0x61, 0));
        } else if (operation.tag === 0x63) {
          if (state.isBound) this.search(operation, message.children[2], state.cookies, answer);
          else answer(result(0x65, 1, NOT_BOUND));
        } else {
          socket.end();
        }
      }
    });
  }

  private search(
    operation: Node,
    controls: Node | undefined,
    cookies: Set<string>,
    answer: (...parts: Buffer[]) => void,
  ): void {
    const filter = operation.at(6);
    const wanted = operation.at(7).children.map(({ text }) => text);
    const guid = filter.tag === 0xa3 ? filter.at(1).bytes : undefined;
    const all = [...this.addresses.keys()].filter((index) => guid?.equals(guidOf(index)) ?? true);

    const paging = controls?.children.find((control) => control.at(0).text === PAGED);
    const value = paging && new Node(paging.children.at(-1)?.bytes ?? Buffer.alloc(0)).children;
    const cookie = value?.[1]?.text ?? '';
    if (cookie !== '' && !cookies.delete(cookie)) return answer(result(0x65, 12, NO_SUCH_COOKIE));
    const from = Number(cookie);
    const size = Math.min(value?.[0]?.number || operation.at(3).number || Infinity, this.policy.maxPageSize);
    const page = all.slice(from, from + size);
    const isLast = from + page.length >= all.length;
    this.pages.push(page.length);
    for (const index of page) answer(tlv(0x64, this.entry(index, wanted)));
    if (isLast) answer(tlv(0x73, tlv(0x04, 'ldap://ForestDnsZones.example.org/DC=ForestDnsZones,DC=example,DC=org')));
    if (!value) return answer(result(0x65, isLast ? 0 : 4));
    const next = isLast ? '' : String(from + page.length);
    if (next) cookies.add(next);
    const control = tlv(0x30, tlv(0x04, PAGED), tlv(0x04, tlv(0x30, integer(0), tlv(0x04, next))));
    answer(result(0x65, 0), tlv(0xa0, control));
  }

  private entry(index: number, wanted: readonly string[]): Buffer {
    const addresses = this.addresses[index] ?? [];
    const range = wanted.map((name) => /^proxyAddresses;range=(\d+)-/i.exec(name)?.[1]).find(Boolean);
    const first = Number(range ?? 0);
    const part = addresses.slice(first, first + this.policy.maxValRange);
    const isFull = first + part.length >= addresses.length;
    const last = isFull ? '*' : first + part.length - 1;
    // If not all values fit, the attribute is sent twice: empty under the requested name, and as a range.
    const held =
      range === undefined && isFull
        ? { proxyAddresses: part }
        : { proxyAddresses: [], [`proxyAddresses;range=${first}-${last}`]: part };
    return searchResultEntry(`CN=u${index},DC=example,DC=org`, {
      objectGUID: guidOf(index),
      ...(wanted.includes('sAMAccountName') && { sAMAccountName: `u${index}` }),
      ...held,
    });
  }
}

const guidOf = (index: number): Buffer => Buffer.from(String(index).padStart(16, '\xc3'), 'latin1');

/** A BER element with its contents. */
class Node {
  readonly tag: number;
  readonly bytes: Buffer;

  constructor(encoded: Buffer, element: Element | undefined = elementAt(encoded, 0)) {
    if (!element) throw new Error('no element');
    this.tag = element.tag;
    this.bytes = Buffer.from(encoded.subarray(element.start, element.end));
  }

  get children(): readonly Node[] {
    const children: Node[] = [];
    for (let at = 0; at < this.bytes.length; ) {
      const element = elementAt(this.bytes, at);
      if (!element) throw new Error('no element');
      children.push(new Node(this.bytes, element));
      at = element.end;
    }
    return children;
  }

  at(index: number): Node {
    const child = this.children[index];
    if (!child) throw new Error('no such element');
    return child;
  }

  get text(): string {
    return this.bytes.toString();
  }

  get number(): number {
    return this.bytes.readUIntBE(0, this.bytes.length);
  }
}
