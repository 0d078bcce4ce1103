import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { useApp } from '../../support/http.js';

const specification = JSON.parse(
  await readFile(new URL('../../spec/identity-api.bundle.json', import.meta.url), 'utf8'),
) as { paths: Record<string, Record<string, unknown>> };

const specified = Object.entries(specification.paths).flatMap(([path, methods]) =>
  Object.keys(methods)
    .filter((method) => ['get', 'post', 'put'].includes(method))
    .map((method): [string, string] => [method.toUpperCase(), path.replace('/_matrix/identity', '')]),
);

describe('endpoints', () => {
  const app = useApp();

  it.for(specified)('include %s %s, as in the specification (G-1)', async ([method, path]) => {
    const { status, json } = await app.call(method, path.replace('{keyId}', 'ed25519:0'));
    expect([status, json?.errcode]).not.toEqual([404, 'M_UNRECOGNIZED']);
    expect(status).not.toBe(405);
  });

  it.for(['/v3', '/v2/nonsense', '/v2/lookup/more', '/V2/Lookup', '', '/api', '/api/v2', '/api/v1/account'])(
    'answer 404 M_UNRECOGNIZED in JSON for the unknown path %s (G-9)',
    async (path) => {
      for (const method of ['GET', 'POST', 'PUT']) {
        const { status, json } = await app.call(method, path);
        expect(status).toBe(404);
        expect(json).toEqual({ errcode: 'M_UNRECOGNIZED', error: expect.any(String) });
      }
    },
  );

  it.for([
    ['GET', '/v2/lookup', 'POST, OPTIONS'],
    ['PUT', '/v2/lookup', 'POST, OPTIONS'],
    ['DELETE', '/v2/account', 'GET, HEAD, OPTIONS'],
    ['POST', '/v2/hash_details', 'GET, HEAD, OPTIONS'],
    ['PATCH', '/v2/terms', 'GET, HEAD, POST, OPTIONS'],
    ['POST', '/versions', 'GET, HEAD, OPTIONS'],
    ['POST', '/v2', 'GET, HEAD, OPTIONS'],
    ['PUT', '/api/v1/bulk_lookup', 'POST, OPTIONS'],
  ] as const)(
    'answer 405 M_UNRECOGNIZED to %s %s and name the allowed methods (G-9)',
    async ([method, path, allow]) => {
      const { status, json, headers } = await app.call(method, path);
      expect(status).toBe(405);
      expect(json.errcode).toBe('M_UNRECOGNIZED');
      expect(headers.get('allow')).toBe(allow);
    },
  );

  it.for(['/versions', '/v2', '/v2/terms', '/v2/pubkey/ed25519:0'])(
    'answer HEAD %s like GET, without a body (G-9)',
    async (path) => {
      const get = await app.call('GET', path);
      const head = await app.call('HEAD', path);
      expect(head.status).toBe(200);
      expect(head.text).toBe('');
      expect(head.headers.get('content-length')).toBe(get.headers.get('content-length'));
    },
  );

  it.for(['/versions/', '/v2/terms/', '/v2/pubkey/ed25519:0/', '/v2/pubkey/isvalid/?public_key=x'])(
    'accept %s with a slash at the end (G-18)',
    async (path) => {
      expect((await app.call('GET', path)).status).toBe(200);
    },
  );

  it.for(['/v2/pubkey/ed25519%3A0', '/v2/pubkey/%65d25519:0', '/%76%32/pubkey/ed25519%3a0'])(
    'treat the percent-encoded path %s like the plain one (G-18)',
    async (path) => {
      expect((await app.call('GET', path)).json).toEqual({ public_key: app.services.signer.keys[1]?.publicKey });
    },
  );

  it.for(['//_matrix/identity/v2/terms', '/_matrix/identity//v2///terms', '//_matrix//identity//versions'])(
    'treat several slashes in %s as one',
    async (path) => {
      expect((await fetch(`http://127.0.0.1:${app.port}${path}`)).status).toBe(200);
    },
  );

  it('require the same authentication at a path with several slashes', async () => {
    expect((await app.call('GET', '//v2//hash_details')).status).toBe(401);
  });

  it.for(['/v2/pubkey/%', '/v2/pubkey/%zz', '/v2/pubkey/%ff', '/%'])(
    'refuse the malformed path %s as an error of the client',
    async (path) => {
      const { status, json } = await app.call('GET', path);
      expect(status).toBe(400);
      expect(json.errcode).toBe('M_INVALID_PARAM');
    },
  );

  it('do not reveal their software', async () => {
    const { headers } = await app.call('GET', '/versions');
    expect(headers.get('x-powered-by')).toBeNull();
    expect(headers.get('server')).toBeNull();
  });
});
