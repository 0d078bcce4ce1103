import { addressAt, hashOf, mxidAt, PEPPER, TOKEN } from './people.mjs';

/** A server under load. */
export interface Side {
  readonly port: number;
  readonly pids: () => readonly number[];
  /** The number of stored addresses, if the servers differ in it. */
  readonly addresses?: number;
  /** Its lookup pepper. Absent for the bare server, which has the pepper of `people.mjs` and no version 1. */
  readonly pepper?: string;
}

/** One row of the table. */
export interface Kind {
  readonly name: string;
  readonly request: 'ping' | 'hash_details' | 'lookup' | 'v1 lookup' | 'v1 bulk_lookup';
  /** The number of addresses in a request. */
  readonly size: number;
  readonly clients: number;
  /** The required ratio to the bare server, or in version 1 to the former build. */
  readonly line?: { readonly number: string; readonly target: number };
}

export const lookupOf = (size: number, clients = 16, line?: Kind['line']): Kind => ({
  name: `hashed lookup of ${size}, ${clients} clients`,
  request: 'lookup',
  size,
  clients,
  ...(line && { line }),
});

const ONE = { number: '1', target: 0.85 };
const MANY = { number: '2', target: 0.9 };

export const KINDS: readonly Kind[] = [
  { name: 'ping, 16 clients', request: 'ping', size: 0, clients: 16, line: { number: '1', target: 0.9 } },
  { name: 'hash_details, 16 clients', request: 'hash_details', size: 0, clients: 16, line: ONE },
  lookupOf(1, 1),
  lookupOf(1, 4),
  lookupOf(1, 16, ONE),
  lookupOf(1, 64, ONE),
  lookupOf(10),
  lookupOf(100, 16, MANY),
  lookupOf(1_000, 16, MANY),
  lookupOf(10_000, 16, MANY),
];

export const V1_KINDS: readonly Kind[] = [
  {
    name: 'v1 lookup (signed), 16 clients',
    request: 'v1 lookup',
    size: 1,
    clients: 16,
    line: { number: '4', target: 3 },
  },
  { name: 'v1 bulk_lookup of 100, 16 clients', request: 'v1 bulk_lookup', size: 100, clients: 16 },
];

interface DrivenRequest {
  readonly head: string;
  readonly body: string;
  readonly answer: string;
  /** Whether `answer` is only the beginning of the expected one, because its end differs each time. */
  readonly isBeginning?: true;
}

/** Different requests of one kind; every second address is known. `undefined` if the server does not support them. */
export function requestsFor(kind: Kind, side: Side, addresses: number): readonly DrivenRequest[] | undefined {
  if (side.pepper === undefined && kind.request.startsWith('v1')) return undefined;
  const count = kind.size > 1_000 ? 4 : kind.size > 100 ? 20 : 200;
  return Array.from({ length: count }, (_, at) => requestAt(kind, side, addresses, at));
}

function requestAt({ request, size }: Kind, side: Side, addresses: number, at: number): DrivenRequest {
  const pepper = side.pepper ?? PEPPER;
  const person = (i: number) => ((at * 7919 + i * 104_729) % addresses) + (i % 2 === 0 ? 0 : addresses);
  const people = Array.from({ length: size }, (_, i) => person(i));
  const known = people.filter((number) => number < addresses);
  switch (request) {
    case 'ping':
      return get('/v2', '{}');
    case 'hash_details':
      return get('/v2/hash_details', JSON.stringify({ lookup_pepper: pepper, algorithms: ['sha256', 'none'] }));
    case 'lookup': {
      const hashes = people.map((number) => hashOf(addressAt(number), pepper));
      const mappings = Object.fromEntries(known.map((number) => [hashOf(addressAt(number), pepper), mxidAt(number)]));
      return post('/v2/lookup', { addresses: hashes, algorithm: 'sha256', pepper }, JSON.stringify({ mappings }));
    }
    case 'v1 lookup': {
      const [number = 0] = people;
      const signed = get(
        `/api/v1/lookup?medium=email&address=${addressAt(number)}`,
        `{"address":"${addressAt(number)}","medium":"email","mxid":"${mxidAt(number)}",`,
      );
      return { ...signed, isBeginning: true };
    }
    case 'v1 bulk_lookup': {
      const threepids = people.map((number) => ['email', addressAt(number)]);
      const found = known.map((number) => ['email', addressAt(number), mxidAt(number)]);
      return post('/api/v1/bulk_lookup', { threepids }, JSON.stringify({ threepids: found }));
    }
  }
}

const headers = `Host: 127.0.0.1\r\nConnection: keep-alive\r\nAuthorization: Bearer ${TOKEN}`;

const get = (path: string, answer: string): DrivenRequest => ({
  head: `GET /_matrix/identity${path} HTTP/1.1\r\n${headers}`,
  body: '',
  answer,
});

const post = (path: string, body: object, answer: string): DrivenRequest => ({
  head: `POST /_matrix/identity${path} HTTP/1.1\r\n${headers}\r\nContent-Type: application/json`,
  body: JSON.stringify(body),
  answer,
});
