import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect, createServer } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { networkFailure } from '../../../src/adapters/shared/network-errors.js';
import type { Config } from '../../../src/app/config/config.js';
import { certificateFix } from '../../../src/app/doctor/certificate-fix.js';
import { smsCheck } from '../../../src/app/doctor/check-services.js';
import { startMessageCentre } from '../../support/smpp.js';
import { createAuthority, createBadCertificates } from '../../support/tls.js';

const authority = createAuthority({ centre: ['127.0.0.1', 'localhost'] });

describe('the report of the doctor about a message centre', () => {
  let centre: Awaited<ReturnType<typeof startMessageCentre>>;
  let plain: typeof centre;
  beforeAll(async () => {
    centre = await startMessageCentre('secret', authority.certificates.centre);
    plain = await startMessageCentre('secret');
  });
  afterAll(() => Promise.all([centre?.close(), plain?.close()]));

  const askGateway = async (port: number, more: object) => {
    const smpp = { kind: 'smpp', host: '127.0.0.1', port, systemId: 'islet', tls: true, timeLimitMs: 5_000, ...more };
    const [result] = await smsCheck({ sms: { gateways: [smpp] } } as unknown as Config)();
    return result;
  };

  it('says whether its certificate is trusted, without a login', async () => {
    expect(await askGateway(centre.port, { ca: authority.ca })).toMatchObject({
      state: 'ok',
      words: `smpp: 127.0.0.1:${centre.port} accepts TLS connections; nothing was sent`,
      tookMs: expect.any(Number),
    });
    expect(await askGateway(centre.port, {})).toMatchObject({
      state: 'failure',
      words: expect.stringContaining('certificate is not trusted'),
      fix: 'set caFile to the certificate of its authority',
    });
    expect(centre.binds).toEqual([]);
  });

  it('says that it does not use TLS on this port', async () => {
    expect(await askGateway(plain.port, { ca: authority.ca, timeLimitMs: 300 })).toMatchObject({
      state: 'failure',
      words: expect.stringContaining('no answer to the TLS handshake'),
      fix: expect.stringContaining('compare the port'),
    });
    expect(await askGateway(plain.port, { tls: false })).toMatchObject({
      state: 'ok',
      words: expect.stringContaining('unencrypted'),
    });
  });
});

describe('certificates of low quality', () => {
  const bad = createBadCertificates();

  it.each([
    ['shortKey', 'certificate has a key that is too short', /elliptic curve, or of at least 2048 bits/],
    ['sha1', 'certificate is signed with SHA-1 or another broken algorithm', /signed with SHA-256/],
    ['commonName', 'certificate has no subjectAltName, only a common name', /as subjectAltName/],
  ] as const)('are reported with the remedy: %s', async (name, words, fix) => {
    const server = createServer({ ...bad[name], ciphers: 'DEFAULT@SECLEVEL=0' });
    server.on('tlsClientError', () => undefined).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    // The security level of Node.js 24; older versions accept short keys.
    const socket = connect({ host: '127.0.0.1', port, ca: bad.ca, ciphers: 'DEFAULT@SECLEVEL=2' });
    const [error] = (await once(socket, 'error')) as [Error];
    server.close();
    expect(networkFailure(error)).toEqual({ problem: 'certificate', reason: words });
    expect(certificateFix(words)).toMatch(fix);
  });
});
