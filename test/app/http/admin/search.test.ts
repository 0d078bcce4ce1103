import { afterEach, describe, expect, it } from 'vitest';
import { ADMIN_TOKEN, startApp, type TestApp } from '../../../support/test-app.js';

const path = (query: string, user = '@bert:example.org') =>
  `/search?${new URLSearchParams({ query, user }).toString()}`;

describe('GET /search', () => {
  let app: TestApp | undefined;
  afterEach(async () => app?.close());
  const ask = (where: string, token: string | undefined = ADMIN_TOKEN) => app!.callAdmin('GET', where, { token });

  it('says which people a user finds and why, without asking the homeserver', async () => {
    app = await startApp({ search: {} });
    app.names.apply([], [{ mxid: '@anna:example.org', name: 'Anna Müller', keywords: [], source: 'staff' }]);
    const matches = [{ word: 'muller', isName: true, isWhole: false }];
    const anna = { mxid: '@anna:example.org', name: 'Anna Müller', source: 'staff', score: 4, matches };
    expect((await ask(path('mülle'))).json).toEqual({ people: [anna], isLimited: false });
    expect((await ask(path('mü'))).json).toEqual({ people: [], isLimited: false, refusal: 'too_short' });
    expect((await ask(path('mülle', '@bert:example.net'))).json.refusal).toBe('foreign_homeserver');
    expect(app.userDirectory.questions).toEqual([]);
  });

  it('requires the admin token, a user, and a configured search', async () => {
    app = await startApp({ search: {} });
    expect((await ask(path('mülle'), 'wrong')).status).toBe(401);
    expect((await ask(path('mülle', 'bert'))).status).toBe(400);
    await app.close();
    app = await startApp();
    expect(await ask(path('mülle'))).toMatchObject({
      status: 404,
      json: { error: expect.stringContaining('search.homeserver') },
    });
  });
});
