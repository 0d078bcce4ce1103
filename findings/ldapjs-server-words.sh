#!/usr/bin/env bash
# ldapjs discards the diagnostic message of a refusal.
#
# RFC 4511, 4.1.9: a result has a code and a diagnosticMessage with the reason: in Active Directory, whether a
# password is wrong, expired or that of a disabled account; in OpenLDAP, which attribute is invalid.
# Seen on 2026-11-29 with ldapjs 3.0.7: the message of the error is the name of its code; no property contains the
# message of the server. ldapsearch and ldapts 8.2.0 show it.
# For an identity server: an administrator sees "Invalid Attribute Syntax" or "Invalid Credentials" without a
# reason. The message is in the received message (diagnosticMessage), under another name than the one that the
# library reads.
source "$(dirname "$0")/support/setup.sh"
source "$(dirname "$0")/support/slapd.sh"

npm_packages ldapjs@3.0.7 ldapts@8.2.0
printf 'dn: dc=x\nobjectClass: dcObject\nobjectClass: organization\no: x\ndc: x\n' >"$work/base.ldif"
start_slapd "database mdb
suffix dc=x
rootdn cn=admin,dc=x
rootpw secret
directory $work/slapd" "$work/base.ldif"
cat >"$work/add.js" <<'JS'
import ldapjs from 'ldapjs';
import { Client } from 'ldapts';

const [url] = process.argv.slice(2);
const entry = { objectClass: 'inetOrgPerson', cn: 'erika', sn: 'Muster', mail: 'jürgen@example.org' };
const old = ldapjs.createClient({ url });
old.bind('cn=admin,dc=x', 'secret', () => {
  old.add('cn=erika,dc=x', entry, async (error) => {
    const all = [error.message, ...Object.getOwnPropertyNames(error).map((name) => String(error[name]))].join('\n');
    console.log('ldapjs:', error.message);
    console.log('ldapjs, which attribute, in any property:', all.includes('mail: value'));
    old.unbind();
    const young = new Client({ url });
    await young.bind('cn=admin,dc=x', 'secret');
    await young.add('cn=erika,dc=x', entry).catch(({ message }) => console.log('ldapts:', message));
    await young.unbind();
  });
});
JS
node "$work/add.js" "$slapd" >"$seen"
printf 'dn: cn=erika,dc=x\nobjectClass: inetOrgPerson\nsn: Muster\nmail: jürgen@example.org\n' |
  ldapadd -x -H "$slapd" -D cn=admin,dc=x -w secret 2>&1 >/dev/null | cat >"$work/tool.txt" || true
sed -n 's/.*additional info/ldapadd/p' "$work/tool.txt" >>"$seen"

compare <<'RECORD'
ldapjs: Invalid Attribute Syntax
ldapjs, which attribute, in any property: false
ldapts: mail: value #0 invalid per syntax Code: 0x15
ldapadd: mail: value #0 invalid per syntax
RECORD
