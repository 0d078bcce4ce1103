import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makePackage } from '../../deploy/debian/package.js';
import { commandsOf } from '../support/docs/commands-of.js';
import { needBuild } from '../support/services.js';
import { SystemdMachine } from '../support/systemd.js';

await needBuild();

const PAGE = 'setup/install.md';
const ANSWERS =
  '--yes --server-name id.example.org --ldap-url ldap://127.0.0.1 --base dc=example,dc=org --homeserver example.org';

let shared: string;
let machine: SystemdMachine;

beforeAll(async () => {
  shared = await mkdtemp(join(tmpdir(), 'islet-package-'));
  const file = await makePackage({ to: shared, withNode: true, compression: 1 });
  machine = await SystemdMachine.boot(shared);
  await cp(file, join(shared, 'islet_test.deb'));
});

afterAll(async () => {
  await machine?.stop();
  await rm(shared, { recursive: true });
});

const pid = async () => (await machine.must('systemctl', 'show', '-P', 'MainPID', 'islet')).trim();
const property = async (name: string) => (await machine.must('systemctl', 'show', '-P', name, 'islet')).trim();
/** Whether it answers clients, and reports that it is ready. */
const answers = () =>
  machine.shell(
    'curl -sf --retry 30 --retry-delay 1 --retry-all-errors -o /dev/null http://127.0.0.1:8090/_matrix/identity/v2; curl -s http://127.0.0.1:8091/health/live',
  );

/** In order, on one machine, as on the page. */
describe('the Debian package under systemd, by the commands of docs/setup/install.md', () => {
  it('installs without a network, creates user and folders, and starts nothing', async () => {
    await machine.shell(commandsOf(PAGE, 'package').replace('./islet_*.deb', '/mnt/islet_test.deb'));
    const { stdout } = await machine.run('stat', '-c', '%A %U:%G', '/etc/islet', '/var/lib/islet');
    expect(stdout).toBe('drwxr-x--- root:islet\ndrwx------ islet:islet\n');
    expect(await property('ActiveState')).toBe('inactive');
    expect((await machine.run('ls', '/usr/lib/islet/node_modules')).stdout).not.toMatch(
      /^(typescript|vitest|node-gyp)$/m,
    );
  });

  it('is configured, readable by its own user, and started', async () => {
    const setup = commandsOf(PAGE, 'setup').replace('/var/lib/islet\n', `/var/lib/islet ${ANSWERS}\n`);
    // This machine has no directory, which doctor reports.
    await machine.shell(setup.replace(/^(.* islet doctor .*)$/m, '$1 || test $? = 1'));
    await machine.shell(commandsOf(PAGE, 'service'));
    expect(await answers()).toContain('ok');
    expect(await property('SystemCallFilter')).toContain('pkey_alloc');
    expect(await property('User')).toBe('islet');
  });

  it('keeps its process after a reload, and answers requests that arrive during a restart', async () => {
    const before = await pid();
    await machine.must('systemctl', 'reload', 'islet');
    await answers();
    expect(await pid()).toBe(before);

    // Accepted requests must be answered: curl exits with 52 or 56 for one that was cut off, with 7 for a refused one.
    const asked = machine.shell(
      'for i in $(seq 200); do curl -s -o /dev/null http://127.0.0.1:8090/_matrix/identity/v2 || echo $?; done | sort | uniq -c',
    );
    await machine.must('systemctl', 'restart', 'islet');
    expect(await asked).not.toMatch(/ (52|56)$/m);
    await answers();
    expect(await pid()).not.toBe(before);
  });

  it('writes only below its own folders', async () => {
    await machine.shell('touch /root/mark; sleep 1.1; systemctl restart islet');
    await answers();
    const stdout = await machine.shell(
      'find /etc /home /opt /srv /tmp /usr /var -newer /root/mark -user islet -not -path "/tmp/systemd-private-*"',
    );
    const written = stdout.split('\n').filter((path) => path !== '');
    expect(written).toContainEqual(expect.stringMatching(/^\/var\/lib\/islet\/.*\.db/));
    expect(written.filter((path) => !/^\/var\/(lib|log)\/islet(\/|$)/.test(path))).toEqual([]);
  });

  it('is restarted for long enough that a database can start, and not for ever', async () => {
    const seconds = (text: string) => {
      const parts = [...text.matchAll(/(\d+)(min|s)/g)];
      return parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * (unit === 'min' ? 60 : 1), 0);
    };
    const [interval, pause, burst] = [
      seconds(await property('StartLimitIntervalUSec')),
      seconds(await property('RestartUSec')),
      Number(await property('StartLimitBurst')),
    ];
    expect(pause * burst).toBeGreaterThan(300);
    // A start that fails ends within three seconds.
    expect((pause + 3) * burst).toBeLessThan(interval);
    expect(await property('RestartPreventExitStatus')).toBe('SYS');
  });

  it('is upgraded in place: a running server is restarted and keeps its data', async () => {
    const [before, key] = [await pid(), await machine.must('cat', '/var/lib/islet/signing.key')];
    await machine.must('apt-get', 'install', '--reinstall', '-y', '/mnt/islet_test.deb');
    await answers();
    expect(await pid()).not.toBe(before);
    expect(await machine.must('cat', '/var/lib/islet/signing.key')).toBe(key);
  });

  it('stops within its time limit', async () => {
    await machine.must('systemctl', 'stop', 'islet');
    expect([await property('Result'), await property('ActiveState')]).toEqual(['success', 'inactive']);
  });

  it('explains what to do if npm has left out the native part of the database driver', async () => {
    const file = '/usr/lib/islet/node_modules/sqlite3/build/Release/node_sqlite3.node';
    await machine.must('mv', file, `${file}.away`);
    const doctor = await machine.run('runuser', '-u', 'islet', '--', 'islet', 'doctor');
    await machine.must('mv', `${file}.away`, file);
    expect(doctor.stdout).toMatch(
      /✗ .*: the native part of the npm package sqlite3 cannot be loaded \(.*npm rebuild sqlite3/,
    );
    expect(doctor.code).toBe(1);
    await machine.must('systemctl', 'start', 'islet');
  });

  it('keeps configuration and data when it is removed, and leaves nothing when it is purged', async () => {
    await machine.must('apt-get', 'remove', '-y', 'islet');
    expect((await machine.run('systemctl', 'is-active', 'islet')).stdout.trim()).not.toBe('active');
    await machine.must('ls', '/etc/islet/islet.yaml', '/var/lib/islet/signing.key');

    await machine.must('apt-get', 'purge', '-y', 'islet');
    const left = await machine.shell(
      'find /etc /usr /var /lib -xdev \\( -name "islet*" \\) -not -path "/var/log/journal/*"; getent passwd islet || true',
    );
    expect(left).toBe('');
  });
});
