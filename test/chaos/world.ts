import { existsSync } from 'node:fs';
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PEOPLE_BASE } from '../support/people.js';
import { startIslet } from '../support/islet.js';
import { createCertificates } from './certificates.js';
import { DirectoryModel } from './directory.js';
import { mountSmallDisk, type SmallDisk } from './disk.js';
import { Fleet } from './fleet.js';
import { forgetfulDisk, type ForgetfulDisk } from './forgetful-disk.js';
import { ReceivedMessages } from './received-messages.js';
import { type ExternalServices, startServices } from './external-services.js';

export type DatabaseKind = 'sqlite' | 'postgres';

const BUILT = join(import.meta.dirname, '../../dist/app/cli.js');

export const TERMS = 'https://example.org/terms/1';

/** The built server, or three of it on one PostgreSQL, and its services. */
export interface World {
  readonly kind: DatabaseKind;
  /** The path of the program. */
  readonly cli: string;
  readonly fleet: Fleet;
  readonly services: ExternalServices;
  readonly directory: DirectoryModel;
  readonly messages: ReceivedMessages;
  /** A folder for files that do not belong to the server. */
  readonly folder: string;
  /** The small disk with the database, if there is one. */
  readonly disk: SmallDisk | undefined;
  /** The SQLite file and its log as of their last sync, and failing writes; only if there is a C compiler. */
  readonly forgetful: ForgetfulDisk | undefined;
  /** The file with the signing keys. */
  readonly keyFile: string;
  /** Kills the server, and keeps only the synced part of its database: a power failure. */
  cutPower(): Promise<void>;
  close(): Promise<void>;
}

/** @param cli the program of another build */
export async function openWorld(kind: DatabaseKind, cli?: string): Promise<World> {
  const opened = new Opened();
  try {
    return await build(kind, opened, cli);
  } catch (error) {
    await opened.close();
    throw error;
  }
}

/** What must be closed, in reverse order. */
class Opened {
  private readonly closings: (() => Promise<unknown>)[] = [];

  add<T>(resource: T, close: () => Promise<unknown>): T {
    this.closings.push(close);
    return resource;
  }

  async close(): Promise<void> {
    for (const close of this.closings.splice(0).toReversed()) await close();
  }
}

async function build(kind: DatabaseKind, opened: Opened, otherCli?: string): Promise<World> {
  const folder = await mkdtemp(join(tmpdir(), 'islet-chaos-'));
  opened.add(folder, () => rm(folder, { recursive: true }));
  const cli = otherCli ?? BUILT;
  const certificates = createCertificates();
  const disk = await mountSmallDisk(kind === 'sqlite' ? 48 : 256);
  opened.add(disk, async () => disk?.close());
  const services = await startServices(certificates, kind === 'postgres' ? (disk ?? 'none') : undefined);
  opened.add(services, () => services.close());
  const caFile = join(folder, 'ca.pem');
  await writeFile(caFile, `${certificates.ca}\n${services.postgres?.ca ?? ''}`);
  const keyFile = join(folder, 'signing.key');
  await writeFile(keyFile, `ed25519 first ${Buffer.alloc(32, 7).toString('base64')}\n`, { mode: 0o600 });
  const forgetful = kind === 'sqlite' ? await forgetfulDisk() : undefined;
  opened.add(forgetful, async () => forgetful?.remove());
  const environment = { NODE_EXTRA_CA_CERTS: caFile, ...forgetful?.environment };
  const data = kind === 'sqlite' && disk ? { dataDir: join(disk.folder, 'data') } : {};
  const config = { ...configOf(services, caFile, keyFile), ...data };
  const startTimes: number[] = [];
  const instances = await Promise.all(
    Array.from({ length: kind === 'postgres' ? 3 : 1 }, async () => {
      const since = performance.now();
      const islet = await startIslet(config, {}, cli, environment);
      startTimes.push(performance.now() - since);
      return opened.add(islet, () => islet.remove());
    }),
  );
  const fleet = new Fleet(instances);
  fleet.startTimes.push(...startTimes);
  const files = data.dataDir ?? join(instances[0]?.folder ?? '', 'data');
  return {
    kind,
    cli,
    fleet,
    services,
    directory: new DirectoryModel(services.slapd),
    messages: new ReceivedMessages(services),
    folder,
    disk,
    forgetful,
    keyFile,
    async cutPower() {
      await fleet.stop('SIGKILL', ...fleet.running);
      for (const name of ['islet.db', 'islet.db-wal']) {
        await rm(join(files, name), { force: true });
        const synced = join(forgetful?.folder ?? '', `${name}.synced`);
        if (existsSync(synced)) await copyFile(synced, join(files, name));
      }
    },
    close: () => opened.close(),
  };
}

function configOf({ proxies, slapd, databaseUrl }: ExternalServices, caFile: string, keyFile: string) {
  const at = (service: keyof typeof proxies) => `127.0.0.1:${proxies[service]?.at}`;
  const database = databaseUrl === undefined ? undefined : new URL(databaseUrl);
  if (database) database.host = at('database');
  return {
    server: { name: 'id.example.org', publicUrl: 'https://id.example.org' },
    ...(database && { database: { url: database.href, caFile } }),
    signing: { keyFile },
    homeservers: { 'example.org': { url: `https://${at('homeserver')}`, caFile } },
    sources: [
      'bindings',
      {
        ldap: {
          name: 'staff',
          urls: [`ldaps://${at('directory')}`],
          caFile,
          bindDn: slapd.adminDn,
          bindPassword: slapd.adminPassword,
          preset: 'openldap',
          bases: [PEOPLE_BASE],
          homeserver: 'example.org',
          timeLimit: '2s',
          mirror: { every: '3s', changesEvery: '1s' },
        },
      },
      {
        upstream: {
          name: 'partner',
          url: `https://${at('upstream')}`,
          accessToken: 'of-islet',
          caFile,
          timeLimit: '2s',
          cache: false,
          forward: { domains: ['partner.test'] },
        },
      },
    ],
    mail: { host: '127.0.0.1', port: proxies.mail?.at, tls: 'implicit', caFile, timeLimit: '3s' },
    sms: {
      gateways: [
        {
          http: {
            url: `https://${at('sms')}/`,
            headers: { 'content-type': 'application/json' },
            body: '{"to":"{{number}}","text":"{{text}}"}',
            timeLimit: '3s',
          },
        },
      ],
    },
    terms: {
      policies: { privacy: { version: '1', languages: { en: { name: 'Privacy', url: TERMS } } } },
    },
    lookup: { pepperLifetime: '20s', pepperGrace: '20s' },
    limits: {
      // Three mails per address: the instances share the count.
      mail: { perAddress: '3/1h', perUser: false, perHomeserver: false, perClient: false },
      sms: {
        perNumber: false,
        perUser: false,
        perHomeserver: false,
        perClient: false,
        perCountry: false,
        perCountryAndHomeserver: false,
      },
      invites: { perSender: false, perHomeserver: false, perClient: false },
      lookup: { addressesPerUser: false, addressesPerHomeserver: false },
      signIn: { perHomeserver: false, perClient: false },
    },
  };
}
