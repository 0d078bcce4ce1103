import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { beforeEach, describe, expect, it } from 'vitest';
import { Ed25519Signer } from '../../../../src/adapters/signing/ed25519-signer.js';
import { schema } from '../../../../src/app/config/schema/schema.js';
import { optionsOf } from '../../../../src/app/config/schema/schema-tree.js';
import { DomainError } from '../../../../src/domain/shared/errors.js';
import { email } from '../../../../src/domain/identifiers/threepid.js';
import type { TestApp } from '../../../support/test-app.js';
import { alice, bob } from '../../../support/fakes.js';
import { useApp } from '../../../support/http.js';

const homeserver = new Ed25519Signer('example.org', [{ keyId: 'ed25519:a', seed: new Uint8Array(32).fill(3) }]);
const address = email('alice@example.com');
const threepid = { medium: 'email', address: 'Alice@example.com' };
const client_secret = 'monkeys_are_GREAT';

let failure: DomainError | undefined;
const policies = [
  { id: 'privacy', version: '1', languages: { en: { name: 'Privacy', url: 'https://example.org/p' } } },
];
const settings = {
  policies,
  serverNames: ['id.example.org', 'id.example.org:8090'],
  homeserverKeys: {
    async find(name: string, keyId: string) {
      if (failure) throw failure;
      return keyId === 'ed25519:a' && name === 'example.org' ? homeserver.keys[0].publicKey : undefined;
    },
  },
};

/** The header with which a homeserver sends this request. */
async function signature(body: object, change: Record<string, string> = {}): Promise<string> {
  const object = {
    method: 'POST',
    uri: '/_matrix/identity/v2/3pid/unbind',
    origin: 'example.org',
    destination_is: 'id.example.org',
    ...change,
    content: body as Record<string, string>,
  };
  const signed = await homeserver.sign(object);
  const sig = signed.signatures['example.org']?.['ed25519:a'];
  return `X-Matrix origin="${object.origin}",key="ed25519:a",sig="${sig}",destination="${object.destination_is}"`;
}

const bound = async (app: TestApp) => (await app.stores.associations.find([address])).map(({ mxid }) => mxid);

