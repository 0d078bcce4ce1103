import type { IncomingHttpHeaders, RequestListener } from 'node:http';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, it } from 'vitest';
import type { UserDirectory } from '../../src/ports/user-directory.js';

export interface OpenUserDirectory {
  readonly directory: UserDirectory;
  close(): Promise<void>;
}

/**
 * What every UserDirectory promises. `open` starts a homeserver with `behaviour`, and a time limit of at most a second.
 */
export function userDirectoryContract(open: (behaviour: RequestListener) => Promise<OpenUserDirectory>) {
  describe('UserDirectory contract', () => {
    let opened: OpenUserDirectory | undefined;
    afterEach(async () => {
      await opened?.close();
      opened = undefined;
    });

    const at = async (behaviour: RequestListener) => (opened = await open(behaviour)).directory;
    const json =
      (status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): RequestListener =>
      (_request, response) =>
        response.writeHead(status, { 'Content-Type': 'application/json', ...headers }).end(JSON.stringify(body));
    const question = { accessToken: 's3cret', searchTerm: 'ännä', limit: 7, clientAddress: '192.0.2.7' };

    it('returns the user of a token', async () => {
      let asked: { url?: string | undefined; headers: IncomingHttpHeaders } | undefined;
      const directory = await at((request, response) => {
        asked = { url: request.url, headers: request.headers };
        json(200, { user_id: '@anna:example.org' })(request, response);
      });
      expect(await directory.whoami(question)).toBe('@anna:example.org');
      expect(asked?.url).toBe('/_matrix/client/v3/account/whoami');
      expect(asked?.headers.authorization).toBe('Bearer s3cret');
      expect(asked?.headers['x-forwarded-for']).toBe('192.0.2.7');
    });

    it('returns the profile of a user as the caller sees it', async () => {
      let asked: { url?: string | undefined; headers: IncomingHttpHeaders } | undefined;
      const directory = await at((request, response) => {
        asked = { url: request.url, headers: request.headers };
        json(200, { displayname: ' Anna ', avatar_url: 'mxc://example.org/a' })(request, response);
      });
      expect(await directory.profile(question, '@anna/1:example.org')).toEqual({
        name: 'Anna',
        avatarUrl: 'mxc://example.org/a',
      });
      expect(asked?.url).toBe('/_matrix/client/v3/profile/%40anna%2F1%3Aexample.org');
      expect(asked?.headers.authorization).toBe('Bearer s3cret');
    });

    it.each<[string, object, object]>([
      ['no fields', {}, {}],
      ['null and blanks', { displayname: ' ', avatar_url: null }, {}],
      ['other types', { displayname: 7, avatar_url: { url: 'mxc://a/b' } }, {}],
      ['very long texts', { displayname: 'x'.repeat(10_000), avatar_url: `mxc://${'x'.repeat(10_000)}` }, {}],
      ['another URL', { displayname: 'Anna', avatar_url: 'https://example.org/a.png' }, { name: 'Anna' }],
    ])('reads from a profile with %s only valid fields', async (_what, body, profile) => {
      expect(await (await at(json(200, body))).profile(question, '@anna:example.org')).toEqual(profile);
    });

    it('returns no profile if the homeserver has none or does not show it', async () => {
      for (const status of [403, 404]) {
        expect(await (await at(json(status, {}))).profile(question, '@anna:example.org')).toBeUndefined();
        await opened?.close();
      }
    });

    it.each<[string, RequestListener]>([
      ['fails', json(500, {})],
      ['is not a homeserver', (_request, response) => response.end('<html>')],
      ['does not answer', () => undefined],
      ['redirects', json(302, {}, { location: 'http://127.0.0.1:1/' })],
      ['sends too much', json(200, { displayname: 'x'.repeat(100_000) })],
    ])('rejects if the homeserver %s', async (_how, behaviour) => {
      await expect((await at(behaviour)).profile(question, '@anna:example.org')).rejects.toThrow(/^(?!.*s3cret)/);
    });

    it.each([
      ['that is unknown', json(401, { errcode: 'M_UNKNOWN_TOKEN' })],
      ['of a locked account', json(403, { errcode: 'M_FORBIDDEN' })],
      ['of a guest', json(200, { user_id: '@1:example.org', is_guest: true })],
    ])('returns no user for a token %s', async (_which, behaviour) => {
      expect(await (await at(behaviour)).whoami(question)).toBeUndefined();
    });

    it.each<[string, RequestListener]>([
      ['fails', json(500, {})],
      ['names no user', json(200, { user_id: 'anna' })],
      ['is not a homeserver', (_request, response) => response.end('<html>')],
      ['does not answer', () => undefined],
    ])('rejects a token check if the homeserver %s', async (_how, behaviour) => {
      await expect((await at(behaviour)).whoami(question)).rejects.toThrow(/^(?!.*s3cret)/);
    });

    it('sends the request of the client, and returns the complete answer', async () => {
      let asked: { url?: string | undefined; headers: IncomingHttpHeaders; body: string } | undefined;
      const directory = await at((request, response) => {
        void text(request).then((body) => {
          asked = { url: request.url, headers: request.headers, body };
          json(429, { errcode: 'M_LIMIT_EXCEEDED' }, { 'Retry-After': '3' })(request, response);
        });
      });
      expect(await directory.search({ ...question, userAgent: 'Element/1.0', acceptLanguage: 'de' })).toEqual({
        status: 429,
        body: '{"errcode":"M_LIMIT_EXCEEDED"}',
        retryAfter: '3',
      });
      expect(asked?.url).toBe('/_matrix/client/v3/user_directory/search');
      expect(JSON.parse(asked?.body ?? '')).toEqual({ search_term: 'ännä', limit: 7 });
      expect(asked?.headers).toMatchObject({
        authorization: 'Bearer s3cret',
        'user-agent': 'Element/1.0',
        'accept-language': 'de',
        'x-forwarded-for': '192.0.2.7',
      });
    });

    it.each<[string, RequestListener]>([
      ['does not begin', () => undefined],
      ['never ends', (_request, response) => response.write('{')],
      ['is too long', (_request, response) => response.end(`{"results":["${'x'.repeat(2 ** 21)}"]}`)],
    ])('rejects if an answer %s', async (_how, behaviour) => {
      await expect((await at(behaviour)).search(question)).rejects.toThrow(/^(?!.*s3cret)/);
    });
  });
}
