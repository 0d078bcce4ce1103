import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SystemdMachine } from '../../test/support/systemd.js';
import type { Report } from '../shared/report.js';

const CHECKOUT = '/usr/src/islet';
const FILE = join(import.meta.dirname, '../../deploy/container/Containerfile');

/**
 * Runs the steps of the image's last stage without a container engine, on a machine with Node.js and a built
 * checkout. Then runs the image's command as its user, with a read-only root file system.
 */
export async function proveContainer(machine: SystemdMachine, report: Report): Promise<void> {
  const stages = readFileSync(FILE, 'utf8').split(/^FROM /m);
  const lines = (stages.at(-1) ?? '').split('\n').slice(1);
  const all = (word: string) =>
    lines.filter((line) => line.startsWith(`${word} `)).map((line) => line.slice(word.length + 1));
  const last = (word: string) => all(word).at(-1) ?? '';
  const folder = last('WORKDIR');
  // The commands of the installation page created a user and a link with the same names.
  await machine.shell(`deluser --quiet --system islet; rm -rf ${folder} /usr/local/bin/islet; mkdir -p ${folder}`);
  for (const copy of all('COPY')) {
    const [from = '', to = ''] = copy.replace('--from=build ', '').split(' ');
    await machine.shell(`cd ${folder} && cp -a ${from.startsWith('/') ? from : `${CHECKOUT}/${from}`} ${to}`);
  }
  for (const step of all('RUN')) await machine.shell(step);

  const [uid, gid] = last('USER').split(':');
  const words = (word: string) => JSON.parse(last(word)) as string[];
  // Ports that no other server on this machine uses; the configuration is empty.
  const env = [
    ...last('ENV')
      .split(' ')
      .filter((entry) => !entry.startsWith('ISLET_CONFIG=')),
    'ISLET_LISTEN_PORT=18090',
    'ISLET_ADMIN_PORT=18091',
  ];
  const properties = [
    `User=${uid}`,
    `Group=${gid}`,
    'ProtectSystem=strict',
    `ReadWritePaths=${last('VOLUME')}`,
    ...env.map((entry) => `Environment=${entry}`),
  ];
  const command = [...words('ENTRYPOINT'), ...words('CMD')];
  const unit = ['systemd-run', '--unit=container', ...properties.map((property) => `--property=${property}`)];
  await machine.must(...unit, 'env', ...command);
  const { code } = await machine.run(
    ...'curl -sf --retry 60 --retry-delay 1 --retry-all-errors http://127.0.0.1:18090/_matrix/identity/v2'.split(' '),
  );
  if (code !== 0) report.note(await machine.must('journalctl', '-u', 'container', '--no-pager', '-n', '40'));
  report.check('answers without root and with a read-only root file system', code === 0);
  const health = JSON.parse(/CMD (\[.*\])/.exec(last('HEALTHCHECK'))?.[1] ?? '[]') as string[];
  const inside = health.map((word) => word.replace('8091', '18091'));
  report.check('its health check says that it is well', (await machine.run(...inside)).code === 0);
  await machine.must('systemctl', 'stop', 'container');
  report.check('its health check says that it is gone', (await machine.run(...inside)).code === 1);
}