describe('unbind', () => {
  const app = useApp(settings);

  it.for(['/api/v1', '/v2'])(
    'exists at %s in every configuration: it cannot be switched off (UNB-10)',
    async (version) => {
      expect((await app.call('POST', `${version}/3pid/unbind`, { body: { mxid: alice, threepid } })).status).toBe(401);
      expect(optionsOf(schema).filter(({ path }) => path.join('.').includes('unbind'))).toEqual([]);
    },
  );
  const unbind = (body: object, authorization?: string, path = '/v2/3pid/unbind') =>
    app.call('POST', path, { body, ...(authorization !== undefined && { headers: { authorization } }) });

  beforeEach(async () => {
    failure = undefined;
    await app.bind(address, alice);
  });

  describe('by the homeserver', () => {
    it('removes the address without access token and terms, also if repeated (UNB-1, UNB-8, UNB-9, TERMS-7)', async () => {
      const body = { mxid: alice, threepid };
      for (let time = 0; time < 2; time++) {
        const { status, json } = await unbind(body, await signature(body));
        expect([status, json]).toEqual([200, {}]);
        expect(await bound(app)).toEqual([]);
      }
    });

    it('accepts further names of this server (UNB-5)', async () => {
      const body = { mxid: alice, threepid };
      const { status } = await unbind(body, await signature(body, { destination_is: 'id.example.org:8090' }));
      expect(status).toBe(200);
    });

    it('accepts the path of version 1 if it was signed (UNB-6)', async () => {
      const body = { mxid: alice, threepid };
      const uri = '/_matrix/identity/api/v1/3pid/unbind';
      expect((await unbind(body, await signature(body), '/api/v1/3pid/unbind')).status).toBe(403);
      expect((await unbind(body, await signature(body, { uri }), '/api/v1/3pid/unbind')).status).toBe(200);
      expect(await bound(app)).toEqual([]);
    });

    it('accepts version 1 from any network', async () => {
      const body = { mxid: alice, threepid };
      const authorization = await signature(body, { uri: '/_matrix/identity/api/v1/3pid/unbind' });
      const headers = { authorization, 'x-forwarded-for': '203.0.113.9' };
      expect((await app.call('POST', '/api/v1/3pid/unbind', { body, headers })).status).toBe(200);
    });

    it('uses the valid one of several headers (UNB-7)', async () => {
      const body = JSON.stringify({ mxid: alice, threepid });
      const good = await signature({ mxid: alice, threepid });
      const req = request({ port: app.port, method: 'POST', path: '/_matrix/identity/v2/3pid/unbind' });
      req.setHeader('authorization', [good.replace('ed25519:a', 'ed25519:new'), good]);
      req.end(body);
      const [answer] = (await once(req, 'response')) as [IncomingMessage];
      expect([answer.statusCode, await text(answer)]).toEqual([200, '{}']);
      expect(await bound(app)).toEqual([]);
    });

    it('does not unbind an address of another user (UNB-8)', async () => {
      const body = { mxid: bob, threepid };
      expect((await unbind(body, await signature(body))).status).toBe(200);
      expect(await bound(app)).toEqual([alice]);
    });

    it('refuses a changed body (UNB-3)', async () => {
      const body = { mxid: alice, threepid };
      const answer = await unbind({ ...body, sid: 'x' }, await signature(body));
      expect([answer.status, answer.json.errcode]).toEqual([403, 'M_FORBIDDEN']);
      expect(answer.json.error).toBe('Invalid homeserver signature');
      expect(await bound(app)).toEqual([alice]);
    });

    it('refuses a request for another server with a status that lets Synapse continue (UNB-3)', async () => {
      const body = { mxid: alice, threepid };
      const answer = await unbind(body, await signature(body, { destination_is: 'is.example.com' }));
      expect([answer.status, answer.json.errcode]).toEqual([400, 'M_INVALID_PARAM']);
      expect(answer.json.error).toMatch(/signed for "is.example.com"/);
      expect(await bound(app)).toEqual([alice]);
    });

    it('treats several slashes as one, and verifies the path of the specification', async () => {
      const body = { mxid: alice, threepid };
      const headers = { authorization: await signature(body) };
      expect((await app.call('POST', '//v2//3pid/unbind', { body, headers })).status).toBe(200);
      expect(await bound(app)).toEqual([]);
    });

    it('refuses users of other homeservers (UNB-3)', async () => {
      const body = { mxid: '@alice:example.com', threepid };
      const { status, json } = await unbind(body, await signature(body));
      expect([status, json.errcode]).toEqual([403, 'M_FORBIDDEN']);
    });

    it('answers 502 if the keys cannot be fetched, so that the homeserver retries (UNB-11)', async () => {
      const message = 'could not fetch the signing keys of example.org: 404';
      failure = new DomainError('homeserver_failed', { message });
      const body = { mxid: alice, threepid };
      const { status, json } = await unbind(body, await signature(body));
      expect([status, json]).toEqual([502, { errcode: 'M_UNKNOWN', error: message }]);
      expect(await bound(app)).toEqual([alice]);
    });
  });

  describe('by a session', () => {
    /** A session for this address. */
    async function session(to: string, isValidated = true): Promise<string> {
      const sid = await app.services.validationService.requestToken({
        threepid: email(to),
        clientSecret: client_secret,
        sendAttempt: 1,
        nextLink: undefined,
        user: alice,
        client: '127.0.0.1',
        preferences: { brand: undefined, acceptLanguage: undefined },
      });
      if (isValidated) await app.services.validationService.submitToken(sid, client_secret, app.mails.token);
      return sid;
    }

    it.each(['/v2/3pid/unbind', '/api/v1/3pid/unbind'])(
      'removes the address through %s (UNB-1, UNB-8)',
      async (path) => {
        const sid = await session('alice@example.com');
        const { status, json } = await unbind({ mxid: alice, threepid, sid, client_secret }, undefined, path);
        expect([status, json]).toEqual([200, {}]);
        expect(await bound(app)).toEqual([]);
      },
    );

    it.each([
      ['of another address', 'bob@example.com', true, {}, 403, 'M_FORBIDDEN'],
      ['that is not validated', 'alice@example.com', false, {}, 400, 'M_SESSION_NOT_VALIDATED'],
      ['that does not exist', 'alice@example.com', true, { sid: 'none' }, 404, 'M_NO_VALID_SESSION'],
      ['with a wrong secret', 'alice@example.com', true, { client_secret: 'apes' }, 404, 'M_NO_VALID_SESSION'],
      ['without its secret', 'alice@example.com', true, { client_secret: null }, 400, 'M_MISSING_PARAMS'],
    ] as const)('refuses a session %s (UNB-2)', async (_case, to, isValidated, change, status, errcode) => {
      const sid = await session(to, isValidated);
      const answer = await unbind({ mxid: alice, threepid, sid, client_secret, ...change });
      expect([answer.status, answer.json.errcode]).toEqual([status, errcode]);
      expect(await bound(app)).toEqual([alice]);
    });
  });

  it('refuses a request without proof, with or without an access token (UNB-1, UNB-3)', async () => {
    const body = { mxid: alice, threepid };
    for (const authorization of [undefined, `Bearer ${await app.signIn(alice)}`]) {
      const { status, json } = await unbind(body, authorization);
      expect([status, json.errcode]).toEqual([401, 'M_UNAUTHORIZED']);
    }
    expect(await bound(app)).toEqual([alice]);
  });

  it.each([
    ['no threepid', { threepid: null }, 'M_MISSING_PARAMS'],
    ['a threepid without address', { threepid: { medium: 'email' } }, 'M_INVALID_PARAM'],
    ['an invalid address', { threepid: { medium: 'email', address: 'alice' } }, 'M_INVALID_EMAIL'],
    ['an invalid user', { mxid: 'alice' }, 'M_INVALID_PARAM'],
  ])('refuses a signed request with %s', async (_case, change, errcode) => {
    const body = { mxid: alice, threepid, ...change };
    const { status, json } = await unbind(body, await signature(body));
    expect([status, json.errcode]).toEqual([400, errcode]);
  });
});
