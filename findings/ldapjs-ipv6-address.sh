#!/usr/bin/env bash
# ldapjs cannot connect to an IPv6 address: it looks up the name "[::1]", with its brackets.
#
# RFC 4516, 2 takes the host of an LDAP URL from RFC 3986, where an IPv6 address stands in brackets
# that are no part of it. ldapsearch connects.
# Seen on 2026-11-29 with ldapjs 3.0.7 on Node 20: getaddrinfo ENOTFOUND for the name with brackets,
# so the failure reads like one of DNS.
# For an identity server: take the brackets off before the client connects, or give directories names.
source "$(dirname "$0")/support/setup.sh"

npm_packages ldapjs@3.0.7
cat >"$work/ask.js" <<'JS'
import { createServer } from 'node:net';
import ldapjs from 'ldapjs';

console.log('host that is read from the URL:', ldapjs.parseURL?.('ldap://[::1]:389')?.hostname ?? ldapjs.url.parse('ldap://[::1]:389').hostname);
const listener = createServer((socket) => socket.destroy()).listen(0, '::1', () => {
  const client = ldapjs.createClient({ url: `ldap://[::1]:${listener.address().port}`, reconnect: false });
  client.on('connect', () => console.log('connected')).on('error', (error) => console.log(error.code, error.hostname));
  setTimeout(() => process.exit(), 2000);
});
JS
node "$work/ask.js" >"$seen"

compare <<'RECORD'
host that is read from the URL: [::1]
ENOTFOUND [::1]
RECORD
