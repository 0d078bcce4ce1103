import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import knex from 'knex';
import { startHomeserver } from '../support/homeserver.js';
import { eventually } from '../support/eventually.js';
import { startIslet } from '../support/islet.js';
import type { Line } from './lines.js';
import { partsOf, type Spent, startBareMails, startMailSink, tokensIn } from './mails.js';
import { median, poster, signInAlice, timed } from './measure.js';
import { type Closing, cpuMs } from './servers.js';

const ROUNDS = 9;
const MAILS = 300;
/** Until the JIT compilers of both processes have little left to do. */
const WARM_UP_MAILS = 2_000;
const CLIENTS = 16;
/** The same number as in Islet. */
const CONNECTIONS = 5;

/**
 * Requests that send a mail, compared with nodemailer alone, which sends the same texts and headers over the same number of
 * connections to the same mail server; and binds, compared with transactions of Knex that write the same number of rows
 * into tables with the same columns, in an SQLite file with the same settings.
 */
export async function benchWrites() {
  const folder = await mkdtemp(join(tmpdir(), 'islet-writes-'));
  const closing: Closing = [() => rm(folder, { recursive: true, force: true })];
  try {
    const sink = await startMailSink(closing);
    const homeserver = await startHomeserver('example.org');
    closing.push(() => homeserver.close());
    const islet = await startIslet({
      server: { name: 'id.example.org', publicUrl: 'https://id.example.org' },
      homeservers: { 'example.org': { url: homeserver.url } },
      mail: { host: '127.0.0.1', port: sink.port, tls: 'none' },
      limits: false,
    });
    closing.push(() => islet.remove());
    const post = poster(islet.url, await signInAlice(islet.url));
    const sendBare = await startBareMails(sink.port, CONNECTIONS, closing);
    const rows = await openRows(join(folder, 'bare.db'));
    closing.push(() => rows.close());
    const spent = async (work: (at: number) => Promise<unknown>): Promise<Spent> => {
      const pids = [islet.pid() ?? 0];
      const since = await cpuMs(pids);
      const ms = await allAt(MAILS, CLIENTS, work);
      return { ms, cpuMs: (await cpuMs(pids)) - since };
    };

    const figures: { mails: Spent; parts: Spent; source: Spent; binds: Spent; toldMs: number; knexMs: number }[] = [];
    const requestToken = async (email: string) => {
      const wish = { client_secret: 'secret', email, send_attempt: 1 };
      const { status, body } = await post('/v2/validate/email/requestToken', wish);
      if (status !== 200) throw new Error(`requestToken was answered ${status}`);
      return body['sid'];
    };
    await allAt(WARM_UP_MAILS, CLIENTS, (at) => requestToken(`early${at}@example.net`));
    const [early = ''] = await sink.take();
    const earlyAddresses = Array.from({ length: WARM_UP_MAILS }, (_, at) => `early${at}@example.net`);
    await sendBare(earlyAddresses, CLIENTS, await partsOf(early));
    await sendBare(earlyAddresses, CLIENTS, { raw: early });
    await sink.take();

    for (let round = -1; round < ROUNDS; round++) {
      const addressAt = (at: number) => `guest${round + 1}.${at}@example.net`;
      const addresses = Array.from({ length: MAILS }, (_, at) => addressAt(at));
      const sids: unknown[] = [];
      const mails = await spent(async (at) => {
        sids[at] = await requestToken(addressAt(at));
      });
      const received = await sink.take();
      const [model = ''] = received;
      const parts = await sendBare(addresses, CLIENTS, await partsOf(model));
      const source = await sendBare(addresses, CLIENTS, { raw: model });
      if ((await sink.take()).length !== 2 * MAILS) throw new Error('nodemailer sent fewer mails');
      const tokens = await tokensIn(received);
      await allAt(MAILS, CLIENTS, async (at) => {
        const sid = String(sids[at]);
        await post('/v2/validate/email/submitToken', { sid, client_secret: 'secret', token: tokens.get(sid) });
      });
      const binds = await spent(async (at) => {
        const proof = { sid: sids[at], client_secret: 'secret', mxid: '@alice:example.org' };
        const { status } = await post('/v2/3pid/bind', proof);
        if (status !== 200) throw new Error(`bind was answered ${status}`);
      });
      // Otherwise Islet would notify the homeserver of them during the other measurements and the next round.
      const toldMs = await timed(() => eventually(() => homeserver.bound.length === (round + 2) * MAILS, 60_000));
      const knexMs = await allAt(MAILS, CLIENTS, (at) => rows.write(addressAt(at)));
      if (round >= 0) figures.push({ mails, parts, source, binds, toldMs: binds.ms + toldMs, knexMs });
    }
    type Figures = (typeof figures)[number];
    const of = (value: (figure: Figures) => number) => median(figures.map(value));
    const perSecond = (value: (figure: Figures) => number) => Math.round((MAILS * 1_000) / of(value));
    const lines: readonly Line[] = [
      {
        number: '5',
        what: 'requestToken with its mail : nodemailer alone',
        value: of(({ mails, parts }) => parts.ms / mails.ms),
        target: 0.6,
      },
      {
        number: '5',
        what: 'bind : the same rows by Knex alone',
        value: of(({ binds, knexMs }) => knexMs / binds.ms),
        target: 0.6,
      },
    ];
    return {
      requestTokenPerSecond: perSecond(({ mails }) => mails.ms),
      requestTokenCpuMs: of(({ mails }) => mails.cpuMs / MAILS),
      nodemailerPerSecond: perSecond(({ parts }) => parts.ms),
      nodemailerCpuMs: of(({ parts }) => parts.cpuMs / MAILS),
      requestTokenToNodemailerByCpu: of(({ mails, parts }) => parts.cpuMs / mails.cpuMs),
      constructedPerSecond: perSecond(({ source }) => source.ms),
      constructedCpuMs: of(({ source }) => source.cpuMs / MAILS),
      requestTokenToConstructed: of(({ mails, source }) => source.ms / mails.ms),
      requestTokenToConstructedByCpu: of(({ mails, source }) => source.cpuMs / mails.cpuMs),
      bindPerSecond: perSecond(({ binds }) => binds.ms),
      bindCpuMs: of(({ binds }) => binds.cpuMs / MAILS),
      bindToldPerSecond: perSecond(({ toldMs }) => toldMs),
      knexPerSecond: perSecond(({ knexMs }) => knexMs),
      lines,
    };
  } finally {
    for (const close of closing.toReversed()) await close();
  }
}

