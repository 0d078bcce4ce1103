import { execFile } from 'node:child_process';
import { copyFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { SystemdMachine } from '../../test/support/systemd.js';
import { Report } from '../shared/report.js';
import { describeDebian, freshDebian } from './root.js';

const run = promisify(execFile);
/** A fresh clone without installed packages. */
const CLONE = '/root/islet';
/** The authority of the network for npm, and the headers of Debian's Node.js for the compiler. */
const SETTINGS = 'NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt npm_config_nodedir=/usr';

/**
 * Runs the two commands of the README on a fresh Debian with its own Node.js: the demo, and the whole suite, which
 * installs what it needs. The output of the suite is stored beside the Debian.
 *
 * @param folder where Debian is stored
 * @param suite `trixie` or `sid`: the Node.js of `bookworm` is too old
 * @returns whether all checks passed
 */
export async function proveSuite(folder: string, suite: string): Promise<boolean> {
  const report = new Report();
  const root = await freshDebian(folder, suite);
  report.heading(await describeDebian(root));
  const shared = await mkdtemp(join(tmpdir(), 'islet-debian-'));
  let machine: SystemdMachine | undefined;
  try {
    const fresh = await SystemdMachine.boot(shared, { root, network: 'shared' });
    machine = fresh;
    await run('git', ['bundle', 'create', join(shared, 'islet.bundle'), 'HEAD'], { cwd: import.meta.dirname });
    await report.step('A clone, and the demo', async () => {
      await fresh.shell('apt-get update -q && apt-get install -qy nodejs npm git python3 make g++');
      await fresh.shell(`git clone /mnt/islet.bundle ${CLONE} && cd ${CLONE} && ${SETTINGS} npm ci`);
      report.note(await fresh.must('node', '--version'));
      const demo = await fresh.run('bash', '-c', `cd ${CLONE} && npm run demo -- --exit`);
      report.check('the demo answers its four lookups', demo.code === 0, demo.stdout + demo.stderr);
    });
    await report.step('The suite', async () => {
      const started = Date.now();
      const { code } = await fresh.run('bash', '-c', `cd ${CLONE} && ${SETTINGS} npm test >/mnt/suite.txt 2>&1`);
      const log = join(folder, `suite-on-${suite}.txt`);
      await copyFile(join(shared, 'suite.txt'), log);
      const counts = (await readFile(log, 'utf8')).split('\n').filter((line) => /Test Files|Tests/.test(line));
      report.note([...counts.slice(-2), `${Math.round((Date.now() - started) / 60_000)} minutes, ${log}`].join('\n'));
      report.check('npm test passes', code === 0);
    });
  } finally {
    await machine?.stop();
    await rm(shared, { recursive: true });
  }
  return report.close();
}
