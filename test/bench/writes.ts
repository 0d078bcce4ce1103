import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import knex from 'knex';
import { createTransport } from 'nodemailer';
import { startHomeserver } from '../support/homeserver.js';
import { startIslet } from '../support/islet.js';
import { startMailServer } from '../support/smtp.js';
import type { Line } from './lines.js';
import { median, poster, signInAlice } from './measure.js';
import type { Closing } from './servers.js';

const ROUNDS = 5;
const MAILS = 100;
const CLIENTS = 16;
/** As in Islet. */
const CONNECTIONS = 5;

/**
 * Requests that send a mail, beside the same mails sent by nodemailer alone through as many connections; and binds,
 * beside transactions of Knex that write as many rows into tables of the same columns, in an SQLite file with the same
 * settings.
 */
export async function benchWrites() {
  const folder = await mkdtemp(join(tmpdir(), 'islet-writes-'));
  const closing: Closing = [() => rm(folder, { recursive: true, force: true })];
  try {
    const mails = await startMailServer();
    closing.push(() => mails.close());
    const homeserver = await startHomeserver('example.org');
    closing.push(() => homeserver.close());
    const islet = await startIslet({
      server: { name: 'id.example.org', publicUrl: 'https://id.example.org' },
      homeservers: { 'example.org': { url: homeserver.url } },
      mail: { host: '127.0.0.1', port: mails.port, tls: 'none' },
      limits: false,
    });
    closing.push(() => islet.remove());
    const post = poster(islet.url, await signInAlice(islet.url));
    const bare = createTransport({
      host: '127.0.0.1',
      port: mails.port,
      pool: true,
      maxConnections: CONNECTIONS,
      ignoreTLS: true,
    });
    closing.push(async () => bare.close());
    const rows = await openRows(join(folder, 'bare.db'));
    closing.push(() => rows.close());

    const figures: { mails: number; nodemailer: number; binds: number; knex: number }[] = [];
    for (let round = -1; round < ROUNDS; round++) {
      const addressAt = (at: number) => `guest${round + 1}.${at}@example.net`;
      const sids: unknown[] = [];
      const mailMs = await allAt(MAILS, CLIENTS, async (at) => {
        const wish = { client_secret: 'secret', email: addressAt(at), send_attempt: 1 };
        const { status, body } = await post('/v2/validate/email/requestToken', wish);
        if (status !== 200) throw new Error(`requestToken was answered ${status}`);
        sids[at] = body['sid'];
      });
      const model = mails.mails.at(-1);
      const nodemailerMs = await allAt(MAILS, CLIENTS, async (at) => {
        await bare.sendMail({ envelope: { from: 'a@example.org', to: addressAt(at) }, raw: model?.raw ?? '' });
      });
      await allAt(MAILS, CLIENTS, async (at) => {
        const text = mails.mails.find(({ mail }) => mail.text?.includes(`sid=${String(sids[at])}`))?.mail.text ?? '';
        const token = /[?&]token=([0-9A-Za-z]+)/.exec(text)?.[1];
        await post('/v2/validate/email/submitToken', { sid: sids[at], client_secret: 'secret', token });
      });
      const bindMs = await allAt(MAILS, CLIENTS, async (at) => {
        const proof = { sid: sids[at], client_secret: 'secret', mxid: '@alice:example.org' };
        const { status } = await post('/v2/3pid/bind', proof);
        if (status !== 200) throw new Error(`bind was answered ${status}`);
      });
      const knexMs = await allAt(MAILS, CLIENTS, (at) => rows.write(addressAt(at)));
      if (round >= 0) figures.push({ mails: mailMs, nodemailer: nodemailerMs, binds: bindMs, knex: knexMs });
    }
    const perSecond = (name: keyof (typeof figures)[number]) =>
      Math.round((MAILS * 1_000) / median(figures.map((one) => one[name])));
    const lines: readonly Line[] = [
      {
        number: '5',
        what: 'requestToken with its mail : nodemailer alone',
        value: median(figures.map((one) => one.nodemailer / one.mails)),
        target: 0.6,
      },
      {
        number: '5',
        what: 'bind : the same rows by Knex alone',
        value: median(figures.map((one) => one.knex / one.binds)),
        target: 0.6,
      },
    ];
    return {
      requestTokenPerSecond: perSecond('mails'),
      nodemailerPerSecond: perSecond('nodemailer'),
      bindPerSecond: perSecond('binds'),
      knexPerSecond: perSecond('knex'),
      lines,
    };
  } finally {
    for (const close of closing.toReversed()) await close();
  }
}

/** How long so many calls take, in ms, with so many at once. */
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
