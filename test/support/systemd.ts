import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { eventually } from './eventually.js';
import { needPackages } from './services.js';

// pivot_root is in util-linux-extra since util-linux 2.42.
await needPackages('systemd', 'util-linux', 'util-linux-extra', 'iproute2', 'logrotate');

const run = promisify(execFile);

/*
 * The machine starts none of the installed services. Its file system is an overlay over a Debian system, by default
 * this machine. Changes are only in memory and are lost when its PID 1 ends.
 */
const BOOT = `set -e
mount --make-rprivate /
mount -t tmpfs tmpfs "$1"
mkdir "$1/upper" "$1/work" "$1/root"
mount -t overlay overlay -o "lowerdir=$3,upperdir=$1/upper,workdir=$1/work" "$1/root"
shared=$2
cd "$1/root"
mount -t proc proc proc
mount -t sysfs sysfs sys
mount -t cgroup2 cgroup2 sys/fs/cgroup
mount -t tmpfs tmpfs dev
for node in null zero full random urandom tty; do touch dev/$node; mount --bind /dev/$node dev/$node; done
mkdir dev/pts dev/shm
mount -t devpts devpts dev/pts -o newinstance,ptmxmode=0666
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
mount -t tmpfs tmpfs dev/shm
mount -t tmpfs tmpfs run
mount -t tmpfs tmpfs tmp
mkdir -p mnt
mount --bind "$shared" mnt
rm -rf etc/systemd/system/*.wants etc/init.d usr/sbin/policy-rc.d
for unit in systemd-networkd-wait-online systemd-firstboot; do ln -sf /dev/null etc/systemd/system/$unit.service; done
if [ "$4" = own ]; then ip link set lo up; fi
mkdir .old
pivot_root . .old
cd /
umount -l /.old
rmdir /.old
exec env -i container=unshare PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin /lib/systemd/systemd --unit=basic.target --show-status=no
`;

export interface MachineOptions {
  /** The root of the Debian system below the overlay; by default this machine's. */
  readonly root?: string;
  /** Whether it shares the network of this machine or has only its own loopback interface. */
  readonly network?: 'own' | 'shared';
}

export interface Finished {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Debian's systemd as PID 1 of a separate machine, in namespaces. Needs root. */
export class SystemdMachine {
  private constructor(
    private readonly unshare: ChildProcess,
    private readonly folder: string,
    /** The process id of its PID 1 on this machine. */
    private readonly pid: number,
    private readonly network: 'own' | 'shared',
  ) {}

  /** @param shared folder that is mounted in the machine as `/mnt` */
  static async boot(shared: string, { root = '/', network = 'own' }: MachineOptions = {}): Promise<SystemdMachine> {
    if (process.getuid?.() !== 0) throw new Error('systemd, which these tests boot in namespaces, needs root');
    const folder = await mkdtemp(join(tmpdir(), 'systemd-'));
    await writeFile(join(folder, 'boot.sh'), BOOT);
    const net = network === 'own' ? ['--net'] : [];
    const spaces = ['--mount', '--pid', '--fork', '--kill-child', ...net, '--uts', '--ipc', '--cgroup'];
    const child = spawn('unshare', [...spaces, 'bash', join(folder, 'boot.sh'), folder, shared, root, network], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let output = '';
    child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
    try {
      const pid = await eventually(() => systemdBelow(child), 60_000);
      const machine = new SystemdMachine(child, folder, pid, network);
      await eventually(async () => {
        const { stdout } = await machine.run('systemctl', 'is-system-running');
        return /running|degraded/.test(stdout) || undefined;
      }, 60_000);
      return machine;
    } catch (cause) {
      child.kill('SIGKILL');
      throw new Error(`systemd did not start: ${output}`, { cause });
    }
  }

  /** Runs a command in the machine and waits for its end. */
  run(...command: readonly string[]): Promise<Finished> {
    const net = this.network === 'own' ? ['--net'] : [];
    const inside = ['--target', String(this.pid), '--mount', '--pid', ...net, '--uts', '--ipc', '--cgroup'];
    const fromHome = ['sh', '-c', 'cd /root && exec "$@"', 'sh'];
    const env = {
      PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
      DEBIAN_FRONTEND: 'noninteractive',
      LC_ALL: 'C.UTF-8',
    };
    return run('nsenter', [...inside, ...fromHome, ...command], { env, maxBuffer: 1e8 }).then(
      ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
      (error: { code: number; stdout: string; stderr: string }) => ({ ...error, code: error.code }),
    );
  }

  /** @throws with the output, if the exit code is not 0. @returns the output */
  async must(...command: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await this.run(...command);
    if (code !== 0) throw new Error(`${command.join(' ')}: exit code ${code}\n${stdout}${stderr}`);
    return stdout;
  }

  /** Runs shell commands, as typed in a terminal. */
  shell(script: string): Promise<string> {
    return this.must('bash', '--norc', '-eo', 'pipefail', '-c', script);
  }

  /** Stops the machine with all its processes. */
  async stop(): Promise<void> {
    const ended = once(this.unshare, 'exit');
    process.kill(this.pid, 'SIGKILL');
    await ended;
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** The child process of `unshare`, after it has become systemd. */
async function systemdBelow({ pid, exitCode }: ChildProcess): Promise<number | undefined> {
  if (exitCode !== null) throw new Error(`unshare ended with ${exitCode}`);
  const child = (await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')).trim();
  if (child === '') return undefined;
  const name = await readFile(`/proc/${child}/comm`, 'utf8').catch(() => '');
  return name.trim() === 'systemd' ? Number(child) : undefined;
}
