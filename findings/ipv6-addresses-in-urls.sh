#!/usr/bin/env bash
# ldapjs and knex resolve "[::1]" in a URL as a host name, with its brackets.
#
# RFC 3986, 3.2.2, and RFC 4516, 2: an IPv6 address in a URL is in brackets, which are not part of the address. The
# drivers of knex, pg and mysql2, remove the brackets, and so do node-smpp and nodemailer.
# Seen on 2026-11-29 on Node 20 with ldapjs 3.0.7, knex 3.3.0, pg 8.23.1, mysql2 3.24.6, smpp 0.5.1 and nodemailer
# 10.6.1: getaddrinfo ENOTFOUND [::1] from the first two, so that the failure looks like a DNS problem.
# For an identity server: pass an object to knex, whose connectionString (pg) is passed to the driver unchanged,
# and remove the brackets before ldapjs connects; or use host names.
source "$(dirname "$0")/support/setup.sh"

npm_packages ldapjs@3.0.7 knex@3.3.0 pg@8.23.1 mysql2@3.24.6 smpp@0.5.1 nodemailer@10.6.1
cat >"$work/ask.js" <<'JS'
import { createServer } from 'node:net';
import knex from 'knex';
import ldapjs from 'ldapjs';
import mysql from 'mysql2';
import nodemailer from 'nodemailer';
import pg from 'pg';
import smpp from 'smpp';

const quiet = { warn() {}, error() {}, deprecate() {}, debug() {} };
const byKnex = (client) => async (connection) => {
  const database = knex({ client, connection, log: quiet });
  await database.raw('select 1').finally(() => database.destroy());
};
const onError = (emitter) => new Promise((_, reject) => emitter.on('error', reject));
const ways = {
  ldapjs: ['ldap', (url) => onError(ldapjs.createClient({ url, reconnect: false }))],
  pg: ['postgres', (url) => new pg.Client(url).connect()],
  'knex with pg': ['postgres', byKnex('pg')],
  mysql2: ['mysql', (url) => onError(mysql.createConnection(url))],
  'knex with mysql2': ['mysql', byKnex('mysql2')],
  smpp: ['smpp', (url) => onError(smpp.connect({ url }))],
  nodemailer: ['smtp', (url) => nodemailer.createTransport(url).sendMail({ from: 'a@example.org', to: 'b@example.org', text: 't' })],
};
for (const [name, [scheme, connect]] of Object.entries(ways)) {
  const outcome = await new Promise((resolve) => {
    const listener = createServer((socket) => {
      socket.destroy();
      resolve('connected');
    }).listen(0, '::1', () => {
      connect(`${scheme}://[::1]:${listener.address().port}`).catch(({ message }) => resolve(message));
    });
  });
  console.log(`${name}: ${outcome}`);
}
process.exit();
JS
node "$work/ask.js" >"$seen" 2>"$work/errors.txt"

compare <<'RECORD'
ldapjs: getaddrinfo ENOTFOUND [::1]
pg: connected
knex with pg: getaddrinfo ENOTFOUND [::1]
mysql2: connected
knex with mysql2: getaddrinfo ENOTFOUND [::1]
smpp: connected
nodemailer: connected
RECORD
