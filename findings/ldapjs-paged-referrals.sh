#!/usr/bin/env bash
# ldapjs returns the referrals of a search, but drops them if the search has pages.
#
# RFC 4511, 4.5.3: a server that has a part of the tree elsewhere sends searchResultReference messages among the
# entries, so that a client knows that the result is not all. RFC 2696 adds pages to a search and changes nothing else.
# RFC 4511, 4.1.10: a result with code 10 contains at least one URL.
# Seen on 2026-11-29 with ldapjs 3.0.7, ldapts 8.2.0 and slapd 2.5.13, one entry and two referral objects below the
# base: without pages ldapjs emits three URLs; with pages it emits none and ends with success. If the base itself is
# elsewhere, the error of ldapjs has no URL, and that of ldapts is "UnknownStatusCodeError" without a message.
# python-ldap 3.4.3 returns the URLs in all three cases.
# For an identity server: people in another domain of the forest are missing, with nothing in the log. Read the
# messages of the protocol yourself, or repeat the search without pages once to learn of referrals.
source "$(dirname "$0")/support/setup.sh"
source "$(dirname "$0")/support/slapd.sh"

npm_packages ldapjs@3.0.7 ldapts@8.2.0
debian_packages python3-ldap=3.4.3-2+deb12u1
cat >"$work/tree.ldif" <<'LDIF'
dn: dc=x
objectClass: dcObject
objectClass: organization
o: x
dc: x

dn: cn=erika,dc=x
objectClass: inetOrgPerson
sn: Muster

dn: ou=one,dc=x
objectClass: referral
objectClass: extensibleObject
ou: one
ref: ldap://one.example.org/ou=one,dc=x

dn: ou=two,dc=x
objectClass: referral
objectClass: extensibleObject
ou: two
ref: ldap://two.example.org/ou=two,dc=x
ref: ldap://three.example.org/ou=two,dc=x
LDIF
start_slapd "database mdb
suffix dc=x
rootdn cn=admin,dc=x
rootpw secret
directory $work/slapd" "$work/tree.ldif"
cat >"$work/search.js" <<'JS'
import { once } from 'node:events';
import ldapjs from 'ldapjs';
import { Client } from 'ldapts';

const url = process.argv[2];
const filter = '(objectClass=inetOrgPerson)';
const first = ldapjs.createClient({ url });
await once(first, 'connect');
const byLdapjs = (base, options) =>
  new Promise((resolve) => {
    let entries = 0;
    const urls = [];
    first.search(base, { scope: 'sub', filter, ...options }, (_error, search) => {
      search.on('searchEntry', () => (entries += 1));
      search.on('searchReference', ({ uris }) => urls.push(...uris));
      search.on('error', (error) => resolve(`${error.name}, does it name the server: ${JSON.stringify(error).includes('one.example')}`));
      search.on('end', ({ status }) => resolve(`result ${status}, ${entries} entry, ${urls.length} URLs`));
    });
  });
const second = new Client({ url });
const byLdapts = (base, options) =>
  second.search(base, { scope: 'sub', filter, ...options }).then(
    ({ searchEntries, searchReferences }) => `${searchEntries.length} entry, ${searchReferences.length} URLs`,
    (error) => `${error.name}, does it name the server: ${error.message.includes('one.example')}`,
  );
for (const [name, search] of [['ldapjs', byLdapjs], ['ldapts', byLdapts]]) {
  console.log(`${name}: ${await search('dc=x', {})}`);
  console.log(`${name} with pages: ${await search('dc=x', { paged: { pageSize: 1 } })}`);
  console.log(`${name} of a base elsewhere: ${await search('ou=one,dc=x', {})}`);
}
process.exit();
JS
node "$work/search.js" "$slapd" >"$seen"
/usr/bin/python3 - "$slapd" >>"$seen" <<'PYTHON'
import sys
import ldap
from ldap.controls import SimplePagedResultsControl

connection = ldap.initialize(sys.argv[1])
connection.set_option(ldap.OPT_REFERRALS, 0)


def search(**controls):
    found = connection.result3(connection.search_ext('dc=x', ldap.SCOPE_SUBTREE, '(objectClass=inetOrgPerson)', **controls))[1]
    entries = sum(1 for name, _ in found if name)
    return f'{entries} entry, {sum(len(urls) for name, urls in found if not name)} URLs'


print('python-ldap:', search())
print('python-ldap with pages:', search(serverctrls=[SimplePagedResultsControl(True, size=100, cookie='')]))
try:
    connection.search_s('ou=one,dc=x', ldap.SCOPE_SUBTREE)
except ldap.REFERRAL as error:
    print('python-ldap of a base elsewhere: REFERRAL, does it name the server:', 'one.example' in str(error))
PYTHON

compare <<'RECORD'
ldapjs: result 0, 1 entry, 3 URLs
ldapjs with pages: result 0, 1 entry, 0 URLs
ldapjs of a base elsewhere: ReferralError, does it name the server: false
ldapts: 1 entry, 3 URLs
ldapts with pages: 1 entry, 3 URLs
ldapts of a base elsewhere: UnknownStatusCodeError, does it name the server: false
python-ldap: 1 entry, 3 URLs
python-ldap with pages: 1 entry, 3 URLs
python-ldap of a base elsewhere: REFERRAL, does it name the server: True
RECORD
