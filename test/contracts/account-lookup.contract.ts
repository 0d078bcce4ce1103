import type { RequestListener } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import type { AccountLookup } from '../../src/ports/account-lookup.js';

export interface OpenAccounts {
  readonly accounts: AccountLookup;
  close(): Promise<void>;
}

/**
 * What every AccountLookup promises. `open` starts a homeserver example.org with `behaviour`, and a time limit of at
 * most a second.
 */
export function accountLookupContract(open: (behaviour: RequestListener) => Promise<OpenAccounts>) {
  describe('AccountLookup contract', () => {
    let opened: OpenAccounts | undefined;
    afterEach(async () => {
      await opened?.close();
      opened = undefined;
    });

    const has = async (behaviour: RequestListener) => {
      opened = await open(behaviour);
      return opened.accounts.has('@anna/b=c:example.org');
    };
    const json =
      (status: number, body: unknown): RequestListener =>
      (_request, response) =>
        response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
    const html =
      (status: number): RequestListener =>
      (_request, response) =>
        response.writeHead(status, { 'Content-Type': 'text/html' }).end('<!DOCTYPE html><title>Welcome</title>');

    it('asks by the complete user ID, and answers that the account exists', async () => {
      let path: string | undefined;
      const answer = await has((request, response) => {
        path = request.url;
        json(200, { displayname: 'Anna' })(request, response);
      });
      expect(answer).toBe(true);
      expect(path).toMatch(/\/%40anna%2Fb%3Dc%3Aexample\.org$/);
    });

    it('answers that an account does not exist', async () => {
      expect(await has(json(404, { errcode: 'M_NOT_FOUND', error: 'User not found' }))).toBe(false);
    });

    it.each<[string, RequestListener, RegExp]>([
      ['404 for the endpoint', json(404, { errcode: 'M_UNRECOGNIZED' }), /404 M_UNRECOGNIZED: its proxy must forward/],
      ['an HTML page with 404', html(404), /404, not JSON: its proxy must forward/],
      ['an HTML page', html(200), /200, not JSON/],
      ['a list', json(200, ['anna']), /200, not JSON/],
      [
        'a request to sign in',
        json(401, { errcode: 'M_MISSING_TOKEN' }),
        /401 M_MISSING_TOKEN: .*homeservers\.example\.org/,
      ],
      ['a refusal', json(403, { errcode: 'M_FORBIDDEN' }), /403 M_FORBIDDEN: .*homeservers\.example\.org/],
      ['too many requests', json(429, { errcode: 'M_LIMIT_EXCEEDED' }), /429 M_LIMIT_EXCEEDED$/],
      ['an error code of its own', json(500, { errcode: '<script>' }), /500$/],
      ['a redirect', (_request, response) => response.writeHead(302, { Location: '/' }).end(), /302/],
      ['nothing', () => {}, /no answer within 1 s/],
      ['more than 256 KiB', json(200, { displayname: 'a'.repeat(300_000) }), /larger than/],
    ])('rejects if the answer is %s', async (_case, behaviour, reason) => {
      const error = await has(behaviour).catch((cause: unknown) => cause);
      expect(error).toBeInstanceOf(Error);
      expect(String(error)).toMatch(reason);
      expect(String(error)).not.toContain('anna');
    });
  });
}
