import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { FaultyProxy } from '../support/faulty-proxy.js';
import { type HomeserverStandIn, startHomeserver } from '../support/homeserver.js';
import { type RunningIslet, startIslet } from '../support/islet.js';
import { freshDatabase } from '../support/postgres-server.js';
import { sharedPostgres } from '../support/services.js';
import { type MailServer, startMailServer } from '../support/smtp.js';

export type DatabaseKind = 'sqlite' | 'postgres';

/** The neighbours that can be broken. */
export type Neighbour = 'homeserver' | 'mail' | 'database';

/** The built server among its neighbours, each behind a proxy that breaks what it is told to. */
export interface World {
  readonly islet: RunningIslet;
  readonly homeserver: HomeserverStandIn;
  readonly proxies: Readonly<Partial<Record<Neighbour, FaultyProxy>>>;
  /** Whether what was not synced can be taken away. */
  readonly canForget: boolean;
  /** How many mails an address got with each token. */
  mailsTo(address: string): number;
  /** The token in the mail about a session. */
  codeFor(address: string, sid: string): string | undefined;
  /** Ends the server at once, and leaves of its database what was synced: a power cut. */
  cutPower(): Promise<void>;
  close(): Promise<void>;
}

export async function openWorld(kind: DatabaseKind): Promise<World> {
  const homeserver = await startHomeserver('example.org');
  const mails = await startMailServer();
  const database = kind === 'postgres' ? await freshDatabase((await sharedPostgres()).url) : undefined;
  const proxies: Partial<Record<Neighbour, FaultyProxy>> = {
    homeserver: await FaultyProxy.to(homeserver.port),
    mail: await FaultyProxy.to(mails.port),
    ...(database && { database: await FaultyProxy.to(Number(new URL(database.url).port)) }),
  };
  const library = kind === 'sqlite' ? await forgetfulDisk() : undefined;
  const islet = await withPreload(library?.file, () => startIslet(configOf(proxies, database?.url)));
  const file = join(islet.folder, 'data', 'islet.db');
  return {
    islet: { ...islet, restart: () => withPreload(library?.file, () => islet.restart()) },
    homeserver,
    proxies,
    canForget: library !== undefined,
    mailsTo: (address) => mailsTo(mails, address).length,
    codeFor: (address, sid) =>
      mailsTo(mails, address)
        .map(({ mail }) => mail.text ?? '')
        .filter((text) => text.includes(`sid=${sid}`))
        .map((text) => /[?&]token=([0-9A-Za-z]+)/.exec(text)?.[1])
        .at(-1),
    cutPower: async () => {
      await islet.stop('SIGKILL');
      for (const name of [file, `${file}-wal`]) {
        await rm(name, { force: true });
        if (existsSync(`${name}.synced`)) await copyFile(`${name}.synced`, name);
      }
    },
    close: async () => {
      await islet.remove();
      for (const proxy of Object.values(proxies)) await proxy.stop();
      await Promise.all([homeserver.close(), mails.close()]);
      await database?.drop();
      if (library) await rm(library.folder, { recursive: true });
    },
  };
}

function configOf(proxies: World['proxies'], databaseUrl: string | undefined) {
  const url = databaseUrl === undefined ? undefined : new URL(databaseUrl);
  if (url) url.port = String(proxies.database?.at);
  return {
    server: { name: 'id.example.org', publicUrl: 'https://id.example.org' },
    ...(url && { database: { url: url.href } }),
    homeservers: { 'example.org': { url: `http://127.0.0.1:${proxies.homeserver?.at}` } },
    mail: { host: '127.0.0.1', port: proxies.mail?.at, tls: 'none', timeLimit: '3s' },
    limits: {
      mail: { perAddress: false, perUser: false, perHomeserver: false, perClient: false },
      invites: { perSender: false, perHomeserver: false, perClient: false },
      signIn: { perHomeserver: false, perClient: false },
    },
  };
}

const mailsTo = ({ mails }: MailServer, address: string) =>
  mails.filter(({ envelope }) => envelope.to.includes(address));

/** Builds the library, where there is a C compiler. */
async function forgetfulDisk(): Promise<{ readonly folder: string; readonly file: string } | undefined> {
  const folder = await mkdtemp(join(tmpdir(), 'islet-disk-'));
  const file = join(folder, 'forgetful-disk.so');
  const source = join(import.meta.dirname, 'forgetful-disk.c');
  try {
    await promisify(execFile)('cc', ['-shared', '-fPIC', '-O1', '-o', file, source, '-ldl']);
    return { folder, file };
  } catch {
    await rm(folder, { recursive: true });
    return undefined;
  }
}

async function withPreload<T>(library: string | undefined, start: () => Promise<T>): Promise<T> {
  if (library !== undefined) process.env['LD_PRELOAD'] = library;
  try {
    return await start();
  } finally {
    delete process.env['LD_PRELOAD'];
  }
}
