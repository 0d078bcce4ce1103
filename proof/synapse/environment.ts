import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { startIslet } from '../../test/support/islet.js';
import { freePort } from '../../test/support/ports.js';
import { startMailServer } from '../../test/support/smtp.js';
import { startStandIn } from '../../test/support/stand-in.js';
import { createAuthority } from '../../test/support/tls.js';
import { type Chroot, installSynapse, nameHosts, trust } from './chroot.js';
import { startHomeserver } from './homeserver.js';
import { MatrixClient } from './matrix-client.js';
import { type Exchange, startRecordingProxy } from './recording-proxy.js';

/** The host names on this machine. Each has its own loopback address, because all of them listen on port 443. */
export const HOSTS = { 'id.test': '127.77.0.1', 'hs1.test': '127.77.0.2', 'hs2.test': '127.77.0.3' } as const;
export const ID_SERVER = 'id.test';

export interface EnvironmentOptions {
  readonly folder: string;
  /** The configuration of Islet, except server, homeservers, mail and text messages. */
  readonly islet: Record<string, unknown>;
  readonly files?: Readonly<Record<string, string>>;
}

/** Two federating Synapses, Islet, a mail server and an SMS gateway, behind recording proxies. */
export async function startEnvironment({ folder, islet: config, files = {} }: EnvironmentOptions) {
  const chroot = await installSynapse(join(folder, 'debian'));
  const { root } = chroot;
  const { ca, certificates } = createAuthority(
    Object.fromEntries(Object.entries(HOSTS).map(([name, address]) => [name, [name, address]])),
  );
  await nameHosts(root, HOSTS);
  await trust(root, ca);
  const closing: (() => Promise<void>)[] = [];
  const close = async () => {
    for (const step of closing.toReversed()) await step();
  };
  try {
    const [hs1, hs2] = await Promise.all(['hs1.test', 'hs2.test'].map((name) => startOne(name)));
    if (!hs1 || !hs2) throw new Error('two homeservers were to be started');
    const mails = await startMailServer();
    closing.push(() => mails.close());
    const texts: { to: string; text: string }[] = [];
    const gateway = await startGateway(texts);
    closing.push(() => gateway.close());
    const exchanges: Exchange[] = [];
    const ports: Record<string, number> = { 'hs1.test': portOf(hs1.url), 'hs2.test': portOf(hs2.url) };
    for (const [name, address] of Object.entries(HOSTS)) {
      const certificate = certificates[name];
      if (!certificate) throw new Error(`${name} has no certificate`);
      const own = { '/.well-known/matrix/server': { 'm.server': `${name}:443` } };
      const target = () => ports[name] ?? 0;
      const proxy = await startRecordingProxy({ name, address, certificate, target, own }, exchanges);
      closing.push(() => proxy.close());
    }
    // Only administrators can see who has deactivated an account.
    const operator = await MatrixClient.register(hs1, 'operator', true);
    const islet = await startIslet(
      {
        listen: { trustedProxies: ['127.0.0.1/32'] },
        server: { name: ID_SERVER, publicUrl: `https://${ID_SERVER}` },
        homeservers: {
          'hs1.test': {
            url: `https://${HOSTS['hs1.test']}`,
            caFile: 'ca.pem',
            accountApi: 'synapse',
            accessTokenFile: 'operator-token',
          },
          'hs2.test': { url: `https://${HOSTS['hs2.test']}`, caFile: 'ca.pem' },
        },
        mail: { host: '127.0.0.1', port: mails.port, tls: 'none', from: 'Islet <noreply@id.test>' },
        sms: { gateways: [{ http: { url: `${gateway.url}/send`, body: '{"to":"{{number}}","text":"{{text}}"}' } }] },
        ...config,
      },
      { 'ca.pem': ca, 'operator-token': operator.accessToken, ...files },
    );
    closing.push(() => islet.remove());
    ports[ID_SERVER] = portOf(islet.url);
    return { chroot, hs1, hs2, islet, mails, texts, exchanges, close };
  } catch (error) {
    await close();
    throw error;
  }

  async function startOne(name: string) {
    const config = homeserverConfig(chroot);
    const homeserver = await startHomeserver({ root, name, port: await freePort(), config });
    closing.push(async () => {
      await homeserver.stop();
      rmSync(join(root, 'srv', name), { recursive: true, force: true });
    });
    return homeserver;
  }
}

export type Environment = Awaited<ReturnType<typeof startEnvironment>>;

const homeserverConfig = (_chroot: Chroot) => ({
  ip_range_whitelist: ['127.77.0.0/16'],
  account_threepid_delegates: { msisdn: `https://${ID_SERVER}` },
});

const portOf = (url: string) => Number(new URL(url).port);

function startGateway(texts: { to: string; text: string }[]) {
  return startStandIn((request, response) => {
    void request.toArray().then((chunks) => {
      texts.push(JSON.parse(Buffer.concat(chunks as Buffer[]).toString()) as { to: string; text: string });
      response.end('{}');
    });
  });
}
