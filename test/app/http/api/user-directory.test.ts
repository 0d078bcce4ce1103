import { afterEach, describe, expect, it } from 'vitest';
import type { Mxid } from '../../../../src/domain/identifiers/mxid.js';
import { type Settings, startApp, type TestApp } from '../../../support/test-app.js';

const PATH = '/_matrix/client/v3/user_directory/search';
const asker: Mxid = '@asker:example.org';
const anna = { mxid: '@anna:example.org', name: 'Anna Müller', keywords: ['anna'], source: 'staff' } as const;
const known = { user_id: '@known:example.org', display_name: 'Known Müller', avatar_url: 'mxc://example.org/k' };
const found = (...results: readonly object[]) => ({ limited: false, results });
const shown = { user_id: anna.mxid, display_name: anna.name };

describe('a search for people', () => {
  let app: TestApp | undefined;
  afterEach(async () => app?.close());

  async function start(settings: Settings = { search: {} }): Promise<TestApp> {
    app = await startApp(settings);
    app.names.apply([], [anna]);
    app.userDirectory.users.set('good', asker);
    app.userDirectory.answer = { status: 200, body: JSON.stringify(found(known)) };
    return app;
  }
  const search = (body: unknown = { search_term: 'mülle' }, more: object = {}, path = PATH) =>
    app!.callClient('POST', path, { token: 'good', body, ...more });

  it('does not exist unless it is configured', async () => {
    await start({});
    expect(await search()).toMatchObject({ status: 404, json: { errcode: 'M_UNRECOGNIZED' } });
    expect(app?.userDirectory.whoamis).toBe(0);
  });

  it.each([PATH, PATH.replace('v3', 'r0'), `/${PATH}`, PATH.replace('client/', 'client//'), `${PATH}/`])(
    'returns at %s the people of the homeserver and of Islet',
    async (path) => {
      await start();
      expect(await search(undefined, {}, path)).toMatchObject({ status: 200, json: found(known, shown) });
    },
  );

  it('sends the request of the client to the homeserver', async () => {
    await start();
    const headers = { 'X-Forwarded-For': '203.0.113.9', 'User-Agent': 'Element', 'Accept-Language': 'de' };
    await search({ search_term: 'mülle', limit: 3 }, { headers });
    expect(app?.userDirectory.questions).toEqual([
      {
        accessToken: 'good',
        searchTerm: 'mülle',
        limit: 3,
        clientAddress: '203.0.113.9',
        userAgent: 'Element',
        acceptLanguage: 'de',
      },
    ]);
  });

  it('shows people with the name and avatar of their profile, or with the name in the directory if there is none', async () => {
    await start();
    app!.names.apply(
      [],
      [
        { ...anna, mxid: '@anna2:example.org', name: 'Anna Müllerin' },
        { ...anna, mxid: '@anna3:example.net', name: 'Anna Müllermann' },
        { ...anna, mxid: known.user_id as Mxid, name: 'Known of the directory' },
      ],
    );
    app!.userDirectory.profiles.set(anna.mxid, { name: 'Anni', avatarUrl: 'mxc://example.org/a' });
    const expected = found(
      known,
      { user_id: anna.mxid, display_name: 'Anni', avatar_url: 'mxc://example.org/a' },
      { user_id: '@anna2:example.org', display_name: 'Anna Müllerin' },
      { user_id: '@anna3:example.net', display_name: 'Anna Müllermann' },
    );
    expect((await search()).json).toEqual(expected);
    expect((await search()).json).toEqual(expected);
    expect(app?.userDirectory.asked).toEqual([anna.mxid, '@anna2:example.org']);
  });

  it('shows people with the name in the directory if profiles cannot be read or are not configured', async () => {
    await start();
    app!.userDirectory.profileFailure = new Error('no answer');
    expect((await search()).json).toEqual(found(known, shown));
    await app!.close();
    await start({ search: { profiles: false } });
    app!.userDirectory.profiles.set(anna.mxid, { name: 'Anni' });
    expect((await search()).json).toEqual(found(known, shown));
    expect(app?.userDirectory.asked).toEqual([]);
  });

  it('can be read by web clients', async () => {
    await start();
    const answer = await search();
    expect(answer.headers.get('access-control-allow-origin')).toBe('*');
    const preflight = await app!.callClient('OPTIONS', PATH);
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get('access-control-allow-headers')).toContain('Authorization');
  });

  it.each<[string, number, string, object]>([
    ['no token', 401, 'M_MISSING_TOKEN', { token: undefined }],
    ['no term', 400, 'M_MISSING_PARAMS', { body: {} }],
    ['an invalid term', 400, 'M_INVALID_PARAM', { body: { search_term: 7 } }],
    ['an invalid limit', 400, 'M_INVALID_PARAM', { body: { search_term: 'a', limit: -1 } }],
    ['text that is not JSON', 400, 'M_NOT_JSON', { body: 'anna' }],
    ['a long body', 413, 'M_TOO_LARGE', { body: { search_term: 'x'.repeat(20_000) } }],
    ['a request that went in a circle', 508, 'M_UNKNOWN', { headers: { 'X-Islet-Search': '1' } }],
  ])('refuses %s', async (_what, status, errcode, call) => {
    await start();
    expect(await search(undefined, call)).toMatchObject({ status, json: { errcode } });
    expect(app?.userDirectory.questions).toEqual([]);
  });

  it('accepts only POST', async () => {
    await start();
    expect(await app!.callClient('GET', PATH)).toMatchObject({ status: 405, json: { errcode: 'M_UNRECOGNIZED' } });
  });

  it('forwards the refusal of a token, and looks the user up again', async () => {
    await start();
    await search();
    const body = '{"errcode":"M_UNKNOWN_TOKEN","error":"Logged out","soft_logout":true}';
    app!.userDirectory.answer = { status: 401, body };
    expect(await search()).toMatchObject({ status: 401, text: body });
    app!.userDirectory.users.clear();
    app!.userDirectory.answer = { status: 502, body: 'Bad Gateway' };
    expect(await search()).toMatchObject({ status: 401, json: { errcode: 'M_UNKNOWN_TOKEN' } });
  });

  it('forwards the rate limit of the homeserver', async () => {
    await start();
    app!.userDirectory.answer = { status: 429, body: '{"errcode":"M_LIMIT_EXCEEDED"}', retryAfter: '7' };
    const answer = await search();
    expect(answer).toMatchObject({ status: 429, json: { errcode: 'M_LIMIT_EXCEEDED' } });
    expect(answer.headers.get('retry-after')).toBe('7');
  });

  it.each<[string, (testApp: TestApp) => void]>([
    ['cannot be reached', (testApp) => (testApp.userDirectory.failure = new Error('refused'))],
    ['fails', (testApp) => (testApp.userDirectory.answer = { status: 500, body: '{"errcode":"M_UNKNOWN"}' })],
    [
      'does not support the search',
      (testApp) => (testApp.userDirectory.answer = { status: 404, body: '{"errcode":"M_UNRECOGNIZED"}' }),
    ],
    ['returns something else', (testApp) => (testApp.userDirectory.answer = { status: 200, body: '<html>' })],
    ['does not answer', (testApp) => (testApp.userDirectory.failure = 'silence')],
  ])('returns only the people of Islet if the homeserver %s', async (_how, disrupt) => {
    await start({ search: { timeLimitMs: 100 } });
    disrupt(app!);
    expect(await search()).toMatchObject({ status: 200, json: found(shown) });
    expect(app!.telemetry.events).toContainEqual({ level: 'warn', event: 'search_homeserver_failed' });
  });

  it.each<[string, (testApp: TestApp) => void]>([
    [
      'the homeserver does not say whose the token is',
      (testApp) => (testApp.userDirectory.whoamiFailure = new Error('refused')),
    ],
    ['that takes too long', (testApp) => (testApp.userDirectory.whoamiFailure = 'silence')],
    ['the token belongs to a guest', (testApp) => testApp.userDirectory.users.clear()],
    ['the user is of another homeserver', (testApp) => testApp.userDirectory.users.set('good', '@asker:example.net')],
  ])('returns only the people of the homeserver if %s', async (_how, disrupt) => {
    await start({ search: { timeLimitMs: 100 } });
    disrupt(app!);
    expect(await search()).toMatchObject({ status: 200, json: found(known) });
  });

  it('fails if both parts fail', async () => {
    await start();
    app!.userDirectory.failure = new Error('refused');
    app!.userDirectory.whoamiFailure = new Error('refused');
    expect(await search()).toMatchObject({ status: 502, json: { errcode: 'M_UNKNOWN' } });
  });

  it('logs neither the token nor the search term', async () => {
    await start();
    app!.userDirectory.failure = new Error('refused');
    await search();
    await search({ search_term: 'anna' });
    expect(JSON.stringify(app!.telemetry.lines)).not.toMatch(/good|mülle|"anna"/);
  });
});
