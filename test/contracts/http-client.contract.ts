import type { RequestListener } from 'node:http';
import type { TLSSocket } from 'node:tls';
import { inspect } from 'node:util';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { HttpClient, HttpRequest } from '../../src/ports/http-client.js';
import { startStandIn, type StandIn } from '../support/stand-in.js';
import { createAuthority, type Authority } from '../support/tls.js';

/** What every HttpClient promises. `open` returns one for which no loopback address is public. */
export function httpClientContract(open: () => HttpClient) {
  describe('HttpClient contract', () => {
    let client: HttpClient;
    let authority: Authority<'address' | 'name'>;
    const standIns: StandIn[] = [];

    beforeAll(() => {
      authority = createAuthority({ address: ['127.0.0.1'], name: ['hs.example.org'] });
    });
    beforeEach(() => {
      client = open();
    });
    afterEach(async () => {
      await Promise.all(standIns.splice(0).map((standIn) => standIn.close()));
    });

    const serve = async (handler: RequestListener, certificate?: 'address' | 'name') => {
      const standIn = await startStandIn(handler, certificate && authority.certificates[certificate]);
      standIns.push(standIn);
      return standIn;
    };
    const get = (url: string, more: Partial<HttpRequest> = {}) =>
      client.request({ method: 'GET', url, timeLimitMs: 5_000, maxBytes: 1_000, chosenBy: 'operator', ...more });
    const answerOk: RequestListener = (_request, response) => response.end('ok');

    it('sends method, path, query, headers and body unchanged', async () => {
      const standIn = await serve((request, response) => request.pipe(response));

      const { body } = await get(`${standIn.url}/a%2Fb?c=%20d`, {
        method: 'PUT',
        headers: { host: 'hs.example.org', 'X-Probe': 'yes' },
        body: '{"name":"bächli"}',
      });

      expect(body).toBe('{"name":"bächli"}');
      const [request] = standIn.seen;
      expect(request).toMatchObject({ method: 'PUT', url: '/a%2Fb?c=%20d' });
      expect(request?.headers).toMatchObject({ host: 'hs.example.org', 'x-probe': 'yes' });
      expect(request?.headers).not.toHaveProperty('content-type');
    });

    it.each([200, 204, 401, 404, 502])('returns status %i like any other', async (status) => {
      const { url } = await serve((_request, response) => response.writeHead(status).end());
      expect((await get(url)).status).toBe(status);
    });

    it('returns a redirect and does not follow it', async () => {
      const target = await serve(answerOk);
      const { url } = await serve((_request, response) => response.writeHead(302, { Location: target.url }).end());

      expect(await get(url)).toMatchObject({ status: 302, headers: { location: target.url } });
      expect(target.seen).toEqual([]);
    });

    it('returns header names in lower case', async () => {
      const { url } = await serve((_request, response) =>
        response.writeHead(200, { 'Cache-Control': 'no-store' }).end(),
      );
      expect((await get(url)).headers).toMatchObject({ 'cache-control': 'no-store' });
    });

    it('unpacks compressed answers', async () => {
      const packed = gzipSync('{"sub":"@ä:example.org"}');
      const { url } = await serve((_request, response) =>
        response.writeHead(200, { 'Content-Encoding': 'gzip' }).end(packed),
      );
      expect((await get(url)).body).toBe('{"sub":"@ä:example.org"}');
    });

    it.each([
      ['another scheme', 'ftp://example.org/'],
      ['a text that is not a URL', 'example.org'],
      ['a file', 'file:///etc/passwd'],
    ])('refuses %s', async (_case, url) => {
      await expect(get(url)).rejects.toMatchObject({ name: 'HttpConnectionError', problem: 'broken' });
    });

    it('refuses credentials in the URL without repeating them', async () => {
      const standIn = await serve(answerOk);
      const refusal = await get(`http://islet:s3cret@127.0.0.1:${standIn.port}/`).catch((error: unknown) => error);

      expect(refusal).toMatchObject({ name: 'HttpConnectionError', endpoint: standIn.url });
      expect(String(refusal)).not.toMatch(/islet|s3cret/);
      expect(standIn.seen).toEqual([]);
    });

    describe('time limit', () => {
      it.each<[string, RequestListener]>([
        ['never answers', () => {}],
        ['never ends its answer', (_request, response) => response.write('{')],
        [
          'sends one byte at a time',
          (_request, response) => {
            const drip = setInterval(() => response.write(' '), 20);
            response.on('close', () => clearInterval(drip));
          },
        ],
      ])('ends a request to a server that %s, and its connection', async (_case, handler) => {
        const { url, connections } = await serve(handler);

        await expect(get(url, { timeLimitMs: 200 })).rejects.toMatchObject({
          problem: 'timeout',
          message: `could not reach ${url}: no answer within 0.2 s`,
        });
        await expect.poll(connections).toBe(0);
      });
    });

    describe('size limit', () => {
      it('accepts an answer of exactly that size', async () => {
        const { url } = await serve((_request, response) => response.end('x'.repeat(1_000)));
        expect((await get(url)).body).toHaveLength(1_000);
      });

      it.each<[string, RequestListener]>([
        ['is a byte too large', (_request, response) => response.end('x'.repeat(1_001))],
        [
          'unpacks to 50 MB',
          (_request, response) =>
            response.writeHead(200, { 'Content-Encoding': 'gzip' }).end(gzipSync(Buffer.alloc(50_000_000))),
        ],
        [
          'goes on for 10 GB',
          (_request, response) => {
            response.writeHead(200, { 'Content-Length': 10_000_000_000 });
            const sendEndlessly = () => {
              while (!response.destroyed && response.write(Buffer.alloc(65_536)));
            };
            response.on('drain', sendEndlessly);
            sendEndlessly();
          },
        ],
      ])('stops an answer that %s, and its connection', async (_case, handler) => {
        const { url, connections } = await serve(handler);

        await expect(get(url)).rejects.toMatchObject({ problem: 'too_large' });
        await expect.poll(connections).toBe(0);
      });

      it('applies to headers, too', async () => {
        const { url } = await serve((_request, response) =>
          response.writeHead(200, { 'X-Long': 'x'.repeat(100_000) }).end(),
        );
        await expect(get(url)).rejects.toMatchObject({ problem: 'too_large' });
      });
    });

    describe('a connection error', () => {
      it('says that the port is closed', async () => {
        const standIn = await serve(answerOk);
        await standIns.pop()?.close();
        await expect(get(standIn.url)).rejects.toMatchObject({
          problem: 'refused',
          message: `could not reach ${standIn.url}: the connection is refused`,
        });
      });

      it('says that the host name is unknown', async () => {
        await expect(get('https://nobody.invalid:8448/')).rejects.toMatchObject({
          problem: 'name_not_found',
          message: 'could not reach https://nobody.invalid:8448: the name cannot be found',
        });
      });

      it.each<[string, RequestListener]>([
        ['hangs up', (request) => request.socket.destroy()],
        [
          'breaks the connection off',
          (_request, response) => response.writeHead(200, { 'Content-Length': 9 }).write('{', () => response.destroy()),
        ],
        ['does not send HTTP', (request) => request.socket.end('220 mail.example.org ESMTP\r\n')],
        [
          'sends invalid compressed data',
          (_request, response) => response.writeHead(200, { 'Content-Encoding': 'gzip' }).end('plain'),
        ],
      ])('says that a server %s', async (_case, handler) => {
        const { url } = await serve(handler);
        await expect(get(url)).rejects.toMatchObject({ problem: 'broken', endpoint: url });
      });

      it('says that the server does not use TLS', async () => {
        const { port } = await serve(answerOk);
        await expect(get(`https://127.0.0.1:${port}/`)).rejects.toMatchObject({ problem: 'broken' });
      });

      it('contains no headers, bodies or query strings', async () => {
        const { url } = await serve((request) => request.socket.destroy());
        const failure = await get(`${url}/?access_token=s3cret`, {
          method: 'POST',
          headers: { Authorization: 'Bearer s3cret' },
          body: 's3cret',
        }).catch((error: unknown) => error);

        expect(inspect(failure, { depth: 20, showHidden: true })).not.toContain('s3cret');
      });
    });

    describe('certificates', () => {
      it('are trusted if the configured authority signed them for the host of the URL', async () => {
        const { url } = await serve(answerOk, 'address');
        expect(await get(url, { ca: authority.ca })).toMatchObject({ status: 200, body: 'ok' });
      });

      it('are not trusted if another authority signed them', async () => {
        const { url, seen } = await serve(answerOk, 'address');
        await expect(get(url)).rejects.toMatchObject({
          problem: 'certificate',
          message: `could not reach ${url}: certificate is not trusted`,
        });
        expect(seen).toEqual([]);
      });

      it('are refused if they are for another name', async () => {
        const { url, seen } = await serve(answerOk, 'name');
        await expect(get(url, { ca: authority.ca })).rejects.toMatchObject({
          problem: 'certificate',
          reason: 'certificate is for another name',
        });
        expect(seen).toEqual([]);
      });

      it('are checked for the configured TLS name instead of the host', async () => {
        const { url } = await serve(answerOk, 'name');
        expect(await get(url, { ca: authority.ca, tlsName: 'hs.example.org' })).toMatchObject({ status: 200 });
        await expect(get(url, { ca: authority.ca, tlsName: 'other.example.org' })).rejects.toMatchObject({
          problem: 'certificate',
        });
      });

      it('are checked for the host of the URL if the connection goes to another host', async () => {
        const { port, seen } = await serve(answerOk, 'name');
        const connectTo = { host: '127.0.0.1', port };
        expect(await get('https://hs.example.org/', { ca: authority.ca, connectTo })).toMatchObject({ status: 200 });
        expect(seen[0]?.headers.host).toBe('hs.example.org');
        await expect(get('https://other.example.org/', { ca: authority.ca, connectTo })).rejects.toMatchObject({
          problem: 'certificate',
          endpoint: `https://127.0.0.1:${port}`,
        });
      });

      it('are requested with SNI for a name, but not for an IP address', async () => {
        const sniOf = (standIn: StandIn) => (standIn.seen[0]?.socket as TLSSocket | undefined)?.servername;
        const [named, literal] = [await serve(answerOk, 'name'), await serve(answerOk, 'address')];

        await get(named.url, { ca: authority.ca, tlsName: 'hs.example.org', headers: { host: 'other.example.org' } });
        await get(literal.url, { ca: authority.ca, headers: { host: 'other.example.org' } });

        expect(sniOf(named)).toBe('hs.example.org');
        expect(sniOf(literal)).toBe(false);
      });

      it('are checked for the address of the URL, not for the address of the connection', async () => {
        const { port } = await serve(answerOk, 'address');
        const connectTo = { host: '127.0.0.1', port };
        await expect(get('https://192.0.2.7/', { ca: authority.ca, connectTo })).rejects.toMatchObject({
          problem: 'certificate',
        });
      });

      it('are not selected by a Host header', async () => {
        const { url } = await serve(answerOk, 'name');
        await expect(get(url, { ca: authority.ca, headers: { host: 'hs.example.org' } })).rejects.toMatchObject({
          problem: 'certificate',
        });
      });
    });

    describe('an address from an untrusted client', () => {
      it.each([
        '127.0.0.1',
        'localhost',
        '2130706433',
        '0x7f.1',
        '0',
        '[::1]',
        '[::ffff:127.0.0.1]',
        '[::ffff:7f00:1]',
      ])('is refused if it is the internal address %s', async (host) => {
        const { port, seen, connections } = await serve(answerOk);
        await expect(get(`http://${host}:${port}/`, { chosenBy: 'stranger' })).rejects.toMatchObject({
          problem: 'forbidden_address',
        });
        expect(seen).toEqual([]);
        expect(connections()).toBe(0);
      });

      it.each(['127.0.0.1', 'localhost', '2130706433', '::ffff:127.0.0.1'])(
        'is refused if its name resolves to %s',
        async (host) => {
          const { port, seen } = await serve(answerOk);
          const connectTo = { host, port };
          await expect(get('http://hs.example.org/', { chosenBy: 'stranger', connectTo })).rejects.toMatchObject({
            problem: 'forbidden_address',
          });
          expect(seen).toEqual([]);
        },
      );
    });
  });
}
