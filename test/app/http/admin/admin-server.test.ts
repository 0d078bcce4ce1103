import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { describe, expect, it, vi } from 'vitest';
import type { DirectoryPage } from '../../../../src/ports/directory.js';
import { ShutdownError } from '../../../../src/domain/shared/errors.js';
import { email, msisdn } from '../../../../src/domain/identifiers/threepid.js';
import { ADMIN_TOKEN } from '../../../support/test-app.js';
import { alice, bob, FakeDirectory } from '../../../support/fakes.js';
import { useApp } from '../../../support/http.js';

/** A directory of this many people. */
function directoryOf(people: number) {
  const state = { people, failure: undefined as Error | undefined };
  const directory = {
    name: 'staff',
    derivesUserIds: false,
    hasStableIds: true,
    bases: ['ou=people'],
    async *list(): AsyncIterable<DirectoryPage> {
      if (state.failure) throw state.failure;
      const entries = Array.from({ length: state.people }, (_, at) => ({
        id: `id${at}`,
        label: `uid=p${at}`,
        digest: '1',
        parse: () => ({
          person: { mxid: `@p${at}:example.org` as const, threepids: [email(`p${at}@example.org`)] },
          skipped: [],
        }),
      }));
      yield { base: 'ou=people', entries };
    },
  };
  return { state, mirrored: { directory, maxShrink: 0.2 } };
}

const token = ADMIN_TOKEN;

describe('the admin listener', () => {
  const app = useApp();

  it('reports liveness, readiness and metrics without a token', async () => {
    expect((await app.callAdmin('GET', '/health/live')).json).toEqual({ ok: true });
    const ready = await app.callAdmin('GET', '/health/ready');
    expect([ready.status, ready.json]).toEqual([200, { ok: true, checks: { database: 'ok' } }]);
    const metrics = await app.callAdmin('GET', '/metrics');
    expect(metrics.headers.get('content-type')).toMatch(/^text\/plain/);
    expect(metrics.text).toBe('islet_requests_total 1\n');
    expect(app.telemetry.all('request')).toEqual([]);
  });

  it('logs every other request with its id, so that the audit trail can refer to it', async () => {
    const { headers } = await app.callAdmin('GET', '/mirrors', { token });
    expect(headers.get('x-request-id')).toMatch(/^[\da-f-]{36}$/);
    const logged = () => app.telemetry.all('request').filter(({ path }) => path === '/mirrors');
    await expect.poll(logged).toMatchObject([{ id: headers.get('x-request-id'), status: 200 }]);
  });

  it.for([
    ['GET', '/lookup?address=bob@example.com'],
    ['GET', '/mirrors'],
    ['GET', '/shared-names'],
    ['POST', '/sync/staff'],
    ['GET', '/sync/staff'],
  ] as const)('requires its token for %s %s', async ([method, path]) => {
    for (const wrong of [undefined, 'wrong', `${ADMIN_TOKEN}x`, ADMIN_TOKEN.slice(1)]) {
      const { status, json } = await app.callAdmin(method, path, { token: wrong });
      expect([status, json.errcode]).toEqual([401, 'M_UNAUTHORIZED']);
    }
    const inQuery = await app.callAdmin(method, `${path}${path.includes('?') ? '&' : '?'}access_token=${ADMIN_TOKEN}`);
    expect(inQuery.status).toBe(401);
  });

  it('does not accept the access token of a user, and the API does not accept the admin token', async () => {
    const accessToken = await app.signIn(alice);
    expect((await app.callAdmin('GET', '/mirrors', { token: accessToken })).status).toBe(401);
    expect((await app.call('GET', '/v2/account', { token })).status).toBe(401);
  });

  it('explains the answer of each source for an address, and its time', async () => {
    await app.bind(email('bob@example.com'), alice);
    app.directory.add(email('bob@example.com'), bob);
    const { status, json } = await app.callAdmin('GET', '/lookup?address=Bob@Example.com', { token });
    expect(status).toBe(200);
    expect(json).toMatchObject({
      threepid: { medium: 'email', address: 'bob@example.com' },
      mxid: bob,
      at: app.clock.now(),
      sources: [
        { source: 'staff', outcome: 'answered', decides: true },
        { source: 'bindings', outcome: 'answered', decides: false },
      ],
    });
  });

  it.for([
    '+44 7700 900001',
    '447700900001',
    '%2B447700900001',
    '+44-7700-900001',
    '0044 7700900001',
    'tel:%2B447700900001',
  ])('explains phone numbers written as %s', async (address) => {
    app.directory.add(msisdn('447700900001'), bob);
    const { json } = await app.callAdmin('GET', `/lookup?address=${address}`, { token });
    expect(json).toMatchObject({ threepid: { medium: 'msisdn', address: '447700900001' }, mxid: bob });
  });

  it.for([
    ['?address=a@b@c', 'M_INVALID_EMAIL', 'write only the address'],
    ['?address=Bob <bob@example.com>', 'M_INVALID_EMAIL', 'write only the address'],
    ['?address=07700 900001', 'M_INVALID_ADDRESS', 'a phone number with its calling code'],
    ['?address=bob', 'M_INVALID_ADDRESS', 'neither an email address nor a phone number'],
    ['?address=', 'M_INVALID_ADDRESS', 'neither an email address nor a phone number'],
    ['', 'M_MISSING_PARAMS', 'address'],
  ] as const)('refuses %s, and says what is expected', async ([query, errcode, hint]) => {
    const { status, json } = await app.callAdmin('GET', `/lookup${query}`, { token });
    expect([status, json.errcode]).toEqual([400, errcode]);
    expect(json.error).toContain(hint);
  });

  it('has no other endpoints or methods, and does not allow access from web pages', async () => {
    expect((await app.callAdmin('GET', '/_matrix/identity/v2')).status).toBe(404);
    expect((await app.callAdmin('POST', '/mirrors', { token })).status).toBe(405);
    const preflight = await app.callAdmin('OPTIONS', '/lookup');
    expect(preflight.headers.get('access-control-allow-origin')).toBeNull();
  });
});

