import type { RequestListener } from 'node:http';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, it } from 'vitest';
import { DomainError } from '../../src/domain/shared/errors.js';
import type { Homeservers } from '../../src/ports/homeservers.js';

export interface OpenHomeservers {
  readonly homeservers: Homeservers;
  /** The name of the homeserver with the behaviour of the test. */
  readonly name: string;
  close(): Promise<void>;
}

/**
 * What every Homeservers promises. `open` starts a homeserver with `behaviour`, and a time limit of at most a second.
 */
export function homeserversContract(open: (behaviour: RequestListener) => Promise<OpenHomeservers>) {
  describe('Homeservers contract', () => {
    let opened: OpenHomeservers | undefined;
    const homeserverThat = async (behaviour: RequestListener) => {
      opened = await open(behaviour);
      return opened;
    };

    afterEach(async () => {
      await opened?.close();
      opened = undefined;
    });

    const json =
      (status: number, body: unknown): RequestListener =>
      (_request, response) =>
        response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
    const html =
      (status: number): RequestListener =>
      (_request, response) =>
        response.writeHead(status, { 'Content-Type': 'text/html' }).end('<!DOCTYPE html><title>Welcome</title>');

    describe('the user of an OpenID token', () => {
      it('is the user that the homeserver returns (AUTH-2)', async () => {
        const { homeservers, name } = await homeserverThat(json(200, { sub: '@anna:example.org' }));
        expect(await homeservers.whoHasOpenIdToken(name, 'token')).toBe('@anna:example.org');
      });

      it('is returned even if the user belongs to another homeserver', async () => {
        const { homeservers, name } = await homeserverThat(json(200, { sub: '@anna:other.org' }));
        expect(await homeservers.whoHasOpenIdToken(name, 'token')).toBe('@anna:other.org');
      });

      it('is requested with the token unchanged, whatever characters it has', async () => {
        const { homeservers, name } = await homeserverThat((request, response) => {
          const { pathname, searchParams } = new URL(request.url ?? '', 'http://localhost');
          response.end(JSON.stringify({ sub: `${request.method} ${pathname} ${searchParams.get('access_token')}` }));
        });
        expect(await homeservers.whoHasOpenIdToken(name, 'a&b=c#d+e/%20ä')).toBe(
          'GET /_matrix/federation/v1/openid/userinfo a&b=c#d+e/%20ä',
        );
      });

      it.each(['M_UNKNOWN_TOKEN', 'M_UNAUTHORIZED'])(
        'is undefined for a token that the homeserver does not know (%s)',
        async (errcode) => {
          const { homeservers, name } = await homeserverThat(json(401, { errcode, error: 'Access token unknown' }));
          expect(await homeservers.whoHasOpenIdToken(name, 'token')).toBeUndefined();
        },
      );

      it.each<[string, RequestListener, RegExp]>([
        ['an HTML page of a proxy', html(200), /^The homeserver \S+ answered with HTML instead of JSON$/],
        ['an HTML page with status 401', html(401), /answered with HTML instead of JSON, with status 401$/],
        ['an HTML error page', html(502), /answered with HTML instead of JSON, with status 502$/],
        ['an HTML page without a content type', (_request, response) => response.end('<html>'), /answered with HTML/],
        ['other text', (_request, response) => response.end('hello'), /did not answer with JSON$/],
        ['a list', json(200, ['@anna:example.org']), /did not answer with JSON$/],
        ['an object without a user', json(200, {}), /did not return the user in its answer$/],
        ['a number as the user', json(200, { sub: 7 }), /did not return the user in its answer$/],
        [
          '404',
          json(404, { errcode: 'M_UNRECOGNIZED' }),
          /does not answer \/_matrix\/federation\/v1\/openid\/userinfo: its proxy must forward/,
        ],
        [
          'an HTML page with status 404',
          html(404),
          /does not answer \/_matrix\/federation\/v1\/openid\/userinfo: its proxy must forward/,
        ],
        ['too many requests', json(429, { errcode: 'M_LIMIT_EXCEEDED' }), /answered with status 429 M_LIMIT_EXCEEDED$/],
        ['an error code of its own', json(500, { errcode: '<script>' }), /answered with status 500$/],
        [
          'a redirect',
          (_request, response) => response.writeHead(302, { Location: 'https://other.org/' }).end(),
          /answered with a redirect/,
        ],
        ['more than 5 KiB', json(200, { sub: 'a'.repeat(5_200) }), /sent an answer that is too large$/],
        ['nothing', () => {}, /did not answer within 1 s$/],
        [
          'a closed connection',
          (request) => request.socket.destroy(),
          /did not answer: the connection was interrupted$/,
        ],
      ])('is refused with a message for the client if the answer is %s', async (_case, behaviour, sentence) => {
        const { homeservers, name } = await homeserverThat(behaviour);

        const refusal = await homeservers.whoHasOpenIdToken(name, 's3cret').catch((error: unknown) => error);

        expect(refusal).toBeInstanceOf(DomainError);
        expect(refusal).toMatchObject({ code: 'homeserver_failed', message: expect.stringMatching(sentence) });
        expect(chainOf(refusal)).not.toContain('s3cret');
      });

      it('is refused for an invalid server name', async () => {
        const { homeservers } = await homeserverThat(json(200, { sub: '@anna:example.org' }));
        for (const name of ['', 'a/b', 'x?y', 'x@y', 'example.org:0', 'example.org:08448', 'exa mple.org', '[::1']) {
          await expect(homeservers.whoHasOpenIdToken(name, 'token')).rejects.toMatchObject({
            code: 'homeserver_invalid',
          });
        }
      });
    });

    describe('the notification of a binding', () => {
      const news = { medium: 'email', address: 'anna@example.org', mxid: '@anna:example.org', invites: [] };

      it('is sent with POST and without credentials (ONB-2)', async () => {
        const asked: unknown[] = [];
        const { homeservers, name } = await homeserverThat((request, response) => {
          void text(request).then((body) => {
            const { authorization, 'content-type': type } = request.headers;
            asked.push([request.method, request.url, authorization, type, JSON.parse(body)]);
            response.end('{}');
          });
        });

        expect(await homeservers.onBind(name, news, 0)).toEqual({ kind: 'delivered' });
        const path = '/_matrix/federation/v1/3pid/onbind';
        expect(asked).toEqual([['POST', path, undefined, 'application/json', news]]);
      });

      it.each([404, 405])('is sent with PUT if the answer to POST is %i (ONB-2)', async (status) => {
        const { homeservers, name } = await homeserverThat((request, response) =>
          json(request.method === 'PUT' ? 200 : status, {})(request, response),
        );
        expect(await homeservers.onBind(name, news, 0)).toEqual({ kind: 'delivered' });
      });

      it.each([200, 201, 204])('is delivered if the status is %i', async (status) => {
        const { homeservers, name } = await homeserverThat((_request, response) => response.writeHead(status).end());
        expect(await homeservers.onBind(name, news, 0)).toEqual({ kind: 'delivered' });
      });

      it.each([400, 404, 405, 410, 413])(
        'is not repeated after status %i with a Matrix error (ONB-5)',
        async (status) => {
          const { homeservers, name } = await homeserverThat(json(status, { errcode: 'M_UNKNOWN' }));
          expect(await homeservers.onBind(name, news, 0)).toMatchObject({
            kind: 'refused',
            reason: expect.stringContaining(`-> ${status} M_UNKNOWN`),
          });
        },
      );

      it.each([401, 403, 500])(
        'may be repeated later at a homeserver that answers %i with a Matrix error (ONB-5)',
        async (status) => {
          const { homeservers, name } = await homeserverThat(json(status, { errcode: 'M_FORBIDDEN' }));
          expect(await homeservers.onBind(name, news, 0)).toMatchObject({
            kind: 'not_yet',
            isForbidden: status === 403,
          });
        },
      );

      it.each([400, 401, 403, 404, 405, 410, 413, 500])(
        'may be repeated after status %i without a Matrix error (ONB-5)',
        async (status) => {
          const { homeservers, name } = await homeserverThat((_request, response) =>
            response.writeHead(status, { 'content-type': 'text/html' }).end('<html>We are away</html>'),
          );
          await expect(homeservers.onBind(name, news, 0)).rejects.toThrow(`-> ${status}, without a Matrix error`);
        },
      );

      it.each([302, 429, 502, 503, 504])('may be repeated after status %i in any case (ONB-5)', async (status) => {
        const { homeservers, name } = await homeserverThat(json(status, { errcode: 'M_UNKNOWN' }));
        await expect(homeservers.onBind(name, news, 0)).rejects.toThrow(`-> ${status}`);
      });

      it.each<[string, RequestListener]>([
        ['does not answer', () => {}],
        ['closes the connection', (request) => request.socket.destroy()],
      ])('may be repeated at a homeserver that %s', async (_case, behaviour) => {
        const { homeservers, name } = await homeserverThat(behaviour);
        await expect(homeservers.onBind(name, news, 0)).rejects.toThrow(/no answer within|closed before/);
      });

      it('is not sent to an invalid server name', async () => {
        const { homeservers } = await homeserverThat(json(200, {}));
        expect(await homeservers.onBind('a/b', news, 0)).toMatchObject({ kind: 'refused' });
      });
    });
  });
}

/** All messages of an error and its causes, as in the log. */
function chainOf(error: unknown): string {
  return error instanceof Error ? `${error.message}\n${chainOf(error.cause)}` : '';
}
