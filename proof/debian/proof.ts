import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ed25519Signer } from '../../src/adapters/signing/ed25519-signer.js';
import { makePackage } from '../../deploy/debian/package.js';
import { commandsOf } from '../../test/support/docs/commands-of.js';
import { startHomeserver } from '../../test/support/homeserver.js';
import { PEOPLE, PEOPLE_BASE } from '../../test/support/people.js';
import { freePort } from '../../test/support/ports.js';
import { Slapd } from '../../test/support/slapd.js';
import { SystemdMachine } from '../../test/support/systemd.js';
import { Report } from '../shared/report.js';
import { proveContainer } from './container.js';
import { fromSource, PAGE } from './from-source.js';
import { NODES, nodeProgram } from './nodes.js';
import { describeDebian, freshDebian } from './root.js';

/** curl options that wait for a starting server. */
const RETRIES = ['--retry', '60', '--retry-delay', '1', '--retry-all-errors'];
const signer = new Ed25519Signer('example.org', [{ keyId: 'ed25519:a_abc', seed: new Uint8Array(32).fill(5) }]);

/**
 * Follows the commands of the installation page on a fresh Debian with an OpenLDAP directory, until `doctor` reports
 * no problem. Then starts the unit with each supported Node.js version.
 *
 * @param folder where Debian and the versions of Node.js are stored
 * @param suite `bookworm`, `trixie` or `sid`
 * @returns whether all checks passed
 */
export async function proveDebian(folder: string, suite: string): Promise<boolean> {
  const report = new Report();
  const root = await freshDebian(folder, suite);
  report.heading(await describeDebian(root));
  const shared = await mkdtemp(join(tmpdir(), 'islet-debian-'));
  const [slapd, homeserver] = [await Slapd.start({ ldif: PEOPLE }), await startHomeserver('example.org', { signer })];
  let machine: SystemdMachine | undefined;
  try {
    const file = await makePackage({ to: shared, withNode: true });
    await cp(file, join(shared, 'islet_test.deb'));
    machine = await SystemdMachine.boot(shared, { root, network: 'shared' });
    const adminPort = await freePort();
    await fromNothing(machine, report, { shared, slapd, homeserverUrl: homeserver.url, adminPort });
    for (const version of NODES) await startOn(machine, report, version, { folder, shared, adminPort });
    await report.step('Removed and purged', async () => {
      await machine?.must('apt-get', 'purge', '-y', 'islet');
      const left = await machine?.shell('find /etc /usr /var -name "islet*" -not -path "/var/log/journal/*"');
      report.check('nothing of it is left', left === '', left);
    });
    const fresh = machine;
    if (suite !== 'bookworm') {
      await report.step('From source', () => fromSource(fresh, report, shared));
      await report.step('The steps of the container image', () => proveContainer(fresh, report));
    }
  } finally {
    await machine?.stop();
    await Promise.all([slapd.stop(), homeserver.close(), rm(shared, { recursive: true })]);
  }
  return report.close();
}

interface Services {
  readonly shared: string;
  readonly slapd: Slapd;
  readonly homeserverUrl: string;
  readonly adminPort: number;
}

async function fromNothing(machine: SystemdMachine, report: Report, services: Services): Promise<void> {
  const { shared, slapd, homeserverUrl, adminPort } = services;
  const port = await freePort();
  await writeFile(join(shared, 'password'), slapd.adminPassword);
  // Replaces what DNS and a proxy provide in production: the location of the homeserver, and ports that are free on
  // this machine.
  const more = `homeservers: { example.org: { url: '${homeserverUrl}' } }\nlisten: { port: ${port} }\nadmin: { port: ${adminPort} }\n`;
  await writeFile(join(shared, 'more.yaml'), more);
  const answers = [
    `--yes --server-name 127.0.0.1:${port} --public-url http://127.0.0.1:${port} --homeserver example.org`,
    `--ldap-url ${slapd.url} --base ${PEOPLE_BASE} --bind-dn ${slapd.adminDn}`,
    '--bind-password-file /etc/islet/ldap-password',
  ].join(' ');
  await report.step('From nothing to a server that answers', async () => {
    const started = Date.now();
    await machine.shell('apt-get update -q && apt-get install -qy adduser libstdc++6 libatomic1');
    await machine.shell(commandsOf(PAGE, 'package').replace('./islet_*.deb', '-y /mnt/islet_test.deb'));
    const password = 'cp /mnt/password /etc/islet/ldap-password';
    const [init = '', ...rest] = commandsOf(PAGE, 'setup').split('\n');
    const beforeServer = rest.filter((line) => !line.includes('islet doctor')).join('\n');
    await machine.shell(
      `${password}\n${init} ${answers}\ncat /mnt/more.yaml >> /etc/islet/islet.yaml\n${beforeServer}`,
    );
    await machine.shell(commandsOf(PAGE, 'service'));
    await machine.must('curl', '-sf', ...RETRIES, `http://127.0.0.1:${adminPort}/health/ready`);
    const command = 'runuser -u islet -- islet doctor --config /etc/islet/islet.yaml'.split(' ');
    const doctor = await machine.run(...command);
    report.check('doctor finds no fault', doctor.code === 0 && !doctor.stdout.includes('✗'), doctor.stdout);
    const found = await machine.run('islet', 'lookup', '--config', '/etc/islet/islet.yaml', 'alice@example.org');
    report.check('a person of the directory is found', found.stdout.includes('@alice:example.org'), found.stdout);
    report.check('in less than ten minutes', Date.now() - started < 600_000, `${(Date.now() - started) / 1000} s`);
  });
}

async function startOn(
  machine: SystemdMachine,
  report: Report,
  version: string,
  { folder, shared, adminPort }: { readonly folder: string; readonly shared: string; readonly adminPort: number },
): Promise<void> {
  await report.step(`The unit on Node.js ${version}`, async () => {
    await cp(await nodeProgram(folder, version), join(shared, 'node'));
    await machine.shell('systemctl stop islet && cp /mnt/node /usr/lib/islet/bin/node && systemctl start islet');
    const { code } = await machine.run('curl', '-sf', ...RETRIES, `http://127.0.0.1:${adminPort}/health/ready`);
    if (code !== 0) report.note(await machine.must('journalctl', '-u', 'islet', '--no-pager', '-n', '60'));
    const state = await machine.must('systemctl', 'show', '-P', 'ActiveState', 'islet');
    report.check(
      `runs on ${await machine.must('/usr/lib/islet/bin/node', '--version')}`.trim(),
      state.trim() === 'active',
    );
    const before = await machine.must('systemctl', 'show', '-P', 'MainPID', 'islet');
    await machine.must('systemctl', 'reload', 'islet');
    await machine.must('systemctl', 'restart', 'islet');
    const after = await machine.must('systemctl', 'show', '-P', 'MainPID', 'islet');
    report.check('reloads and restarts', before !== after && after.trim() !== '0');
  });
}
