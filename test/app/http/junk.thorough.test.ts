import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TestApp } from '../../support/test-app.js';
import { endpoints, prepare, rightFor } from '../../support/endpoints.js';
import { alice } from '../../support/fakes.js';
import { useApp } from '../../support/http.js';
import { type AnyRequest, requestsTo } from '../../support/requests.js';

const secrets = /quentin|447700900999/i;

async function send(app: TestApp, request: AnyRequest, token: string | undefined) {
  const { method, path, query, headers, body } = request;
  return app.call(method, query === '' ? path : `${path}?${query}`, {
    token,
    headers,
    ...(method !== 'GET' && body !== undefined && { body }),
  });
}

/** The valid request. */
const plain = (method: string, path: string, right: Record<string, unknown>): AnyRequest => ({
  method,
  path,
  query: method === 'GET' ? new URLSearchParams(right as Record<string, string>).toString() : '',
  headers: {},
  body: JSON.stringify(right),
});

describe('random and invalid requests', () => {
  const app = useApp();

  it('receive Matrix errors, without internal errors and without data of other users (G-8, G-13, G-17)', async () => {
    const all = await prepare(app);
    const right = endpoints.map(([method, path, names]) => [method, path, rightFor(names, all)] as const);
    for (const valid of right) {
      const { status, text } = await send(app, plain(...valid), await app.signIn(alice));
      expect(status, `${valid[0]} ${valid[1]}: ${text}`).toBeLessThan(400);
    }

    const property = fc.asyncProperty(
      fc.oneof(...right.map((valid) => requestsTo(...valid))),
      fc.constantFrom('alice', 'alice', 'alice', undefined, 'unknown'),
      async (request, tokenKind) => {
        const token = tokenKind === 'alice' ? await app.signIn(alice) : tokenKind;
        const faults = () => app.telemetry.all('request failed').length;
        const before = faults();
        const { status, text, headers } = await send(app, request, token);
        expect(status).toBeLessThan(500);
        expect(text).not.toMatch(secrets);
        const isByNetwork = request.path.startsWith('/api/v1') && headers.get('access-control-allow-origin') === null;
        expect(isByNetwork || headers.get('access-control-allow-origin') === '*').toBe(true);
        expect(faults()).toBe(before);
      },
    );
    await fc.assert(property, { numRuns: 1500, seed: 20_260_101, interruptAfterTimeLimit: 20_000 });
  });
});