describe('the readiness of the admin listener', () => {
  const app = useApp({ ready: async () => ({ ok: false, checks: { database: 'no answer' } }) });

  it('is 503 while a part is not ready, although the server is alive', async () => {
    const { status, json } = await app.callAdmin('GET', '/health/ready');
    expect([status, json]).toEqual([503, { ok: false, checks: { database: 'no answer' } }]);
    expect((await app.callAdmin('GET', '/health/live')).status).toBe(200);
  });
});

describe('user IDs that two people would get', () => {
  const staff = new FakeDirectory();
  const app = useApp({ directories: [{ directory: staff, maxShrink: 0.2 }] });

  it('are listed with the entries of these people', async () => {
    staff.put('1', alice, [email('alice@example.org')]);
    staff.put('2', bob, [email('bob@example.org')]);
    await app.callAdmin('POST', '/sync/staff', { token });
    expect((await app.callAdmin('GET', '/shared-names', { token })).json).toEqual({ count: 0, shown: [] });

    staff.put('3', bob, [email('another.bob@example.org')]);
    await app.callAdmin('POST', '/sync/staff', { token });
    expect((await app.callAdmin('GET', '/shared-names', { token })).json).toEqual({
      count: 1,
      shown: [{ mxid: bob, labels: ['staff: cn=2', 'staff: cn=3'] }],
    });
  });
});

