import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ensurePackages } from './debian.js';
import { findPostgres, startPostgres } from './postgres-server.js';

const run = promisify(execFile);
const root = join(import.meta.dirname, '../..');

export interface SharedPostgres {
  readonly url: string;
  /** The certificate authority of its certificate, PEM. */
  readonly ca: string;
}

/** Starts the services that tests request, each once, and stops them at the end of the run. */
export class ServiceBroker {
  private readonly started = new Map<string, Promise<unknown>>();
  private readonly stops: (() => Promise<unknown>)[] = [];
  private packages: Promise<unknown> = Promise.resolve();

  private readonly server = createServer((req, res) => {
    const { pathname, searchParams } = new URL(req.url ?? '', 'http://broker');
    this.answer(pathname, searchParams.getAll('name')).then(
      (value) => res.end(JSON.stringify(value ?? {})),
      (error: Error) => res.writeHead(500).end(JSON.stringify({ error: withCauses(error) })),
    );
  });

  /** @returns the URL of the broker */
  async listen(): Promise<string> {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Allows the process to exit while the broker listens. */
  unref(): void {
    this.server.unref();
  }

  async close(): Promise<void> {
    this.server.close();
    this.server.closeAllConnections();
    for (const stop of this.stops.toReversed()) await stop();
  }

  private answer(path: string, names: readonly string[]): Promise<unknown> {
    if (path === '/packages') return this.install(names);
    const begun = this.started.get(path) ?? this.start(path);
    this.started.set(path, begun);
    return begun;
  }

  private start(path: string): Promise<unknown> {
    if (path === '/build') return build();
    if (path === '/postgres') return this.startPostgres();
    if (path === '/samba-folder') return this.makeSambaFolder();
    return Promise.reject(new Error(`the broker starts no ${path}`));
  }

  private install(names: readonly string[]): Promise<unknown> {
    this.packages = this.packages.catch(() => undefined).then(() => ensurePackages(names));
    return this.packages;
  }

  private async startPostgres(): Promise<SharedPostgres> {
    if ((await findPostgres()) === undefined) await this.install(['postgresql']);
    const postgres = await startPostgres((await findPostgres()) ?? '');
    this.stops.push(() => postgres.stop());
    return { url: postgres.url, ca: postgres.ca };
  }

  private async makeSambaFolder(): Promise<{ readonly folder: string }> {
    const folder = await mkdtemp(join(tmpdir(), 'samba-of-the-run-'));
    this.stops.push(() => rm(folder, { recursive: true }));
    return { folder };
  }
}

/** `npm run build`. Unchanged files are not compiled again. */
async function build(): Promise<void> {
  await run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', 'tsconfig.build.json'], {
    cwd: root,
  }).catch((cause: Error & { stdout?: string }) => {
    throw new Error(`the server does not compile: ${cause.stdout ?? cause.message}`, { cause });
  });
  const { bundle } = await import('../../deploy/bundle.js');
  await bundle();
}

const withCauses = (error: Error): string =>
  error.cause instanceof Error ? `${error.message} (${withCauses(error.cause)})` : error.message;
