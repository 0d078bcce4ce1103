import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { eventually } from './eventually.js';
import { needPackages } from './services.js';

await needPackages('systemd', 'util-linux', 'iproute2', 'logrotate');

const run = promisify(execFile);

/*
 * The machine starts none of the services that are installed. It sees the files of a Debian, by default of this one,
 * through an overlay whose changes stay in memory: what it writes is gone when its PID 1 is.
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
  /** The Debian whose files it sees; by default this one. */
  readonly root?: string;
  /** Whether it has the network of this machine or only a loopback interface of its own. */
  readonly network?: 'own' | 'shared';
}

export interface Finished {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Debian's systemd as PID 1 of a machine of its own, in namespaces. Needs root. */
export class SystemdMachine {
  private constructor(
    private readonly unshare: ChildProcess,
    private readonly folder: string,
    /** PID 1 of the machine, as this one counts. */
    private readonly pid: number,
    private readonly network: 'own' | 'shared',
  ) {}

  /** @param shared folder that the machine finds as `/mnt` */
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
      const pid = await eventually(() => systemdBelow(child), 20_000);
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

  /** Runs a command inside to its end. */
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

  /** @throws with what it printed, unless it ends with 0. @returns what it printed */
  async must(...command: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await this.run(...command);
    if (code !== 0) throw new Error(`${command.join(' ')}: exit code ${code}\n${stdout}${stderr}`);
    return stdout;
  }

  /** Lines of a shell, as one would type them. */
  shell(script: string): Promise<string> {
    return this.must('bash', '--norc', '-eo', 'pipefail', '-c', script);
  }

  /** Ends it with everything that runs in it. */
  async stop(): Promise<void> {
    const ended = once(this.unshare, 'exit');
    process.kill(this.pid, 'SIGKILL');
    await ended;
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** The child of `unshare`, once it has become systemd. */
async function systemdBelow({ pid, exitCode }: ChildProcess): Promise<number | undefined> {
  if (exitCode !== null) throw new Error(`unshare ended with ${exitCode}`);
  const child = (await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')).trim();
  if (child === '') return undefined;
  const name = await readFile(`/proc/${child}/comm`, 'utf8').catch(() => '');
  return name.trim() === 'systemd' ? Number(child) : undefined;
}
