import { spawn, type ChildProcess } from 'node:child_process';
import dns from 'node:dns';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { vi } from 'vitest';

/**
 * A port of 127.0.0.1 to which connections take about a second: its accept queue is full until it is drained, and the
 * kernel retries after one second.
 */
export async function startSlowListener(): Promise<{ readonly port: number; drain(): void; stop(): Promise<void> }> {
  const program = `
    const server = require('node:net').createServer((socket) => socket.on('error', () => {}));
    server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => process.send(server.address().port));`;
  const child: ChildProcess = spawn(process.execPath, ['-e', program], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const [port] = (await once(child, 'message')) as [number];
  child.kill('SIGSTOP');
  const fillers: Socket[] = [];
  for (let place = 0; place < 3; place++) fillers.push(connect(port, '127.0.0.1').on('error', () => undefined));
  await once(fillers[0] as Socket, 'connect');
  await once(fillers[1] as Socket, 'connect');
  return {
    port,
    drain: () => void child.kill('SIGCONT'),
    async stop() {
      for (const filler of fillers) filler.destroy();
      child.kill('SIGCONT');
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    },
  };
}

/** Resolves every name to these addresses, in this order. */
export function resolveTo(...addresses: readonly string[]): void {
  const found = addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
  vi.spyOn(dns, 'lookup').mockImplementation(((_name: string, _options: unknown, done: (...args: unknown[]) => void) =>
    done(null, found)) as unknown as typeof dns.lookup);
}
