import { createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { openDatabase } from '../../src/adapters/knex/database.js';
import { knexStores } from '../../src/adapters/knex/stores.js';
import type { NewJob } from '../../src/domain/jobs/job.js';
import { IdentityClient } from '../support/client.js';
import { eventually } from '../support/eventually.js';
import { startHomeserver } from '../support/homeserver.js';
import { startIslet } from '../support/islet.js';
import { secretBoxOf } from '../support/secret-box.js';
import { startMailServer } from '../support/smtp.js';
import { median } from './measure.js';

const JOBS = 1_000;
const DEAD_HOMESERVERS = 50;
const ROUNDS = 5;
const TARGET_MS = 2_000;
const KEY_BYTE = 7;

/**
 * The delay of a new invitation mail, and of a new onbind to a working homeserver, while a thousand jobs wait for
 * homeservers that accept connections but do not answer.
 */
export async function benchQueue() {
  const closing: (() => Promise<unknown>)[] = [];
  try {
    const silent = createServer((socket) => void socket.on('error', () => undefined));
    silent.listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const dead = { url: `http://127.0.0.1:${(silent.address() as AddressInfo).port}` };
    const mails = await startMailServer();
    const homeserver = await startHomeserver('example.org');
    closing.push(
      () => homeserver.close(),
      () => mails.close(),
      async () => void silent.close(),
    );
    const names = Array.from({ length: DEAD_HOMESERVERS }, (_, at) => `dead${at}.example`);
    const islet = await startIslet(
      {
        server: { name: 'id.example.org', publicUrl: 'https://id.example.org' },
        homeservers: {
          'example.org': { url: homeserver.url },
          ...Object.fromEntries(names.map((name) => [name, dead])),
        },
        mail: { host: '127.0.0.1', port: mails.port, tls: 'none' },
        signing: { keyFile: 'bench.key' },
      },
      { 'bench.key': `ed25519 ${KEY_BYTE} ${Buffer.alloc(32, KEY_BYTE).toString('base64')}\n` },
    );
    closing.push(() => islet.remove());
    await islet.stop();
    await addJobs(join(islet.folder, 'data', 'islet.db'), names);
    await islet.restart();
    const client = new IdentityClient(islet.url);
    await client.register('example.org', 'token-of-alice');

    const [mailMs, onBindMs]: [number[], number[]] = [[], []];
    for (let round = 0; round < ROUNDS; round++) {
      const guest = `guest${round}@example.net`;
      mailMs.push(
        await until(
          () => client.post('/v2/store-invite', inviteOf(guest)),
          () => mails.mails.some(({ envelope }) => envelope.to.includes(guest)),
        ),
      );
      const address = `alice${round}@example.net`;
      const proof = await validated(client, address, mails);
      onBindMs.push(
        await until(
          () => client.post('/v2/3pid/bind', { ...proof, mxid: '@alice:example.org' }),
          () => homeserver.bound.some((onbind) => onbind['address'] === address),
        ),
      );
    }
    return {
      jobs: JOBS,
      deadHomeservers: DEAD_HOMESERVERS,
      mailMs: median(mailMs),
      slowestMailMs: Math.max(...mailMs),
      onBindMs: median(onBindMs),
      slowestOnBindMs: Math.max(...onBindMs),
      targetMs: TARGET_MS,
    };
  } finally {
    for (const close of closing.toReversed()) await close();
  }
}

async function addJobs(file: string, homeservers: readonly string[]): Promise<void> {
  const db = await openDatabase({ client: 'sqlite3', file });
  const stores = knexStores(db, { now: () => Date.now() }, secretBoxOf(KEY_BYTE));
  const jobs = Array.from({ length: JOBS }, (_, at): NewJob => {
    const mxid = `@user${at}:${homeservers[at % homeservers.length]}` as const;
    return {
      kind: 'onbind',
      payload: { medium: 'email', address: `user${at}@example.net`, mxid, invite: null },
      runAt: Date.now(),
    };
  });
  await stores.jobs.add(jobs);
  await db.destroy();
}

const inviteOf = (address: string) => ({
  medium: 'email',
  address,
  room_id: '!room:example.org',
  sender: '@alice:example.org',
});

async function validated(
  client: IdentityClient,
  address: string,
  { mails }: { mails: readonly { mail: { text?: string | undefined } }[] },
) {
  const secret = `secret_of_${address.split('@')[0]}`;
  const { body } = await client.post('/v2/validate/email/requestToken', {
    client_secret: secret,
    email: address,
    send_attempt: 1,
  });
  const text = mails.findLast(({ mail }) => mail.text?.includes(`sid=${String(body['sid'])}`))?.mail.text ?? '';
  const token = /[?&]token=([0-9A-Za-z]+)/.exec(text)?.[1];
  const proof = { sid: body['sid'], client_secret: secret };
  await client.post('/v2/validate/email/submitToken', { ...proof, token });
  return proof;
}

/** The time from a request to its effect, in ms. */
async function until(ask: () => Promise<{ readonly status: number }>, hasHappened: () => boolean): Promise<number> {
  const since = performance.now();
  const { status } = await ask();
  if (status !== 200) throw new Error(`the request was answered ${status}`);
  await eventually(hasHappened, 60_000);
  return performance.now() - since;
}
