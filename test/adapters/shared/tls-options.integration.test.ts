import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ldapSource } from '../../../src/adapters/ldap/ldap-source.js';
import { SmppGateway } from '../../../src/adapters/messaging/sms/smpp-gateway.js';
import { AxiosHttpClient } from '../../../src/adapters/outbound/axios-http-client.js';
import { systemAuthorities } from '../../../src/adapters/shared/authorities.js';
import { openPool } from '../../../src/adapters/messaging/smtp-connections.js';
import { certificatesIn } from '../../../src/adapters/shared/certificates.js';
import { RotatingSecret } from '../../../src/adapters/shared/rotating-secret.js';
import { certificateProblems } from '../../../src/app/config/input/certificates.js';
import { sourceOf } from '../../support/ldap.js';
import { person, unit } from '../../support/ldif.js';
import { Slapd } from '../../support/slapd.js';
import { startMailServer } from '../../support/smtp.js';
import { email } from '../../../src/domain/identifiers/threepid.js';
import { Daemon } from '../../support/daemon.js';
import { freePort } from '../../support/ports.js';
import { startMessageCentre } from '../../support/smpp.js';
import { startStandIn } from '../../support/stand-in.js';
import { createAuthority, createChain } from '../../support/tls.js';

const chain = createChain('127.0.0.1');
const { ca, certificates } = createAuthority({ server: ['127.0.0.1'], client: ['islet'] });
const clientPem = `${certificates.client.cert}\n${certificates.client.key}`;
const request = (url: string, more = {}) =>
  new AxiosHttpClient().request({
    method: 'GET',
    url,
    timeLimitMs: 3_000,
    maxBytes: 1000,
    chosenBy: 'operator',
    ...more,
  });

