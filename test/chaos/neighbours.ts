import { type Fault, FaultyProxy } from '../support/faulty-proxy.js';
import { type HomeserverStandIn, startHomeserver } from '../support/homeserver.js';
import { type IdentityServer, type Row, startIdentityServer } from '../support/identity-server.js';
import type { Masks } from '../support/masquerade.js';
import { findPostgres, freshDatabase, type PrivatePostgres, startPostgres } from '../support/postgres-server.js';
import { needPackages } from '../support/services.js';
import { Slapd } from '../support/slapd.js';
import { type MailServer, startMailServer } from '../support/smtp.js';
import { startStandIn } from '../support/stand-in.js';
import type { Certificates } from './certificates.js';
import { firstPeople } from './directory.js';
import type { SmallDisk } from './disk.js';

/** The servers that can be broken. */
export const NEIGHBOURS = ['homeserver', 'mail', 'sms', 'directory', 'upstream', 'database'] as const;
export type Neighbour = (typeof NEIGHBOURS)[number];

/** A server that is stopped and started again, in addition to network faults. */
export type Trouble = Fault | 'restart';

/** A text message as its gateway received it. */
export interface ReceivedText {
  readonly to: string;
  readonly text: string;
}

/** All servers with which Islet communicates, each behind a proxy; all of them use TLS. */
export interface Neighbours {
  readonly homeserver: HomeserverStandIn;
  readonly mails: MailServer;
  readonly texts: readonly ReceivedText[];
  readonly slapd: Slapd;
  readonly upstream: IdentityServer;
  readonly postgres: PrivatePostgres | undefined;
  /** The URL of the database on the server. */
  readonly databaseUrl: string | undefined;
  readonly proxies: Readonly<Partial<Record<Neighbour, FaultyProxy>>>;
  /** Starts a fault. A restart has ended when this resolves. */
  break(neighbour: Neighbour, trouble: Trouble): Promise<void>;
  heal(neighbour: Neighbour): Promise<void>;
  /** Starts servers that other programs on this machine have stopped. @returns whether there were any */
  revive(): Promise<boolean>;
  close(): Promise<void>;
}

export const UPSTREAM_ROWS: readonly Row[] = [
  ['email', 'paula@partner.test', '@paula:partner.test'],
  ['msisdn', '447700900111', '@peter:partner.test'],
];

export async function startNeighbours(certificates: Certificates, disk?: SmallDisk | 'none'): Promise<Neighbours> {
  const { good } = certificates;
  const masksOf = (protocol: Masks['protocol']): Masks => ({ protocol, certificates });
  const texts: ReceivedText[] = [];
  const homeserver = await startHomeserver('example.org', { certificate: good });
  const mails = await startMailServer({ certificate: good, isImplicit: true });
  const gateway = await startStandIn((request, response) => {
    void request.toArray().then((chunks) => {
      const sent = JSON.parse(Buffer.concat(chunks as Buffer[]).toString()) as ReceivedText;
      texts.push(sent);
      response.end('{}');
    });
  }, good);
  const upstream = await startIdentityServer({ rows: UPSTREAM_ROWS, accessToken: 'of-islet', certificate: good });
  const slapd = await Slapd.start({ ldif: firstPeople(), tls: { ca: certificates.ca, ...good } });
  const postgres = disk && (await startOwnPostgres(disk));
  const database = postgres && (await freshDatabase(postgres.url));
  const proxies: Partial<Record<Neighbour, FaultyProxy>> = {
    homeserver: await FaultyProxy.to(homeserver.port, masksOf('http')),
    mail: await FaultyProxy.to(mails.port, masksOf('smtp')),
    sms: await FaultyProxy.to(gateway.port, masksOf('http')),
    directory: await FaultyProxy.to(Number(new URL(slapd.ldapsUrl).port), masksOf('ldap')),
    upstream: await FaultyProxy.to(Number(new URL(upstream.url).port), masksOf('http')),
    ...(database && {
      database: await FaultyProxy.to(Number(new URL(database.url).port), masksOf('postgres')),
    }),
  };
  return {
    homeserver,
    mails,
    texts,
    slapd,
    upstream,
    postgres,
    databaseUrl: database?.url,
    proxies,
    async break(neighbour, trouble) {
      if (trouble !== 'restart') return proxies[neighbour]?.break(trouble);
      if (neighbour === 'directory') return slapd.restart();
      if (neighbour === 'database') return postgres?.restart();
      return proxies[neighbour]?.restart();
    },
    heal: async (neighbour) => proxies[neighbour]?.heal(),
    async revive() {
      if (slapd.isRunning) return false;
      await slapd.restart();
      return true;
    },
    async close() {
      for (const proxy of Object.values(proxies)) await proxy.stop();
      await Promise.all([homeserver.close(), mails.close(), gateway.close(), upstream.close(), slapd.stop()]);
      await postgres?.stop();
    },
  };
}

/** A separate server, which is killed and whose disk is filled at times. */
async function startOwnPostgres(disk: SmallDisk | 'none'): Promise<PrivatePostgres> {
  if ((await findPostgres()) === undefined) await needPackages('postgresql');
  return startPostgres((await findPostgres()) ?? '', disk === 'none' ? undefined : disk.folder);
}
