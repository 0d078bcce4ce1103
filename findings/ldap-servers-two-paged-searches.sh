#!/usr/bin/env bash
# OpenLDAP ends a paged search as soon as another one begins on the same connection, and a bind ends it on Samba. Clients
# that share a connection lose the rest.
#
# RFC 2696, 3: a client may have several paged searches at a time; a server that limits their number may refuse a new one
# or fail to continue an older one. RFC 4511, 4.2.1: after a bind, a server goes on with the next request. One search per
# connection was not expected as the limit, because every package for Node offers searches in parallel.
# Seen on 2026-11-30 with OpenLDAP 2.5.13, 389 Directory Server 2.3.1, Samba 4.17.12, ldapts 8.2.0 and ldapjs 3.0.7, six
# people and pages of two:
# - two searches in parallel: OpenLDAP answers "paged results cookie is invalid" to the first, of which ldapjs has
#   returned two entries by then. 389 Directory Server and Samba return all of both.
# - a bind between two pages, for example to verify a password: Samba refuses the next page with unwillingToPerform, the
#   others continue.
# For an identity server: use a connection of its own for every paged search, and another one for logins.
source "$(dirname "$0")/support/setup.sh"
source "$(dirname "$0")/support/directories.sh"

npm_packages ldapts@8.2.0 ldapjs@3.0.7
start_directories
cat >"$work/search.js" <<'JS'
import { setTimeout } from 'node:timers/promises';
import ldapjs from 'ldapjs';
import { Client } from 'ldapts';

const [server, base, url, user, password] = process.argv.slice(2);
const question = (filter) => ({ scope: 'sub', filter, attributes: ['cn'], paged: { pageSize: 2 } });
const both = (search) => Promise.all(['(sn=Anna)', '(sn=Berta)'].map(search));

const ldapts = new Client({ url });
await ldapts.bind(user, password);
const byLdapts = await both((filter) =>
  ldapts.search(base, question(filter)).then(
    ({ searchEntries }) => searchEntries.length,
    () => 'refused',
  ),
);
console.log(`${server}, ldapts, two at a time: ${byLdapts.join('; ')}`);

const client = ldapjs.createClient({ url });
const bind = () => new Promise((resolve, reject) => client.bind(user, password, (error) => (error ? reject(error) : resolve())));
await bind();
const search = (filter, options = {}) =>
  new Promise((resolve) => {
    let count = 0;
    client.search(base, { ...question(filter), ...options }, (_, events) => {
      events.on('searchEntry', () => count++);
      events.on('page', async (_, next) => {
        if (!options.paged || !next) return;
        await bind();
        await setTimeout(50);
        next();
      });
      events.on('error', () => resolve(`${count}, then refused`));
      events.on('end', () => resolve(count));
    });
  });
console.log(`${server}, ldapjs, two at a time: ${(await both((filter) => search(filter))).join('; ')}`);
console.log(`${server}, ldapjs, a bind after each page: ${await search('(sn=Anna)', { paged: { pageSize: 2, pagePause: true } })}`);
process.exit();
JS
try() {
  local server=$1 base=$2 class=$3
  shift 3
  for number in 1 2 3 4 5 6; do
    for name in Anna Berta; do
      printf 'dn: cn=%s %s,%s\nobjectClass: %s\nsn: %s\n\n' "$name" "$number" "$base" "$class" "$name"
    done
  done | ldapadd -x "$@" >/dev/null
  node "$work/search.js" "$server" "$base" "$2" "$4" "$6"
}
on_each_directory try >"$seen"

compare <<'RECORD'
OpenLDAP, ldapts, two at a time: refused; 6
OpenLDAP, ldapjs, two at a time: 2, then refused; 6
OpenLDAP, ldapjs, a bind after each page: 6
389, ldapts, two at a time: 6; 6
389, ldapjs, two at a time: 6; 6
389, ldapjs, a bind after each page: 6
Samba, ldapts, two at a time: 6; 6
Samba, ldapjs, two at a time: 6; 6
Samba, ldapjs, a bind after each page: 2, then refused
RECORD