describe('the trusted authorities', () => {
  it('may be an intermediate one without its root, as for curl', async () => {
    const standIn = await startStandIn((_req, res) => res.end('{}'), chain.certificate);
    onTestFinished(() => standIn.close());
    expect(await request(standIn.url, { ca: chain.issuing })).toMatchObject({ status: 200 });
    await expect(request(standIn.url, { ca: chain.root })).rejects.toThrow('certificate is not trusted');
  });

  it('may be an intermediate one for a message centre, too', async () => {
    const centre = await startMessageCentre('pw', chain.certificate);
    onTestFinished(() => centre.close());
    const gateway = new SmppGateway({
      host: '127.0.0.1',
      port: centre.port,
      tls: true,
      ca: chain.issuing,
      systemId: 'islet',
      password: new RotatingSecret('pw'),
      timeLimitMs: 2_000,
    });
    onTestFinished(() => gateway.close());
    expect(
      await gateway.send({ number: '447700900123', originator: { kind: 'alpha', text: 'Matrix' }, text: 'x' }),
    ).toBe('m-1');
  });

  it('may be an intermediate one for a directory, too', async () => {
    const tls = { ca: chain.root, ...chain.certificate };
    const slapd = await Slapd.start({ ldif: unit('people') + person('anna', { mail: 'anna@example.org' }), tls });
    onTestFinished(() => slapd.stop());
    const find = async (trusted: string) => {
      const source = sourceOf(slapd, { urls: [slapd.ldapsUrl], ca: trusted });
      onTestFinished(() => source.close());
      return (await source.find([email('anna@example.org')])).length;
    };
    expect(await find(chain.issuing)).toBe(1);
    await expect(find(ca)).rejects.toThrow('certificate is not trusted');
  });

  it.each(['required', 'implicit'] as const)(
    'may be an intermediate one for a mail relay, too (tls: %s)',
    async (tls) => {
      const relay = await startMailServer({ certificate: chain.certificate, isImplicit: tls === 'implicit' });
      onTestFinished(() => relay.close());
      const verify = async (trusted: string) => {
        const server = {
          host: '127.0.0.1',
          port: relay.port,
          tls,
          ca: trusted,
          ehloName: 'id.example.org',
          timeLimitMs: 5_000,
        };
        const pool = openPool(server);
        return pool.verify().finally(() => pool.close());
      };
      expect(await verify(chain.issuing)).toBe(true);
      await expect(verify(ca)).rejects.toThrow('certificate');
    },
  );

  it('are checked without a connection for missing and superfluous certificates', () => {
    const words = (pem: string, now = Date.now()) => certificateProblems(certificatesIn(pem), now);
    expect(words(chain.root)).toEqual([]);
    expect(words(chain.issuing + chain.root)).toEqual([]);
    expect(words(chain.issuing)).toEqual([
      'CN=root, which issued CN=issuing, is missing: only certificates issued by CN=issuing are trusted',
    ]);
    expect(words(chain.certificate.cert)).toEqual([
      expect.stringMatching(/^CN=leaf is the certificate of a server, not of a CA: /),
    ]);
    const YEAR_MS = 365 * 86_400_000;
    expect(words(chain.root, Date.now() + YEAR_MS)).toEqual([expect.stringMatching(/^CN=root has expired \(/)]);
    expect(words(chain.root, Date.now() - YEAR_MS)).toEqual([expect.stringMatching(/^CN=root is not valid before /)]);
  });

  it('are those of the system, even if this build of Node.js has others, and those of NODE_EXTRA_CA_CERTS', () => {
    const folder = mkdtempSync(join(tmpdir(), 'islet-authorities-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    writeFileSync(join(folder, 'system.pem'), chain.root);
    writeFileSync(join(folder, 'extra.pem'), ca);
    const env = { SSL_CERT_FILE: join(folder, 'system.pem'), NODE_EXTRA_CA_CERTS: join(folder, 'extra.pem') };
    expect(systemAuthorities(env)).toBe(`${chain.root}\n${ca}`);
    expect(systemAuthorities({ SSL_CERT_FILE: join(folder, 'nothing.pem') })).toBeUndefined();
  });
});

/**
 * An OpenSSL server that requires a client certificate by `ca`; Node's own servers close connections without a reason.
 */
async function strictServer(...more: readonly string[]): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'islet-strict-'));
  const files = { ca, cert: certificates.server.cert, key: certificates.server.key };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  const port = await freePort();
  const [trusted, cert, key] = ['ca', 'cert', 'key'].map((name) => join(folder, name)) as [string, string, string];
  const args = [
    '-accept',
    `${port}`,
    '-cert',
    cert,
    '-key',
    key,
    '-CAfile',
    trusted,
    '-Verify',
    '1',
    '-verify_return_error',
  ];
  const daemon = new Daemon(['openssl', 's_server', ...args, ...more], { host: '127.0.0.1', port });
  await daemon.restart();
  onTestFinished(async () => {
    await daemon.end('SIGKILL');
    rmSync(folder, { recursive: true });
  });
  return port;
}

describe('a server that requires a client certificate', () => {
  it.each(['-tls1_2', '-tls1_3'])(
    'receives it with %s, and the error names the reason if it is missing',
    async (version) => {
      const url = `https://127.0.0.1:${await strictServer('-www', version)}`;
      expect(await request(url, { ca, clientCertificate: clientPem, maxBytes: 100_000 })).toMatchObject({
        status: 200,
      });
      await expect(request(url, { ca })).rejects.toThrow(/certFile and keyFile/);
      const unknownAuthority = createAuthority({ client: ['islet'] }).certificates.client;
      await expect(
        request(url, { ca, clientCertificate: `${unknownAuthority.cert}\n${unknownAuthority.key}` }),
      ).rejects.toThrow('the server does not accept the client certificate');
    },
  );

  it('is distinguished from a wrong port if it is a directory', async () => {
    const url = `ldaps://127.0.0.1:${await strictServer('-quiet')}`;
    const source = ldapSource(
      {
        name: 'staff',
        urls: [url],
        bases: ['dc=x'],
        preset: 'openldap',
        homeserver: 'example.org',
        connections: 4,
        ca,
        timeLimitMs: 2_000,
      } as never,
      { info() {}, warn() {}, count() {} } as never,
    );
    onTestFinished(() => source.close?.());
    await expect(source.find([email('anna@example.org')])).rejects.toThrow(
      'the server requires a client certificate: set certFile and keyFile',
    );
  });
});
