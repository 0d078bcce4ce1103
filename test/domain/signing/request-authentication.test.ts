import { describe, expect, it } from 'vitest';
import { Ed25519Signer } from '../../../src/adapters/signing/ed25519-signer.js';
import type { JsonObject } from '../../../src/domain/signing/canonical-json.js';
import { DomainError } from '../../../src/domain/shared/errors.js';
import { RequestAuthenticator } from '../../../src/domain/signing/request-authentication.js';
import type { HomeserverKeys } from '../../../src/ports/homeserver-keys.js';
import { vectors } from '../../support/vectors.js';

const homeserver = new Ed25519Signer('hs.example.org', [{ keyId: 'ed25519:1', seed: new Uint8Array(32).fill(3) }]);
const uri = '/_matrix/identity/v2/3pid/unbind';
const content = { mxid: '@alice:hs.example.org' };

/** Returns one key for one homeserver, and records the requests. */
function keysOf(publicKey: string) {
  const asked: string[] = [];
  const keys: HomeserverKeys = {
    async find(name, keyId) {
      asked.push(`${name} ${keyId}`);
      return name === 'hs.example.org' && keyId === 'ed25519:1' ? publicKey : undefined;
    },
  };
  return { keys, asked };
}

/** The header of a request with a signature of `signedFor`. */
async function authorization(signedFor: JsonObject, header: Record<string, string> = {}): Promise<string> {
  const object = { method: 'POST', uri, origin: 'hs.example.org', ...signedFor, content };
  const { signatures } = await homeserver.sign(object);
  const sig = signatures['hs.example.org']?.['ed25519:1'] ?? '';
  const parameters = { origin: 'hs.example.org', key: 'ed25519:1', sig, ...header };
  return `X-Matrix ${Object.entries(parameters)
    .map(([name, value]) => `${name}="${value}"`)
    .join(',')}`;
}

const ask = (auth: RequestAuthenticator, authorizations: readonly string[], change: object = {}) =>
  auth.origin({ method: 'POST', uri, content, authorizations, ...change });

const refusalOf = async (asked: Promise<unknown>) => (await asked.catch((error: unknown) => error)) as DomainError;

describe('the examples of signed requests (UNB-4, FED-8)', () => {
  const { requests } = vectors.x_matrix;
  const origin = ({ method, uri, body, identity_server_name, authorization }: (typeof requests)[number]) => {
    const { keys } = keysOf(vectors.signing.public_key_unpadded_base64);
    const auth = new RequestAuthenticator(keys, homeserver, [identity_server_name]);
    return auth.origin({ method, uri, content: body, authorizations: [authorization] });
  };
  const examples = (wanted: 'accept' | 'reject') =>
    requests.filter((request) => request.expect === wanted).map((request) => [request.label, request] as const);

  it.each(examples('accept'))('are accepted: %s', async (_label, example) => {
    expect(await origin(example)).toBe('hs.example.org');
  });

  it.each(examples('reject'))('are refused: %s', async (_label, example) => {
    const isForAnother = example.label.endsWith('(both places)');
    expect((await refusalOf(origin(example))).code).toBe(isForAnother ? 'unbind_elsewhere' : 'unbind_not_proven');
  });
});

