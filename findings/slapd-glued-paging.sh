#!/usr/bin/env bash
# After a paged search that was not read to its end, the next one on the connection lacks the entries of a whole
# database.
#
# RFC 2696, 3: a client may abandon a paged search at any time, and a search with an empty cookie begins again.
# Seen on 2026-11-29 with slapd 2.5.13 (the same with 2.6.10 and 2.6.14) and a second database that is
# "subordinate" to the first, as slapd.conf(5) describes for one tree in two places: after a search with pages of 1
# that ends after its first page, the next search on that connection, with an empty cookie, begins in the second
# database. There is no error; the search after it is complete again.
# For an identity server: if short searches use pages and a listing follows on the same connection, the listing is
# incomplete, and the missing people seem to have left. Send short searches without the control, read each paged
# search to its end, or list on a separate connection.
source "$(dirname "$0")/support/setup.sh"
source "$(dirname "$0")/support/slapd.sh"

debian_packages python3-ldap=3.4.3-2+deb12u1
mkdir "$work/outside"
printf 'dn: dc=x\nobjectClass: dcObject\nobjectClass: organization\no: x\ndc: x\n' >"$work/inside.ldif"
for one in 1 2 3 4 5; do printf '\ndn: cn=in%s,dc=x\nobjectClass: inetOrgPerson\nsn: in\n' $one; done >>"$work/inside.ldif"
start_slapd "database mdb
suffix ou=outside,dc=x
subordinate
rootdn cn=admin,dc=x
directory $work/outside

database mdb
suffix dc=x
rootdn cn=admin,dc=x
rootpw secret
directory $work/slapd" "$work/inside.ldif" 2
{
  printf 'dn: ou=outside,dc=x\nobjectClass: organizationalUnit\n'
  for one in 1 2 3; do printf '\ndn: cn=out%s,ou=outside,dc=x\nobjectClass: inetOrgPerson\nsn: out\n' $one; done
} | ldapadd -x -H "$slapd" -D cn=admin,dc=x -w secret >/dev/null

/usr/bin/python3 - "$slapd" >"$seen" <<'PYTHON'
import sys
import ldap
from ldap.controls import SimplePagedResultsControl


def page(connection, filter, size, cookie=''):
    control = SimplePagedResultsControl(True, size=size, cookie=cookie)
    question = connection.search_ext('dc=x', ldap.SCOPE_SUBTREE, filter, ['1.1'], serverctrls=[control])
    _, entries, _, controls = connection.result3(question)
    return entries, controls[0].cookie


def listing(connection):
    found, cookie = page(connection, '(objectClass=inetOrgPerson)', 1000)
    while cookie:
        more, cookie = page(connection, '(objectClass=inetOrgPerson)', 1000, cookie)
        found += more
    return sorted(name.split(',')[0] for name, _ in found)


connection = ldap.initialize(sys.argv[1])
print('fresh connection:', *listing(connection))
entries, cookie = page(connection, '(cn=in1)', 1)
print('short question:', len(entries), 'entry,', 'more may come' if cookie else 'at its end')
print('the next listing:', *listing(connection))
print('the one after it:', *listing(connection))
PYTHON

compare <<'RECORD'
fresh connection: cn=in1 cn=in2 cn=in3 cn=in4 cn=in5 cn=out1 cn=out2 cn=out3
short question: 1 entry, more may come
the next listing: cn=out1 cn=out2 cn=out3
the one after it: cn=in1 cn=in2 cn=in3 cn=in4 cn=in5 cn=out1 cn=out2 cn=out3
RECORD
