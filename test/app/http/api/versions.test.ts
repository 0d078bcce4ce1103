import { describe, expect, it } from 'vitest';
import { SPEC_VERSIONS } from '../../../../src/app/wiring/domain-options.js';
import { alice } from '../../../support/fakes.js';
import { useApp } from '../../../support/http.js';

describe('the API for versions and status', () => {
  const app = useApp();

  it('returns the configured versions to everyone (VER-1)', async () => {
    const { status, json } = await app.call('GET', '/versions');
    expect(status).toBe(200);
    expect(json).toEqual({ versions: ['v1.1', 'v1.19'] });
  });

  it('contains only what is implemented: tokens in the URL up to v1.19, and version 1 for r0 (VER-2)', async () => {
    const v1 = Array.from({ length: 19 }, (_, at) => `v1.${at + 1}`);
    expect(SPEC_VERSIONS).toEqual(['r0.1.0', 'r0.2.0', 'r0.2.1', 'r0.3.0', ...v1]);
    const byUrl = await app.call('GET', `/v2/account?access_token=${await app.signIn(alice)}`);
    expect(byUrl.json).toEqual({ user_id: alice });
    expect((await app.call('GET', '/api/v1/lookup?medium=email&address=zoe@example.com')).json).toEqual({});
  });

  it.for(['/v2', '/v2/', '/api/v1', '/api/v1/'])(
    'returns an empty JSON object at %s (VER-3, G-3, G-18)',
    async (path) => {
      const { status, json, headers } = await app.call('GET', path);
      expect(status).toBe(200);
      expect(json).toEqual({});
      expect(headers.get('content-type')).toMatch(/^application\/json/);
    },
  );

  it('includes the v1 status check for everyone, without information (V1-2)', async () => {
    const { status } = await app.call('GET', '/api/v1', { headers: { 'x-forwarded-for': '203.0.113.7' } });
    expect(status).toBe(200);
  });
});
