import { describe, expect, it } from 'vitest';
import { alice } from '../support/fakes.js';
import { useApp } from '../support/http.js';

describe('terms, of which there are none', () => {
  const app = useApp();

  it('says so to anybody (TERMS-1)', async () => {
    const { status, json } = await app.call('GET', '/v2/terms');
    expect([status, json]).toEqual([200, { policies: {} }]);
  });

  it.for([[[]], [['https://id.example.org/terms/privacy/1/en']]])(
    'takes %j as accepted: clients may know URLs that we do not (TERMS-4, TERMS-6)',
    async ([user_accepts]) => {
      const { status, json } = await app.call('POST', '/v2/terms', {
        token: await app.signIn(alice),
        body: { user_accepts },
      });
      expect([status, json]).toEqual([200, {}]);
    },
  );

  it.for([
    [{}, 'M_MISSING_PARAMS'],
    [{ user_accepts: 'https://id.example.org' }, 'M_INVALID_PARAM'],
    [{ user_accepts: [1] }, 'M_INVALID_PARAM'],
  ] as const)('refuses %j with %s', async ([body, errcode]) => {
    const { status, json } = await app.call('POST', '/v2/terms', { token: await app.signIn(alice), body });
    expect([status, json.errcode]).toEqual([400, errcode]);
  });
});
