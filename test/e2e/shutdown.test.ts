import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { IdentityClient } from '../support/client.js';
import { eventually } from '../support/eventually.js';
import { FaultyProxy } from '../support/faulty-proxy.js';
import { type HomeserverStandIn, startHomeserver } from '../support/homeserver.js';
import { type RunningIslet, startIslet } from '../support/islet.js';
import { freshDatabase } from '../support/postgres-server.js';
import { sharedPostgres } from '../support/services.js';
import { type MailServer, startMailServer } from '../support/smtp.js';
import { type StandIn, startStandIn } from '../support/stand-in.js';

const postgres = await sharedPostgres();

/** systemd kills the process after 30 s, and many container runtimes have the same limit. */
const LIMIT_MS = 25_000;
const WAITING_MAILS = 60;
/** The number of concurrent connections to the mail server. */
const MAILS_AT_ONCE = 5;

describe('SIGTERM', () => {
  let database: Awaited<ReturnType<typeof freshDatabase>>;
  let proxy: FaultyProxy;
  let mails: MailServer;
  let homeserver: HomeserverStandIn;
  let silent: StandIn;
  let islet: RunningIslet;
  let client: IdentityClient;

  beforeAll(async () => {
    database = await freshDatabase(postgres.url);
    const url = new URL(database.url);
    proxy = await FaultyProxy.to(Number(url.port));
    url.port = String(proxy.at);
    mails = await startMailServer();
    homeserver = await startHomeserver('example.org');
    silent = await startStandIn(() => undefined);
    islet = await startIslet({
      server: { name: 'id.example.org', publicUrl: 'https://id.example.org' },
      database: { url: url.href },
      homeservers: { 'example.org': { url: homeserver.url }, 'silent.example': { url: silent.url } },
      mail: { host: '127.0.0.1', port: mails.port, tls: 'none' },
      limits: { invites: { perSender: false, perHomeserver: false, perClient: false } },
    });
    client = new IdentityClient(islet.url);
    await client.register('example.org', 'token-of-alice');
  });

  afterAll(async () => {
    await islet?.remove();
    await proxy?.stop();
    await Promise.all([mails?.close(), homeserver?.close(), silent?.close()]);
    await database?.drop();
  });

  const requestMail = (address: string) =>
    client.post('/v2/validate/email/requestToken', {
      client_secret: address.split('@')[0],
      email: address,
      send_attempt: 1,
    });

  async function stop(): Promise<{ code: number | null; tookMs: number }> {
    const since = performance.now();
    const code = await islet.stop();
    return { code, tookMs: performance.now() - since };
  }

  it('finishes requests in progress and requeues the rest: mails that wait, a homeserver that does not answer', async () => {
    await islet.command('bind', 'someone@example.net', '@someone:silent.example');
    await eventually(() => silent.seen.length > 0);
    mails.stall(true);
    const addresses = Array.from({ length: WAITING_MAILS }, (_, at) => `guest${at}@example.net`);
    const invited = addresses.map((address) =>
      client.post('/v2/store-invite', {
        medium: 'email',
        address,
        room_id: '!room:example.org',
        sender: '@alice:example.org',
      }),
    );
    for (const { status } of await Promise.all(invited)) expect(status).toBe(200);
    await eventually(() => mails.waitingCount() === MAILS_AT_ONCE);
    const asked = requestMail('alice@example.org');
    expect((await client.get('/v2/account')).status).toBe(200);

    const stopped = stop();
    await islet.logged('server_stopping');
    mails.stall(false);
    expect((await asked).status).toBe(200);
    expect(await stopped).toMatchObject({ code: 0 });
    expect(islet.log()).not.toContain('shutdown_cut_off');
    expect(mails.mails).toHaveLength(MAILS_AT_ONCE + 1);

    await islet.restart();
    await eventually(() => mails.mails.length > WAITING_MAILS);
    const recipients = mails.mails.flatMap(({ envelope }) => envelope.to).filter((to) => to.startsWith('guest'));
    expect(recipients.toSorted()).toEqual(addresses.toSorted());
  });

  it('ends the server within 25 seconds although the database, the mail server and a homeserver hang', async () => {
    mails.stall(true);
    const asked = requestMail('bob@example.org').catch(() => undefined);
    await islet.command('bind', 'someone.else@example.net', '@someone.else:silent.example');
    const seen = silent.seen.length;
    await eventually(() => silent.seen.length > seen || seen > 1);
    await eventually(() => mails.waitingCount() > 0);
    await proxy.break('hang');
    const lookup = client.get('/v2/account').catch(() => undefined);
    const { code, tookMs } = await stop();
    expect(code).toBe(0);
    expect(tookMs).toBeLessThan(LIMIT_MS);
    await Promise.all([asked, lookup]);
    mails.stall(false);
    await proxy.repair();
    await islet.restart();
  });

  it('answers the clients in its accept queue, as many as have connected before the signal', async () => {
    const pid = islet.pid();
    assert(pid !== undefined);
    process.kill(pid, 'SIGSTOP');
    const asked = Array.from({ length: 30 }, () => connectAndAsk(islet.url));
    const connections = await Promise.all(asked);
    const stopped = islet.stop();
    process.kill(pid, 'SIGCONT');
    const answers = await Promise.all(connections.map((connection) => connection.status));
    expect(new Set(answers)).toEqual(new Set(['HTTP/1.1 200 OK']));
    await stopped;
  });
});

/**
 * One request on a separate connection. Resolves when the kernel has accepted the connection.
 * @returns the status line, or the code of the error
 */
async function connectAndAsk(url: string) {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  await once(socket, 'connect');
  socket.write(`GET /_matrix/identity/v2 HTTP/1.1\r\nHost: ${hostname}\r\nConnection: close\r\n\r\n`);
  const status = socket.toArray().then(
    (chunks) =>
      Buffer.concat(chunks as Buffer[])
        .toString()
        .split('\r\n', 1)[0],
    (error: NodeJS.ErrnoException) => error.code,
  );
  return { status };
}
