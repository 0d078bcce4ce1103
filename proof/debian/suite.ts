import { copyFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SystemdMachine } from '../../test/support/systemd.js';
import { Report } from '../shared/report.js';
import { fromSource } from './from-source.js';
import { describeDebian, freshDebian } from './root.js';

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
    await report.step('From source', () => fromSource(fresh, report, shared));
    await report.step('The suite', async () => {
      const started = Date.now();
      const { code } = await fresh.run('bash', '-c', 'cd /usr/src/islet && npm test >/mnt/suite.txt 2>&1');
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
