import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { commandsOf } from '../../test/support/docs/commands-of.js';
import type { SystemdMachine } from '../../test/support/systemd.js';
import type { Report } from '../shared/report.js';

const run = promisify(execFile);
/** The page whose commands are followed. */
export const PAGE = 'setup/install.md';

/** Installs from source, with Debian's own Node.js, and runs the demo. */
export async function fromSource(machine: SystemdMachine, report: Report, shared: string): Promise<void> {
  await run('git', ['bundle', 'create', join(shared, 'islet.bundle'), 'HEAD'], { cwd: import.meta.dirname });
  const commands = commandsOf(PAGE, 'source')
    .replace('apt-get install', 'apt-get install -qy')
    .replace('<this repository>', '/mnt/islet.bundle');
  const authority = 'export NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt\n';
  const output = await machine.shell(authority + commands);
  report.note(await machine.must('node', '--version'));
  report.check('the program is a link to the folder', /^\d+\.\d+\.\d+$/m.test(output));
  const demo = await machine.run(
    'bash',
    '-c',
    'cd /usr/src/islet && npm ls --depth 0 >/dev/null && npm run demo -- --exit',
  );
  report.check('the demo answers its four lookups', demo.code === 0, demo.stdout);
}
