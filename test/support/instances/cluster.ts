import { IdentityClient } from '../client.js';
import { type HomeserverStandIn, startHomeserver } from '../homeserver.js';
import { type RunningIslet, startIslet } from '../islet.js';
import { freshDatabase } from '../postgres-server.js';
import { sharedPostgres } from '../services.js';
import { type MailServer, startMailServer } from '../smtp.js';
import { type LoadBalancer, startLoadBalancer } from './load-balancer.js';

/** How many addresses a user may look up in an hour. */
export const LOOKUP_LIMIT = 400;
export const TERMS_URL = 'https://example.org/privacy/1/en';

/** Instances of Islet on one PostgreSQL behind nginx, as in docs/topics/scaling.md. */
export class Cluster {
  readonly instances: RunningIslet[] = [];

  private constructor(
    private readonly database: Awaited<ReturnType<typeof freshDatabase>>,
    readonly homeserver: HomeserverStandIn,
    readonly mails: MailServer,
    private balancer: LoadBalancer | undefined,
  ) {}

  static async start(count: number): Promise<Cluster> {
    const postgres = await sharedPostgres();
    const database = await freshDatabase(postgres.url);
    const [homeserver, mails] = [await startHomeserver('example.org'), await startMailServer()];
    const cluster = new Cluster(database, homeserver, mails, undefined);
    await Promise.all(Array.from({ length: count }, () => cluster.startInstance()));
    cluster.balancer = await startLoadBalancer(cluster.instances.map(({ url }) => url));
    return cluster;
  }

  /** The address of all instances together. */
  get url(): string {
    return this.balancer?.url ?? '';
  }

  /** Starts one more instance and sends requests to it. */
  async add(): Promise<void> {
    await this.startInstance();
    await this.balance();
  }

  /** Ends the oldest instance without a warning. nginx notices by itself. */
  async kill(): Promise<void> {
    const [oldest] = this.instances.splice(0, 1);
    await oldest?.remove();
  }

  /** Removes dead instances from nginx. */
  async balance(): Promise<void> {
    await this.balancer?.balance(this.instances.map(({ url }) => url));
  }

  /** A client of each instance, with this access token. */
  clients(token: string): readonly IdentityClient[] {
    return this.instances.map(({ url }) => {
      const client = new IdentityClient(url);
      client.useToken(token);
      return client;
    });
  }

  async close(): Promise<void> {
    await this.balancer?.close();
    for (const instance of this.instances) await instance.remove();
    await Promise.all([this.homeserver.close(), this.mails.close()]);
    await this.database.drop();
  }

  private async startInstance(): Promise<void> {
    const config = {
      server: { name: 'id.example.org', publicUrl: 'https://id.example.org' },
      database: { url: this.database.url },
      listen: { trustedProxies: ['127.0.0.1/32'] },
      homeservers: { 'example.org': { url: this.homeserver.url } },
      mail: { host: '127.0.0.1', port: this.mails.port, tls: 'none' },
      signing: { keyFile: 'shared.key' },
      terms: { policies: { privacy: { version: '1', languages: { en: { name: 'Privacy', url: TERMS_URL } } } } },
      accessTokens: { perUser: false },
      limits: {
        mail: false,
        signIn: false,
        lookup: { addressesPerUser: `${LOOKUP_LIMIT}/1h`, addressesPerHomeserver: false },
      },
    };
    const files = { 'shared.key': `ed25519 shared ${Buffer.alloc(32, 7).toString('base64')}\n` };
    this.instances.push(await startIslet(config, files));
  }
}
