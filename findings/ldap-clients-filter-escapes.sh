#!/usr/bin/env bash
# A filter with an escaped umlaut or asterisk finds no entry with ldapjs, and only some with ldapts.
#
# RFC 4515, 3: in the text of a filter, a backslash and two hex digits mean one octet; a filter from another tool
# may contain "ü" as \c3\bc and "*" as \2a. ldapsearch reads them in this way, and finds the entries.
# Seen on 2026-11-29 with ldapjs 3.0.7 (@ldapjs/filter 2.1.1): the value is sent to the server with backslashes and
# digits as characters; there is no error and no entry. With ldapts 8.2.0, \2a is correct, but each octet above 7f
# becomes a separate character, so that "ü" is sent as "Ã¼".
# For an identity server: a filter that worked in ldapsearch finds no entry, which looks like an empty directory.
# Parse the text of filters yourself, and pass octets to the library.
source "$(dirname "$0")/support/setup.sh"
source "$(dirname "$0")/support/slapd.sh"

npm_packages ldapjs@3.0.7 @ldapjs/filter@2.1.1 ldapts@8.2.0
cat >"$work/people.ldif" <<'LDIF'
dn: dc=x
objectClass: dcObject
objectClass: organization
o: x
dc: x

dn: cn=Jürgen Muster,dc=x
objectClass: inetOrgPerson
sn: Muster

dn: cn=a*b,dc=x
objectClass: inetOrgPerson
sn: Stern
LDIF
start_slapd "database mdb
suffix dc=x
directory $work/slapd" "$work/people.ldif"

cat >"$work/ask.js" <<'JS'
import { execFileSync } from 'node:child_process';
import ldapjs from 'ldapjs';
import { Client } from 'ldapts';

const url = process.argv[2];
const old = ldapjs.createClient({ url });
const young = new Client({ url });

const byTool = (filter) =>
  execFileSync('ldapsearch', ['-x', '-LLL', '-H', url, '-b', 'dc=x', filter, '1.1']).toString().match(/^dn:/gm)?.length ?? 0;
const byLdapjs = (filter) =>
  new Promise((resolve, reject) => {
    old.search('dc=x', { scope: 'sub', filter, attributes: ['1.1'] }, (error, found) => {
      if (error) return reject(error);
      let entries = 0;
      found.on('searchEntry', () => (entries += 1)).on('error', reject).on('end', () => resolve(entries));
    });
  });
const byLdapts = async (filter) =>
  (await young.search('dc=x', { scope: 'sub', filter, attributes: ['1.1'] })).searchEntries.length;

for (const filter of ['(cn=Jürgen Muster)', '(cn=J\\c3\\bcrgen Muster)', '(cn=J\\c3\\bcrgen*)', '(cn=a\\2ab)', '(cn=*\\2a*)'])
  console.log(filter, 'ldapsearch', byTool(filter), 'ldapjs', await byLdapjs(filter), 'ldapts', await byLdapts(filter));
old.unbind();
await young.unbind();
JS
node "$work/ask.js" "$slapd" >"$seen"

compare <<'RECORD'
(cn=Jürgen Muster) ldapsearch 1 ldapjs 1 ldapts 1
(cn=J\c3\bcrgen Muster) ldapsearch 1 ldapjs 0 ldapts 0
(cn=J\c3\bcrgen*) ldapsearch 1 ldapjs 0 ldapts 0
(cn=a\2ab) ldapsearch 1 ldapjs 0 ldapts 1
(cn=*\2a*) ldapsearch 1 ldapjs 0 ldapts 1
RECORD
