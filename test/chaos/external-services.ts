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
export const SERVICES = ['homeserver', 'mail', 'sms', 'directory', 'upstream', 'database'] as const;
export type ExternalService = (typeof SERVICES)[number];

/** A server that is stopped and started again, in addition to network faults. */
export type ServiceFault = Fault | 'restart';

/** A text message as its gateway received it. */
export interface ReceivedText {
  readonly to: string;
  readonly text: string;
}

/** All servers with which Islet communicates, each behind a proxy; all of them use TLS. */
export interface ExternalServices {
  readonly homeserver: HomeserverStandIn;
  readonly mails: MailServer;
  readonly texts: readonly ReceivedText[];
  readonly slapd: Slapd;
  readonly upstream: IdentityServer;
  readonly postgres: PrivatePostgres | undefined;
  /** The URL of the database on the server. */
  readonly databaseUrl: string | undefined;
  readonly proxies: Readonly<Partial<Record<ExternalService, FaultyProxy>>>;
  /** Starts a fault. A restart has ended when this resolves. */
  break(service: ExternalService, fault: ServiceFault): Promise<void>;
  repair(service: ExternalService): Promise<void>;
  /** Starts servers that other programs on this machine have stopped. @returns whether there were any */
  revive(): Promise<boolean>;
  close(): Promise<void>;
}

export const UPSTREAM_ROWS: readonly Row[] = [
  ['email', 'paula@partner.test', '@paula:partner.test'],
  ['msisdn', '447700900111', '@peter:partner.test'],
];

export async function startServices(certificates: Certificates, disk?: SmallDisk | 'none'): Promise<ExternalServices> {
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
  const proxies: Partial<Record<ExternalService, FaultyProxy>> = {
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
    async break(service, fault) {
      if (fault !== 'restart') return proxies[service]?.break(fault);
      if (service === 'directory') return slapd.restart();
      if (service === 'database') return postgres?.restart();
      return proxies[service]?.restart();
    },
    repair: async (service) => proxies[service]?.repair(),
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