describe('mirrors on the admin listener', () => {
  const { state, mirrored } = directoryOf(10);
  const app = useApp({ directories: [mirrored] });

  it('reports a mirror before and after its first sync', async () => {
    const before = await app.callAdmin('GET', '/mirrors', { token });
    expect(before.json).toEqual({ mirrors: [{ source: 'staff', bases: {} }] });
    const sync = await app.callAdmin('POST', '/sync/staff', { token });
    expect([sync.status, sync.json.isApplied, sync.json.added.count]).toEqual([200, true, 10]);
    const after = await app.callAdmin('GET', '/mirrors', { token });
    const at = app.clock.now();
    expect(after.json).toEqual({
      mirrors: [{ source: 'staff', syncedAt: at, isFirst: true, attemptedAt: at, bases: { 'ou=people': 10 } }],
    });
  });

  it('reports the progress of a sync on request', async () => {
    expect((await app.callAdmin('GET', '/sync/staff', { token })).json).toEqual({ listed: 0 });
    await app.callAdmin('POST', '/sync/staff', { token });
    expect((await app.callAdmin('GET', '/sync/staff', { token })).json).toEqual({ listed: 10 });
  });

  it.for(['?dryRun', '?dryRun=true', '?dryRun=true&force=true'])('applies no changes with %s', async (query) => {
    const { json } = await app.callAdmin('POST', `/sync/staff${query}`, { token });
    expect(json).toMatchObject({ isApplied: false, added: { count: 10 } });
    expect((await app.services.mirrorService.state('staff')).syncedAt).toBeUndefined();
  });

  it('reports that a sync was not done because the server is shutting down', async () => {
    state.failure = new ShutdownError();
    const { status, json } = await app.callAdmin('POST', '/sync/staff', { token });
    state.failure = undefined;
    expect([status, json]).toEqual([
      503,
      { errcode: 'M_UNKNOWN', error: 'The server is shutting down, please try again' },
    ]);
    expect(app.telemetry.all('request failed')).toEqual([]);
  });

  it('gives the reason of an unexpected failure of a sync', async () => {
    vi.spyOn(app.stores.mirrors, 'apply').mockRejectedValueOnce(new Error('database or disk is full'));
    const { status, json } = await app.callAdmin('POST', '/sync/staff', { token });
    expect([status, json.error]).toEqual([500, 'Internal error, see the log of Islet: database or disk is full']);
  });

  it('applies a rejected sync only with force', async () => {
    await app.callAdmin('POST', '/sync/staff', { token });
    state.people = 1;
    const guarded = await app.callAdmin('POST', '/sync/staff?force=false', { token });
    expect(guarded.json).toMatchObject({ isApplied: false, refusal: expect.any(String) });
    const forced = await app.callAdmin('POST', '/sync/staff?force', { token });
    expect(forced.json).toMatchObject({ isApplied: true, removed: { count: 9 } });
    state.people = 10;
  });

  it('delivers waiting invitations to people who are new after a sync', async () => {
    const body = { medium: 'email', address: 'p3@example.org', room_id: '!room:example.org', sender: alice };
    await app.call('POST', '/v2/store-invite', { token: await app.signIn(alice), body });
    app.directory.add(email('p3@example.org'), '@p3:example.org');
    await app.callAdmin('POST', '/sync/staff', { token });
    expect(await app.stores.invites.waitingThreepids()).toEqual([]);
  });

  it.for([
    ['an unknown source', 'POST', '/sync/nobody', 404, 'M_NOT_FOUND'],
    ['an invalid flag', 'POST', '/sync/staff?force=maybe', 400, 'M_INVALID_PARAM'],
  ] as const)('refuses %s', async ([_case, method, path, status, errcode]) => {
    const answer = await app.callAdmin(method, path, { token });
    expect([answer.status, answer.json.errcode]).toEqual([status, errcode]);
  });

  it('reports a directory that cannot be read', async () => {
    state.failure = new Error('LDAP search failed');
    const { status, json } = await app.callAdmin('POST', '/sync/staff', { token });
    state.failure = undefined;
    expect([status, json.isApplied, json.refusal]).toEqual([200, false, 'LDAP search failed']);
  });
});

describe('the admin listener', () => {
  const app = useApp();

  it.for(['/health/ready', '/metrics', '/health/live', '/mirrors'])(
    'refuses %s for a foreign host name (DNS rebinding)',
    async (path) => {
      const req = request({ port: app.adminPort, path, headers: { host: 'attacker.example' } });
      req.end();
      const [answer] = (await once(req, 'response')) as [IncomingMessage];
      expect(answer.statusCode).toBe(403);
      answer.resume();
    },
  );
});
