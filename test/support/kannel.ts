import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from './eventually.js';
import { freePort } from './ports.js';
import { needPackages } from './services.js';

await needPackages('kannel');

/** The credentials in the recipe of the documentation. */
const [USERNAME, PASSWORD] = ['islet', 'secret'];

export interface Kannel {
  /** The URL of its `sendsms` interface, without a path. */
  readonly url: string;
  /** Whether it is connected to the message centre. */
  isOnline(): Promise<boolean>;
  stop(): Promise<void>;
}

/**
 * Debian's Kannel: its two daemons, connected to one message centre.
 *
 * @param centre the port and the password of a message centre on 127.0.0.1, which does not have to be running
 */
export async function startKannel(centre: { readonly port: number; readonly password: string }): Promise<Kannel> {
  const folder = await mkdtemp(join(tmpdir(), 'islet-kannel-'));
  const settings = join(folder, 'kannel.conf');
  const [adminPort, boxPort, sendPort] = [await freePort(), await freePort(), await freePort()];
  await writeFile(
    settings,
    `group = core
admin-port = ${adminPort}
admin-password = ${PASSWORD}
smsbox-port = ${boxPort}

group = smsc
smsc = smpp
smsc-id = centre
host = 127.0.0.1
port = ${centre.port}
smsc-username = islet
smsc-password = ${centre.password}
system-type = ""
reconnect-delay = 1

group = smsbox
bearerbox-host = 127.0.0.1
sendsms-port = ${sendPort}

group = sendsms-user
username = ${USERNAME}
password = "the secret"
`,
  );
  const start = (name: string) => spawn(`/usr/sbin/${name}`, [settings], { cwd: folder, stdio: 'ignore' });
  const status = async () => {
    const response = await fetch(`http://127.0.0.1:${adminPort}/status.txt?password=${PASSWORD}`);
    return response.text();
  };
  const children = [start('bearerbox')];
  await eventually(() => status().catch(() => false));
  children.push(start('smsbox'));
  await eventually(async () => /smsbox:/.test(await status()));
  await eventually(() =>
    fetch(`http://127.0.0.1:${sendPort}/`).then(
      () => true,
      () => false,
    ),
  );
  return {
    url: `http://127.0.0.1:${sendPort}`,
    isOnline: async () => /centre\[.*\(online/.test(await status()),
    async stop() {
      for (const child of children.reverse()) {
        const ended = once(child, 'exit');
        child.kill('SIGKILL');
        await ended;
      }
      await rm(folder, { recursive: true });
    },
  };
}
