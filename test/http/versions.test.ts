import { describe, expect, it } from 'vitest';
import { useApp } from '../support/http.js';

describe('versions and status check', () => {
  const app = useApp();

  it('announces the configured versions to anybody (VER-1)', async () => {
    const { status, json } = await app.call('GET', '/versions');
    expect(status).toBe(200);
    expect(json).toEqual({ versions: ['v1.1', 'v1.19'] });
  });

  it.for(['/v2', '/v2/', '/api/v1', '/api/v1/'])(
    'answers the status check %s with an empty JSON object (VER-3, G-3, G-18)',
    async (path) => {
      const { status, json, headers } = await app.call('GET', path);
      expect(status).toBe(200);
      expect(json).toEqual({});
      expect(headers.get('content-type')).toMatch(/^application\/json/);
    },
  );

  it('answers the v1 status check to the whole Internet: it tells nothing (V1-2)', async () => {
    const { status } = await app.call('GET', '/api/v1', { headers: { 'x-forwarded-for': '203.0.113.7' } });
    expect(status).toBe(200);
  });
});
