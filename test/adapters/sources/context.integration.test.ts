import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AxiosHttpClient } from '../../../src/adapters/outbound/axios-http-client.js';
import { sourceContext } from '../../../src/adapters/sources/context.js';
import { email, msisdn } from '../../../src/domain/identifiers/threepid.js';
import type { SourceContext } from '../../../src/source.js';
import { RecordingTelemetry } from '../../support/fakes.js';
import { type StandIn, startStandIn } from '../../support/stand-in.js';
import { createAuthority } from '../../support/tls.js';

const authority = createAuthority({ server: ['127.0.0.1'] });

let server: StandIn;
let secure: StandIn;
let folder: string;
const recorded = new RecordingTelemetry();

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'islet-context-'));
  server = await startStandIn((request, response) => {
    const status = Number(request.url?.slice(1));
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      response.writeHead(status, { location: '/200', 'x-method': request.method });
      response.end(status === 204 ? undefined : JSON.stringify({ body, token: request.headers.authorization }));
    });
  });
  secure = await startStandIn((_request, response) => void response.end('safe'), authority.certificates.server);
});

afterAll(async () => {
  await Promise.all([server.close(), secure.close()]);
  await rm(folder, { recursive: true });
});

const contextOf = (options: unknown, ca?: string): Promise<SourceContext> =>
  sourceContext(
    { name: 'hr', dataDir: folder, configFolder: '/etc/islet', ca },
    options,
    new AxiosHttpClient(),
    recorded,
  );

describe('the fetch of a source', () => {
  it('connects to private servers that the configuration names, in any option', async () => {
    const { fetch } = await contextOf({ services: [{ hr: `${server.url}/api` }] });
    const response = await fetch(`${server.url}/200`, {
      method: 'post',
      body: 'hello',
      headers: { authorization: 'a' },
    });
    expect(response).toMatchObject({ ok: true, status: 200 });
    expect(response.headers.get('x-method')).toBe('POST');
    expect(await response.json()).toEqual({ body: 'hello', token: 'a' });
  });

  it('connects to no private server that is not configured', async () => {
    const { fetch } = await contextOf({ url: 'https://hr.example.org' });
    const asked = server.seen.length;
    await expect(fetch(`${server.url}/200`)).rejects.toThrow(/could not reach/);
    expect(server.seen).toHaveLength(asked);
  });

  it.each([204, 302, 304, 404, 503])('returns a response with status %d', async (status) => {
    const { fetch } = await contextOf({ url: server.url });
    expect((await fetch(`${server.url}/${status}`)).status).toBe(status);
  });

  it('trusts the certificates that the configuration names', async () => {
    const { fetch } = await contextOf({ url: secure.url }, authority.ca);
    expect(await (await fetch(secure.url)).text()).toBe('safe');
    const { fetch: without } = await contextOf({ url: secure.url });
    await expect(without(secure.url)).rejects.toThrow(/certificate/);
  });

  it('is aborted with its signal', async () => {
    const { fetch } = await contextOf({ url: server.url });
    const signal = AbortSignal.abort(new Error('nobody waits'));
    await expect(fetch(`${server.url}/200`, { signal })).rejects.toThrow('nobody waits');
  });

  it('has no other methods', async () => {
    const { fetch } = await contextOf({ url: server.url });
    await expect(fetch(`${server.url}/200`, { method: 'DELETE' })).rejects.toThrow(/DELETE/);
  });
});

describe('the context of a source', () => {
  it('has a folder of its own', async () => {
    const { cacheFolder } = await contextOf({});
    expect(cacheFolder).toBe(join(folder, 'sources', 'hr'));
    expect((await stat(cacheFolder)).mode & 0o777).toBe(0o700);
  });

  it('parses addresses like Islet', async () => {
    const { threepids } = await contextOf({});
    expect(threepids.email('STRAUSS@Example.org')).toEqual(email('strauss@example.org'));
    expect(threepids.email('Alice <alice@example.org>')).toBeUndefined();
    expect(threepids.msisdn('492215551234')).toEqual(msisdn('492215551234'));
    expect(threepids.readPhoneNumber('0221 5551234', 'DE')).toEqual(msisdn('492215551234'));
    expect(threepids.readPhoneNumber('0221 5551234')).toBeUndefined();
    expect(() => threepids.readPhoneNumber('0221 5551234', 'Deutschland')).toThrow(/country code/);
  });

  it('logs with the name of the source', async () => {
    const { log } = await contextOf({});
    log.warn('the service is slow', { tookMs: 5, source: 'somebody else' });
    expect(recorded.lines).toContainEqual({
      message: 'the service is slow',
      facts: { tookMs: 5, source: 'hr' },
      cause: undefined,
    });
  });
});