describe('RequestAuthenticator', () => {
  const { keys, asked } = keysOf(homeserver.keys[0].publicKey);
  const auth = new RequestAuthenticator(keys, homeserver, ['example.org', 'id.example.org', 'id.example.org:8090']);

  it.each([
    ['another name of this server (UNB-5)', { destination_is: 'id.example.org' }, { destination: 'id.example.org' }],
    [
      'the name and port of this server',
      { destination_is: 'id.example.org:8090' },
      { destination: 'id.example.org:8090' },
    ],
    [
      'the name of this server and the default port of HTTPS',
      { destination_is: 'id.example.org:443' },
      { destination: 'id.example.org:443' },
    ],
    ['the name of this server in capitals', { destination_is: 'ID.Example.ORG' }, { destination: 'ID.Example.ORG' }],
    ['a name that the header leaves out', { destination: 'id.example.org' }, {}],
    [
      'a name of this server, with another one in the header',
      { destination_is: 'example.org' },
      { destination: 'id.example.org' },
    ],
  ])('accepts a request that is signed for %s', async (_case, signedFor, header) => {
    expect(await ask(auth, [await authorization(signedFor, header)])).toBe('hs.example.org');
  });

  it('reports the name that a request is signed for before it checks the signature (UNB-5)', async () => {
    const { keys: none, asked: askedNobody } = keysOf('');
    const narrow = new RequestAuthenticator(none, homeserver, ['example.org']);
    const header = await authorization({ destination_is: 'id.example.org' }, { destination: 'id.example.org' });
    const { code, message } = await refusalOf(ask(narrow, [header]));
    expect(code).toBe('unbind_elsewhere');
    expect(message).toBe('The request is signed for "id.example.org", but the names of this server are "example.org"');
    expect(askedNobody).toEqual([]);
  });

  it('accepts a request with one valid signature among several (UNB-7)', async () => {
    const good = await authorization({ destination_is: 'example.org' });
    const unknownKey = await authorization({ destination_is: 'example.org' }, { key: 'ed25519:new' });
    expect(await ask(auth, [unknownKey, good])).toBe('hs.example.org');
  });

  it('refuses more headers than a homeserver has keys, without fetching a key', async () => {
    const header = await authorization({ destination_is: 'example.org' });
    asked.length = 0;
    expect(await ask(auth, [header, header, header, header])).toBe('hs.example.org');
    asked.length = 0;
    const { code, message } = await refusalOf(ask(auth, [header, header, header, header, header]));
    expect([code, message]).toEqual(['unbind_not_proven', 'There are more than 4 Authorization headers']);
    expect(asked).toEqual([]);
  });

  it('reads the content once, however many signatures there are to check', async () => {
    let reads = 0;
    const counted = {
      ...content,
      get more() {
        reads += 1;
        return 'x';
      },
    };
    const wrong = await authorization({ destination_is: 'elsewhere.example.org' });
    expect((await refusalOf(ask(auth, [wrong, wrong, wrong], { content: counted }))).code).toBe('unbind_not_proven');
    expect(reads).toBe(1);
  });

  it('refuses headers of several homeservers without fetching their keys', async () => {
    const headers = await Promise.all(
      ['hs.example.org', 'other.example.org'].map((origin) =>
        authorization({ destination_is: 'example.org' }, { origin }),
      ),
    );
    asked.length = 0;
    expect((await refusalOf(ask(auth, headers))).code).toBe('unbind_not_proven');
    expect(asked).toEqual([]);
  });

  it.each([
    ['another method', { method: 'GET' }],
    ['another path (UNB-6)', { uri: '/identity/_matrix/identity/v2/3pid/unbind' }],
    ['another content', { content: { mxid: '@bob:hs.example.org' } }],
  ])('refuses a signature of %s (UNB-3)', async (_case, change) => {
    const header = await authorization({ destination_is: 'example.org' });
    const { code, message } = await refusalOf(ask(auth, [header], change));
    expect([code, message]).toEqual(['unbind_not_proven', 'Invalid homeserver signature']);
  });

  it.each([
    ['both names for the destination', { destination: 'example.org', destination_is: 'example.org' }],
    ['no destination', {}],
  ])('refuses a signature over %s (UNB-4)', async (_case, signedFor) => {
    expect((await refusalOf(ask(auth, [await authorization(signedFor)]))).code).toBe('unbind_not_proven');
  });

  it.each(['not a name', 'hs.example.org/path', '127.0.0.1:99999'])(
    'requests no key of the origin %j, which is not a server name',
    async (origin) => {
      asked.length = 0;
      const header = await authorization({ destination_is: 'example.org' }, { origin });
      expect((await refusalOf(ask(auth, [header]))).code).toBe('unbind_not_proven');
      expect(asked).toEqual([]);
    },
  );

  it('returns no homeserver if there is no X-Matrix header', async () => {
    expect(await ask(auth, [])).toBeUndefined();
    expect(await ask(auth, ['Bearer abc'])).toBeUndefined();
  });

  it('reports a malformed header', async () => {
    const { code, message } = await refusalOf(ask(auth, ['X-Matrix origin=']));
    expect([code, message]).toEqual(['unbind_not_proven', 'The X-Matrix header is malformed']);
  });

  it('fails with the error of the key request if keys cannot be fetched', async () => {
    const failing: HomeserverKeys = { find: async () => Promise.reject(new DomainError('homeserver_failed')) };
    const header = await authorization({ destination_is: 'example.org' });
    const refusal = await refusalOf(ask(new RequestAuthenticator(failing, homeserver, ['example.org']), [header]));
    expect(refusal.code).toBe('homeserver_failed');
  });
});
