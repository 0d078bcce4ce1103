#!/usr/bin/env bash
# Clients find a person by an address with a language, and then return no address, or another one.
#
# RFC 4512, 2.5: mail;lang-de is a subtype of mail; a filter for mail matches it, and a request for mail returns it,
# under its own name. RFC 3866: attributes may have a language. RFC 4515: (mail;lang-de=...) is a filter.
# Clients were expected to return the values of the attribute that was requested.
# Seen on 2026-11-30 with slapd 2.5.13 and ldapts 8.2.0, ldapjs 3.0.7, ldap-authentication 4.0.4, ldapauth-fork 6.1.0
# (npm), ldap3 2.9.1 (Python, of Synapse's LDAP module) and Postfix 3.7.11:
# - a person whose only address is mail;lang-de is found by it. For mail, ldapts, ldap-authentication and ldap3 return an
#   empty list, the others nothing; the value is beside it under the other name.
# - a person with another address without a language is found by mail;lang-de, too, and all return only the other one.
# - Postfix returns both addresses.
# - ldapts refuses the filter (mail;lang-de=...).
# For an identity server: compare attribute names up to the first semicolon, and collect the values of all.
source "$(dirname "$0")/support/setup.sh"
source "$(dirname "$0")/support/slapd.sh"

debian_packages python3-ldap3=2.9.1-2 postfix=3.7.11-0+deb12u1 postfix-ldap=3.7.11-0+deb12u1
npm_packages ldapts@8.2.0 ldapjs@3.0.7 ldap-authentication@4.0.4 ldapauth-fork@6.1.0
cat >"$work/people.ldif" <<'LDIF'
dn: dc=x
objectClass: dcObject
objectClass: organization
o: x
dc: x

dn: uid=erika,dc=x
objectClass: inetOrgPerson
cn: Erika
sn: Muster
mail;lang-de: erika@example.org
userPassword: secret

dn: uid=max,dc=x
objectClass: inetOrgPerson
cn: Max
sn: Muster
mail: max@example.net
mail;lang-de: max@example.org
userPassword: secret
LDIF
start_slapd "database mdb
suffix dc=x
rootdn cn=admin,dc=x
rootpw secret
directory $work/slapd" "$work/people.ldif"
cat >"$work/read.js" <<'JS'
import { authenticate } from 'ldap-authentication';
import LdapAuth from 'ldapauth-fork';
import ldapjs from 'ldapjs';
import { Client } from 'ldapts';

const url = process.argv[2];
const admin = { dn: 'cn=admin,dc=x', password: 'secret' };
const asked = (address, name = 'mail') => ({ scope: 'sub', filter: `(${name}=${address})`, attributes: ['mail'] });
const ldapts = new Client({ url });
const client = ldapjs.createClient({ url });
const readers = {
  ldapts: async (address) => (await ldapts.search('dc=x', asked(address))).searchEntries[0],
  ldapjs: (address) =>
    new Promise((resolve) => {
      client.search('dc=x', asked(address), (_, events) =>
        events.on('searchEntry', ({ pojo }) => resolve(Object.fromEntries(pojo.attributes.map(({ type, values }) => [type, values])))),
      );
    }),
  'ldap-authentication': (username) =>
    authenticate({
      ldapOpts: { url },
      adminDn: admin.dn,
      adminPassword: admin.password,
      userSearchBase: 'dc=x',
      usernameAttribute: 'mail',
      username,
      userPassword: 'secret',
      attributes: ['dn', 'mail'],
    }),
  'ldapauth-fork': (username) =>
    new Promise((resolve) => {
      const searchFilter = '(mail={{username}})';
      const auth = new LdapAuth({ url, bindDN: admin.dn, bindCredentials: admin.password, searchBase: 'dc=x', searchFilter });
      auth.authenticate(username, 'secret', (_, user) => resolve(user));
    }),
};
for (const address of ['erika@example.org', 'max@example.org'])
  for (const [name, read] of Object.entries(readers)) {
    const entry = await read(address);
    console.log(`${name} finds ${address}, mail is ${JSON.stringify(entry.mail) ?? 'undefined'}`);
  }
await ldapts.search('dc=x', asked('max@example.org', 'mail;lang-de')).catch(({ message }) => console.log(`ldapts: ${message}`));
process.exit();
JS
cat >"$work/read.py" <<'PYTHON'
import json
import sys
import ldap3

connection = ldap3.Connection(ldap3.Server(sys.argv[1], get_info=ldap3.ALL), 'cn=admin,dc=x', 'secret', auto_bind=True)
for address in ('erika@example.org', 'max@example.org'):
    connection.search('dc=x', f'(mail={address})', attributes=['mail'])
    (found,) = connection.response
    print(f'ldap3 finds {address}, mail is {json.dumps(found["attributes"]["mail"])}')
PYTHON
mkdir "$work/postfix"
echo 'compatibility_level = 3.6' >"$work/postfix/main.cf"
cat >"$work/postfix/people.cf" <<CONFIGURATION
server_host = $slapd
search_base = dc=x
version = 3
bind = no
query_filter = (mail=%s)
result_attribute = mail
CONFIGURATION
{
  node "$work/read.js" "$slapd"
  /usr/bin/python3 "$work/read.py" "$slapd"
  for address in erika@example.org max@example.org; do
    echo "Postfix finds $address, mail is $(postmap -c "$work/postfix" -q "$address" "ldap:$work/postfix/people.cf")"
  done
} >"$seen"

compare <<'RECORD'
ldapts finds erika@example.org, mail is []
ldapjs finds erika@example.org, mail is undefined
ldap-authentication finds erika@example.org, mail is []
ldapauth-fork finds erika@example.org, mail is undefined
ldapts finds max@example.org, mail is "max@example.net"
ldapjs finds max@example.org, mail is ["max@example.net"]
ldap-authentication finds max@example.org, mail is "max@example.net"
ldapauth-fork finds max@example.org, mail is "max@example.net"
ldapts: Invalid expression: mail;lang-de=max@example.org
ldap3 finds erika@example.org, mail is []
ldap3 finds max@example.org, mail is ["max@example.net"]
Postfix finds erika@example.org, mail is erika@example.org
Postfix finds max@example.org, mail is max@example.net,max@example.org
RECORD
