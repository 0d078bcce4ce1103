import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { entry } from '../support/ldif.js';
import { eventually } from '../support/eventually.js';
import { type RunningIslet, startIslet } from '../support/islet.js';
import { PEOPLE, PEOPLE_BASE } from '../support/people.js';
import { Slapd } from '../support/slapd.js';
import { type MailServer, startMailServer } from '../support/smtp.js';

const DN = 'cn=islet,dc=example,dc=org';

/** The bind account of Islet, whose password an administrator sets in the directory. */
const account = (userPassword: string) =>
  entry(DN, { objectClass: ['organizationalRole', 'simpleSecurityObject'], cn: 'islet', userPassword });
const setPassword = (slapd: Slapd, userPassword: string) =>
  slapd.modify(`dn: ${DN}\nchangetype: modify\nreplace: userPassword\nuserPassword: ${userPassword}\n`);

/** Five wrong passwords lock an account permanently. */
const POLICY = entry('cn=policy,dc=example,dc=org', {
  objectClass: ['device', 'pwdPolicy'],
  cn: 'policy',
  pwdAttribute: 'userPassword',
  pwdLockout: 'TRUE',
  pwdMaxFailure: '5',
  pwdFailureCountInterval: '3600',
});

describe('passwords that an administrator changes while the server runs', () => {
  let slapd: Slapd;
  let mails: MailServer;
  let islet: RunningIslet;
  beforeAll(async () => {
    slapd = await Slapd.start({
      ldif: PEOPLE + account('spring') + POLICY,
      global: ['moduleload ppolicy'],
      database: ['access to * by * read', 'overlay ppolicy', 'ppolicy_default "cn=policy,dc=example,dc=org"'],
    });
    mails = await startMailServer({ login: { username: 'islet', password: 'summer' } });
    const ldap = {
      name: 'staff',
      urls: [slapd.url],
      bindDn: DN,
      bindPasswordFile: './ldap-password',
      preset: 'openldap',
      bases: [PEOPLE_BASE],
      homeserver: 'example.org',
    };
    const mail = {
      host: '127.0.0.1',
      port: mails.port,
      tls: 'none',
      username: 'islet',
      passwordFile: './mail-password',
    };
    islet = await startIslet(
      { server: { name: 'id.example.org' }, sources: [{ ldap }], mail },
      { 'ldap-password': 'spring\n', 'mail-password': 'spring\n' },
    );
  });
  afterAll(async () => {
    await islet?.remove();
    await Promise.all([slapd?.stop(), mails?.close()]);
  });

  const sync = () => islet.command('sync', 'staff');
  const write = (name: string, password: string) => writeFile(join(islet.folder, name), `${password}\n`);
  const hangUp = () => process.kill(islet.pid() ?? 0, 'SIGHUP');

  it('are read again on SIGHUP, and a directory in backoff is tried at once', async () => {
    await eventually(async () => (await sync()).code === 0);
    // The directory first: the server tries the old password, is refused, and pauses.
    await setPassword(slapd, 'autumn');
    await slapd.restart();
    expect(await sync()).toMatchObject({ code: 1 });
    expect((await sync()).stdout).toContain('not tried again before');
    // The former password is valid again: the file is unchanged, and only SIGHUP ends the pause.
    await setPassword(slapd, 'spring');
    expect((await sync()).code).toBe(1);
    hangUp();
    await eventually(async () => (await sync()).code === 0);

    await Promise.all([write('ldap-password', 'winter'), write('mail-password', 'summer')]);
    await setPassword(slapd, 'winter');
    await slapd.restart();
    hangUp();
    for (const name of ['ldap-password', 'mail-password']) {
      await islet.logged(new RegExp(`"event":"secret_changed"[^}]*${name}|${name}[^}]*"event":"secret_changed"`));
    }
    await eventually(async () => (await sync()).code === 0);
  });

  it('do not lock the account, however many lookups and doctors use the former one', async () => {
    await setPassword(slapd, 'thaw');
    await slapd.restart();
    const token = (await readFile(join(islet.folder, 'data/admin-token'), 'utf8')).trim();
    const lookup = () =>
      fetch(`${islet.adminUrl}/lookup?address=alice@example.org`, { headers: { authorization: `Bearer ${token}` } });
    for (let round = 0; round < 3; round++) await Promise.all(Array.from({ length: 20 }, lookup));
    for (const _run of [1, 2]) {
      const { stdout } = await islet.command('doctor');
      expect(stdout).toContain('not tried again before');
    }
    // A locked account would refuse the correct password, too.
    await write('ldap-password', 'thaw');
    await eventually(async () => (await sync()).code === 0);
  });
});
