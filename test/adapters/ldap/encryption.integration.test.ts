import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { LdapOptions } from '../../../src/adapters/ldap/options.js';
import { email } from '../../../src/domain/identifiers/threepid.js';
import { tlv } from '../../support/ber.js';
import { RecordingTelemetry } from '../../support/fakes.js';
import { sourceOf } from '../../support/ldap.js';
import { person, unit } from '../../support/ldif.js';
import { Slapd } from '../../support/slapd.js';
import { startStandIn } from '../../support/stand-in.js';
import { TcpProxy } from '../../support/tcp-proxy.js';
import { createAuthority } from '../../support/tls.js';

const authority = createAuthority({
  local: ['127.0.0.1', 'localhost'],
  otherServer: ['ldap.example.net'],
  six: ['::1'],
  otherSix: ['::2'],
});
const untrusted = createAuthority({});
const anna = email('anna@example.org');
const ldif = unit('people') + person('anna', { mail: 'anna@example.org' });

describe('a connection to the directory', () => {
  let slapd: Slapd;
  let misnamed: Slapd;
  let plain: Slapd;
  beforeAll(async () => {
    // Nothing is allowed without encryption, not even a bind.
    const global = ['security ssf=128'];
    slapd = await Slapd.start({ ldif, global, tls: { ca: authority.ca, ...authority.certificates.local } });
    misnamed = await Slapd.start({ ldif, tls: { ca: authority.ca, ...authority.certificates.otherServer } });
    plain = await Slapd.start({ ldif });
  });
  afterAll(async () => {
    await Promise.all([slapd.stop(), misnamed.stop(), plain.stop()]);
  });

  /** The result of a lookup with these options. */
  async function attempt(server: Slapd, options: Partial<LdapOptions>) {
    const source = sourceOf(server, options);
    try {
      return { found: (await source.find([anna]))[0], problem: undefined };
    } catch (error) {
      return { found: undefined, problem: (error as Error).message };
    } finally {
      await source.close();
    }
  }

  it('ignores data that arrived in clear text before the encryption began', async () => {
    const { key, cert } = authority.certificates.local;
    // Answers StartTLS, and adds the beginning of a message before it encrypts.
    const extended = (id: number) => tlv(0x30, Buffer.from([2, 1, id]), tlv(0x78, tlv(0x0a, '\0'), tlv(4), tlv(4)));
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', (request: Buffer) => {
        socket.write(Buffer.concat([extended(request[4] ?? 0), Buffer.from([0x30, 0x50, 0x02])]));
        new TLSSocket(socket, { isServer: true, key, cert }).on('error', () => undefined);
      });
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    try {
      const urls = [`ldap://127.0.0.1:${(server.address() as AddressInfo).port}`];
      const { problem } = await attempt(slapd, { urls, startTls: true, ca: authority.ca });
      expect(problem).toContain('StartTLS failed: the server sent unencrypted data after its answer');
    } finally {
      server.close();
    }
  });

  it('is encrypted by LDAPS with a private certificate authority', async () => {
    const { found } = await attempt(slapd, { urls: [slapd.ldapsUrl], ca: authority.ca });
    expect(found).toEqual({ threepid: anna, mxid: '@anna:example.org' });
  });

  it('is encrypted by StartTLS, by address and by name', async () => {
    const options = { startTls: true, ca: authority.ca };
    expect((await attempt(slapd, options)).found).toBeDefined();
    expect((await attempt(slapd, { ...options, urls: [`ldap://localhost:${slapd.port}`] })).found).toBeDefined();
  });

  it.each(['LDAPS', 'StartTLS'])('is encrypted at an IPv6 address that its certificate names: %s', async (modifier) => {
    const found = { found: { threepid: anna, mxid: '@anna:example.org' }, problem: undefined };
    const misnamed = { found: undefined, problem: expect.stringContaining('certificate is for another name') };
    for (const [name, outcome] of [
      ['six', found],
      ['otherSix', misnamed],
    ] as const) {
      const six = await Slapd.start({
        ldif,
        host: '[::1]',
        tls: { ca: authority.ca, ...authority.certificates[name] },
      });
      const url = modifier === 'LDAPS' ? six.ldapsUrl : six.url;
      expect(await attempt(six, { urls: [url], startTls: modifier === 'StartTLS', ca: authority.ca })).toEqual(outcome);
      await six.stop();
    }
  });

  it('reports that the server requires encryption if none is configured', async () => {
    const { problem } = await attempt(slapd, {});
    expect(problem).toContain('confidentiality required');
    expect(problem).toContain('startTls');
  });

  it.each([
    ['LDAPS', true, false],
    ['StartTLS', false, true],
  ])(
    'is refused if the certificate is not trusted, whatever the environment variables are: %s',
    async (_how, isLdaps, startTls) => {
      vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0');
      const urls = [isLdaps ? slapd.ldapsUrl : slapd.url];
      for (const ca of [undefined, untrusted.ca]) {
        const { problem } = await attempt(slapd, { urls, startTls, ca });
        expect(problem).toContain('certificate is not trusted');
      }
      vi.unstubAllEnvs();
    },
  );

  it.each([
    ['LDAPS', true, false],
    ['StartTLS', false, true],
  ])('is refused if the certificate is for another name: %s', async (_how, isLdaps, startTls) => {
    const urls = [isLdaps ? misnamed.ldapsUrl : misnamed.url];
    const { problem } = await attempt(misnamed, { urls, startTls, ca: authority.ca });
    expect(problem).toContain('certificate is for another name');
  });

  it('does not fall back to clear text if StartTLS is refused', async () => {
    const { problem } = await attempt(plain, { startTls: true });
    expect(problem).toMatch(/: StartTLS failed/);
  });

  it('reports that a server does not use TLS', async () => {
    const { problem } = await attempt(plain, { urls: [plain.url.replace('ldap:', 'ldaps:')] });
    expect(problem).toMatch(/the connection was closed at once: is this a port for ldap:\/\/ with startTls\?$/);
  });

  it.each([
    [false, /: bind failed: the connection was lost at once: is this a port for ldaps:\/\/\?$/],
    [true, /: StartTLS failed: the connection was lost at once: is this a port for ldaps:\/\/\?$/],
  ])('reports that a server accepts only TLS on this port, with startTls: %s', async (startTls, words) => {
    const { problem } = await attempt(slapd, { urls: [slapd.ldapsUrl.replace('ldaps:', 'ldap:')], startTls });
    expect(problem).toMatch(words);
  });

  it('reports that the server on this port does not use TLS', async () => {
    const web = await startStandIn((_request, response) => response.end());
    const { problem } = await attempt(slapd, { urls: [web.url.replace('http:', 'ldaps:')] });
    expect(problem).toMatch(/: the server does not use TLS on this port, or no TLS version in common/);
    await web.close();
  });

  it.each([
    ['before', 0],
    ['during', 1],
  ])('fails without a crash if the server closes it %s the TLS handshake', async (_when, after) => {
    let answers = 0;
    const proxy = await TcpProxy.to(slapd.port, () => {
      answers += 1;
      if (answers <= after) return true;
      proxy.cut();
      return false;
    });
    try {
      const urls = [`ldap://127.0.0.1:${proxy.port}`];
      const { problem } = await attempt(slapd, { urls, startTls: true, ca: authority.ca });
      expect(problem).toMatch(/: StartTLS failed: (the connection was lost|the connection was closed)/);
    } finally {
      await proxy.stop();
    }
  });

  it('names the refused account, and does not repeat the password', async () => {
    const recorded = new RecordingTelemetry();
    const proxy = await TcpProxy.to(plain.port);
    const source = sourceOf(plain, { urls: [`ldap://127.0.0.1:${proxy.port}`], password: 'wrong' }, recorded);
    const problem = `ldap://127.0.0.1:${proxy.port}: bind refused for ${plain.adminDn}: invalid credentials`;
    for (let lookup = 0; lookup < 20; lookup++) await expect(source.find([anna])).rejects.toThrow(problem);
    expect(proxy.accepted).toBe(1);
    expect(recorded.all('directory failed')).toEqual([
      { source: 'staff', what: `server ldap://127.0.0.1:${proxy.port}`, problem },
    ]);
    await source.close();
    await proxy.stop();
  });

  it('is anonymous only if configured', async () => {
    const { found } = await attempt(plain, { bindDn: undefined, password: undefined });
    expect(found).toBeDefined();
    const shut = await Slapd.start({ ldif, global: ['disallow bind_anon'] });
    const { problem } = await attempt(shut, { bindDn: undefined, password: undefined });
    expect(problem).toMatch(/: anonymous bind refused/);
    await shut.stop();
  });
});
