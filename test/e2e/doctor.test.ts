import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Ed25519Signer } from '../../src/adapters/signing/ed25519-signer.js';
import { eventually } from '../support/eventually.js';
import { type HomeserverStandIn, startHomeserver } from '../support/homeserver.js';
import { startIdentityServer, type IdentityServer } from '../support/identity-server.js';
import { type RunningIslet, startIslet } from '../support/islet.js';
import { PEOPLE, PEOPLE_BASE, sourceFor } from '../support/people.js';
import { Slapd } from '../support/slapd.js';
import { type MailServer, startMailServer } from '../support/smtp.js';

const signer = new Ed25519Signer('example.org', [{ keyId: 'ed25519:a_abc', seed: new Uint8Array(32).fill(5) }]);

describe('islet doctor', () => {
  let slapd: Slapd;
  let mails: MailServer;
  let homeserver: HomeserverStandIn;
  let upstream: IdentityServer;
  let islet: RunningIslet;

  beforeAll(async () => {
    slapd = await Slapd.start({ ldif: PEOPLE });
    mails = await startMailServer();
    homeserver = await startHomeserver('example.org', { signer });
    upstream = await startIdentityServer({});
    islet = await startIslet({
      server: { name: '127.0.0.1' },
      sources: [sourceFor(slapd, { accounts: 'check' }), { upstream: { name: 'partner', url: upstream.url } }],
      homeservers: { 'example.org': { url: homeserver.url } },
      mail: { host: '127.0.0.1', port: mails.port, tls: 'none' },
    });
  });

  afterAll(async () => {
    await islet?.remove();
    await Promise.all([slapd?.stop(), mails?.close(), homeserver?.close(), upstream?.close()]);
  });

  it('finds no problem if everything works, and lists what it checked', async () => {
    await eventually(async () =>
      (await fetch(`${islet.adminUrl}/health/ready`).then((ready) => ready.text())).includes('"entries":5'),
    );
    const { code, stdout: printed, stderr } = await islet.command('doctor');
    // On a busy machine.
    const stdout = printed.replaceAll(/^! (.*), but slowly: it took [\d.]+ s\n.*→.*$/gm, '✓ $1');
    expect(stdout).not.toContain('✗');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    for (const line of [
      /^✓ configuration .*islet\.yaml: is fine$/m,
      /^✓ server +is running and ready$/m,
      /^✓ server +its mirror of staff has 5 entries$/m,
      /^✓ server +no two people in its mirrors share a user ID$/m,
      /^✓ directory staff +ldap:\S+: bound as cn=admin,\S+, password from configuration file/m,
      new RegExp(`^✓ directory staff +ldap:\\S+: ${PEOPLE_BASE} exists; the filter matches inetOrgPerson 5`, 'm'),
      /^✓ directory staff +4 of 5 entries are people, with \d+ addresses: @alice:example\.org, /m,
      /^✓ source partner +identity server http:\S+ answers a lookup$/m,
      /^! source partner +answers plain lookups only: current clients send hashes and do not find these people$/m,
      /^✓ homeserver example\.org .*\/_matrix\/client\/versions answers$/m,
      /^✓ homeserver example\.org +publishes its signing keys$/m,
      /^✓ homeserver example\.org +rejects an unknown OpenID token/m,
      /^✓ homeserver example\.org +says whether an account exists \(profile\)$/m,
      /^✓ mail +127\.0\.0\.1:\d+, TLS none$/m,
      /^✓ public URL +http:\/\/127\.0\.0\.1:\d+ reaches this server$/m,
      /^0 failed, \d+ with warnings, \d+ ok$/m,
    ]) {
      expect(stdout).toMatch(line);
    }
    expect(stdout).not.toContain(slapd.adminPassword);
    expect(mails.mails).toEqual([]);
  });

  it('says how to fix each problem, without a server, and changes nothing', async () => {
    const key = join(islet.folder, 'data', 'signing.key');
    await chmod(key, 0o644);
    await islet.stop();
    const broken = await startIslet({
      server: { name: 'id.example.org', publicUrl: 'http://id.example.net' },
      sources: [
        sourceFor(slapd, { bindPassword: 'wrong-s3cret' }),
        sourceFor(slapd, { name: 'guests', bases: ['ou=nowhere,dc=example,dc=org'] }),
        sourceFor(slapd, { name: 'empty', filter: '(objectClass=device)' }),
        sourceFor(slapd, { name: 'no-ids', attributes: { id: 'employeeNumber' } }),
        { upstream: { name: 'partner', url: 'http://127.0.0.1:1' } },
      ],
      homeservers: {
        'example.org': { url: upstream.url },
        'pinned.example': {
          url: homeserver.url,
          verifyKeys: { 'ed25519:a': 'l8Hft5qXKn1vfHrg3p4+W8gELQVo8N13JkluMfmn2sQ' },
        },
      },
      mail: { host: '127.0.0.1', port: 1, tls: 'none' },
      sms: { gateways: [{ http: { url: 'http://127.0.0.1:1/{{number}}' } }] },
    });
    try {
      await broken.stop();
      const { code, stdout } = await broken.command('doctor', '--json');
      const { isFine, diagnoses } = JSON.parse(stdout) as {
        isFine: boolean;
        diagnoses: { area: string; state: string; words: string; fix?: string }[];
      };
      expect({ code, isFine }).toEqual({ code: 1, isFine: false });
      const wrong = diagnoses.filter(({ state }) => state === 'failure' || state === 'warning');
      for (const [area, words, fix] of [
        ['directory staff', /bind refused.*password from/, /ldapwhoami/],
        ['directory guests', /ou=nowhere/, /bases/],
        ['directory empty', /the filter matches none/, /ldapsearch/],
        ['directory no-ids', /have no permanent id/, /attributes\.id/],
        ['source partner', /could not reach/, /URL and the credentials/],
        ['homeserver example.org', /signing keys of example\.org: 404/, /forward \/_matrix\/key/],
        ['homeserver example.org', /./, /forward \/_matrix\/federation\/v1\/openid\/userinfo/],
        ['mail', /mail server 127\.0\.0\.1:1/, /islet mail test/],
        ['text messages', /http: 127\.0\.0\.1:1/, /firewall/],
        ['public URL', /the host of http:\/\/id\.example\.net is not id\.example\.org/, /otherNames/],
        ['public URL', /is not encrypted/, /https/],
      ] as const) {
        const found = wrong.filter(
          (finding) => finding.area === area && words.test(finding.words) && fix.test(finding.fix ?? ''),
        );
        expect(found, `${area}: ${String(words)} in ${JSON.stringify(wrong, undefined, 1)}`).not.toEqual([]);
      }
      expect(diagnoses).toContainEqual({ area: 'server', state: 'skipped', words: 'no server is running here' });
      expect(diagnoses.find(({ area }) => area === 'database')?.words).toMatch(/up to date/);
      expect(stdout).not.toContain('wrong-s3cret');

      const stopped = await islet.command('doctor');
      expect(stopped.stdout).toMatch(/^! files .*users other than its owner can read .*\n +→ chmod 600 /m);
    } finally {
      await broken.remove();
    }
  });
});
