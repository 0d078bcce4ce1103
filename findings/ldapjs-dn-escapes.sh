#!/usr/bin/env bash
# ldapjs sends the name of another entry if a distinguished name contains an escaped plus or backslash.
#
# RFC 4514, 2.4 and 3: "\+" in a distinguished name is a plus sign of the value, "\\" a backslash, "\ " at its
# beginning a blank. Departments such as "R+D" make these common in directories.
# Seen on 2026-11-29 with ldapjs 3.0.7 (@ldapjs/dn 1.1.0): of a value with "\+", only the part before it is kept,
# without an error; "\\" becomes something that slapd rejects (34 invalidDNSyntax), and so does "\5c"; a leading
# blank is lost. "\2b", the plus in hex digits, works.
# For an identity server: a base such as OU=R\+D,... would be read as OU=R,..., which is another department. Send
# the name as it was written, without the parser of the library.
source "$(dirname "$0")/support/setup.sh"
source "$(dirname "$0")/support/slapd.sh"

npm_packages ldapjs@3.0.7 @ldapjs/dn@1.1.0
cat >"$work/units.ldif" <<'LDIF'
dn: dc=x
objectClass: dcObject
objectClass: organization
o: x
dc: x

dn: ou=R,dc=x
objectClass: organizationalUnit

dn: ou=R\+D,dc=x
objectClass: organizationalUnit

dn: ou=A\\B,dc=x
objectClass: organizationalUnit
LDIF
start_slapd "database mdb
suffix dc=x
directory $work/slapd" "$work/units.ldif"

cat >"$work/ask.js" <<'JS'
import { execFileSync } from 'node:child_process';
import ldapjs from 'ldapjs';

const url = process.argv[2];
const client = ldapjs.createClient({ url });
const byTool = (base) =>
  execFileSync('ldapsearch', ['-x', '-LLL', '-H', url, '-b', base, '-s', 'base', '(objectClass=*)', 'ou']).toString().match(/^ou: (.*)$/m)[1];
const byLdapjs = (base) =>
  new Promise((resolve, reject) => {
    client.search(base, { scope: 'base', attributes: ['ou'] }, (error, found) => {
      if (error) return reject(error);
      let name = 'nothing';
      found.on('searchEntry', (entry) => (name = entry.pojo.attributes[0].values[0]));
      found.on('error', (refusal) => resolve(`result ${refusal.code}`)).on('end', () => resolve(name));
    });
  });
for (const base of ['ou=R\\+D,dc=x', 'ou=R\\2bD,dc=x', 'ou=A\\\\B,dc=x', 'ou=A\\5cB,dc=x'])
  console.log(base, 'ldapsearch:', byTool(base), 'ldapjs:', await byLdapjs(base));
console.log('cn=\\ x,dc=x is read as', ldapjs.parseDN('cn=\\ x,dc=x').toString());
client.unbind();
JS
node "$work/ask.js" "$slapd" >"$seen"

compare <<'RECORD'
ou=R\+D,dc=x ldapsearch: R+D ldapjs: R
ou=R\2bD,dc=x ldapsearch: R+D ldapjs: R+D
ou=A\\B,dc=x ldapsearch: A\B ldapjs: result 34
ou=A\5cB,dc=x ldapsearch: A\B ldapjs: result 34
cn=\ x,dc=x is read as cn=x,dc=x
RECORD
