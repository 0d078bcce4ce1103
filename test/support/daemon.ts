import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

/** Another program that runs as a child process. */
export class Daemon {
  private process: ChildProcess | undefined;
  private output = '';

  /** @param at the address at which it accepts connections when it is ready */
  constructor(
    private readonly command: readonly [string, ...string[]],
    private readonly at: { readonly host: string; readonly port: number },
  ) {}

  get isRunning(): boolean {
    return this.process !== undefined && this.process.exitCode === null && this.process.signalCode === null;
  }

  /** Starts the process; stops it first if it is running. */
  async restart(): Promise<void> {
    await this.end('SIGTERM');
    const [file, ...args] = this.command;
    const started = spawn(file, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    this.output = '';
    started.stderr.on('data', (chunk: Buffer) => (this.output = (this.output + chunk.toString()).slice(-2_000)));
    this.process = started;
    while (!(await this.answers())) {
      if (started.exitCode !== null) throw new Error(`${file} ended with ${started.exitCode}: ${this.output}`);
      await pause(20);
    }
  }

  /** From now on the process accepts connections but sends nothing. */
  async pause(): Promise<void> {
    this.process?.kill('SIGSTOP');
    while (!(await isStopped(this.process?.pid))) await pause(5);
  }

  /** Makes it read its configuration again, if it does so on SIGHUP. */
  reload(): void {
    this.process?.kill('SIGHUP');
  }

  resume(): void {
    this.process?.kill('SIGCONT');
  }

  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const process = this.process;
    this.process = undefined;
    if (!process || process.exitCode !== null || process.signalCode !== null) return;
    const ended = once(process, 'exit');
    process.kill('SIGCONT');
    process.kill(signal);
    await ended;
  }

  private async answers(): Promise<boolean> {
    const socket = connect(this.at);
    const isUp = await once(socket, 'connect').then(
      () => true,
      () => false,
    );
    socket.destroy();
    return isUp;
  }
}

/** Whether all threads of a process are stopped after SIGSTOP. */
async function isStopped(pid: number | undefined): Promise<boolean> {
  const tasks = await readdir(`/proc/${pid}/task`);
  const states = tasks.map(async (task) => /\) T /.test(await readFile(`/proc/${pid}/task/${task}/stat`, 'utf8')));
  return (await Promise.all(states)).every((state) => state);
}