/** The time of a number of calls, in ms, with a number of concurrent ones. */
async function allAt(count: number, atOnce: number, work: (at: number) => Promise<unknown>): Promise<number> {
  const since = performance.now();
  let next = 0;
  const client = async () => {
    for (let at = next++; at < count; at = next++) await work(at);
  };
  await Promise.all(Array.from({ length: atOnce }, client));
  return performance.now() - since;
}

/** The rows of a bind: the binding, the job that tells the homeserver, the audit entry, and the change for the index. */
async function openRows(filename: string) {
  const db = knex({ client: 'sqlite3', connection: { filename }, useNullAsDefault: true, pool: { min: 1, max: 1 } });
  await db.raw('pragma journal_mode = wal');
  await db.raw('pragma synchronous = full');
  for (const name of ['binding', 'job', 'audit', 'change'])
    await db.schema.createTable(name, (table) => {
      table.increments('id');
      for (const column of ['a', 'b', 'c', 'd', 'e', 'f']) table.text(column);
      table.index(['a', 'b']);
    });
  return {
    write: (address: string) =>
      db.transaction(async (trx) => {
        const row = { a: 'email', b: address, c: '@alice:example.org', d: '1795950953153', e: '2795950953153', f: 'x' };
        await trx('binding').where({ a: 'email', b: address }).delete();
        for (const name of ['binding', 'job', 'audit', 'change']) await trx(name).insert(row);
      }),
    close: () => db.destroy(),
  };
}
