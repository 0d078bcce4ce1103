#!/usr/bin/env bash
# 389 Directory Server returns the same entry several times, once for each value that matches a range filter.
#
# RFC 4511, 4.5.2: each entry that a search finds is returned in a SearchResultEntry of its own; nothing allows a
# server to return an entry twice. OpenLDAP does not.
# Seen on 2026-11-29 with 389 Directory Server 2.3.1 in its default configuration ("mail" is indexed): (mail>=a)
# returns an entry with two addresses twice, also with paging; (objectClass>=a) returns each entry once for each of
# its classes. If the filter has a conjunction with an indexed attribute, each entry is returned once.
# For an identity server: the number of entries is not the number of people, and a check whether two entries have
# an address must compare the names of the entries.
source "$(dirname "$0")/support/setup.sh"
source "$(dirname "$0")/support/ds389.sh"

debian_packages ldap-utils=2.5.13+dfsg-5
start_ds389
connection=(-x -H "$ds389" -D "$DS389_USER" -w "$DS389_PASSWORD")
ldapadd "${connection[@]}" >/dev/null <<'LDIF'
dn: cn=one,dc=x
objectClass: inetOrgPerson
sn: one
mail: one@example.org

dn: cn=two,dc=x
objectClass: inetOrgPerson
sn: two
mail: two@example.org
mail: second@example.org
LDIF
names() {
  ldapsearch "${connection[@]}" -LLL -b dc=x "$@" 1.1 | sed -n 's/^dn: //p' | sort | tr '\n' ' '
}
for filter in '(mail=*)' '(mail>=a)' '(mail<=z)' '(&(objectClass=inetOrgPerson)(mail>=a))'; do
  echo "$filter: $(names "$filter")"
  echo "$filter in pages of one: $(names -E pr=1/noprompt "$filter")"
done >"$seen"

compare <<'RECORD'
(mail=*): cn=one,dc=x cn=two,dc=x 
(mail=*) in pages of one: cn=one,dc=x cn=two,dc=x 
(mail>=a): cn=one,dc=x cn=two,dc=x cn=two,dc=x 
(mail>=a) in pages of one: cn=one,dc=x cn=two,dc=x cn=two,dc=x 
(mail<=z): cn=one,dc=x cn=two,dc=x cn=two,dc=x 
(mail<=z) in pages of one: cn=one,dc=x cn=two,dc=x cn=two,dc=x 
(&(objectClass=inetOrgPerson)(mail>=a)): cn=one,dc=x cn=two,dc=x 
(&(objectClass=inetOrgPerson)(mail>=a)) in pages of one: cn=one,dc=x cn=two,dc=x 
RECORD
