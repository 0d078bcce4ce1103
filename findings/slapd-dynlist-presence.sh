#!/usr/bin/env bash
# OpenLDAP's dynlist computes memberOf for entries, and for some filters: (memberOf=*) finds nobody.
#
# slapo-dynlist(5) populates memberOf, and allows it in search filters. RFC 4511, 4.5.1.7.5 and 4.5.1.7.7: a presence
# filter matches entries that have the attribute; (memberOf:=...), also with the name of the rule that the attribute
# has for equality, is equality in another notation, and ~= is equality on servers that have nothing better.
# Seen on 2026-11-29 with slapd 2.5.13, a static and a dynamic group: (memberOf=cn=...) finds the members, and its
# negation the others. (memberOf=*) finds no person although each member is returned with memberOf, and (!(memberOf=*))
# excludes the members correctly, but (!(!(memberOf=*))) finds nobody. The other notations find nobody, and a compare
# answers noSuchAttribute (16). There is no error.
# For an identity server: "everybody who is in any group" matches nobody, which looks like an empty directory. Name
# the groups in the filter.
source "$(dirname "$0")/support/setup.sh"
source "$(dirname "$0")/support/slapd.sh"

cat >"$work/people.ldif" <<'LDIF'
dn: dc=x
objectClass: dcObject
objectClass: organization
o: x
dc: x

dn: cn=erika,dc=x
objectClass: inetOrgPerson
sn: Muster
employeeType: staff

dn: cn=max,dc=x
objectClass: inetOrgPerson
sn: Muster

dn: cn=nobody,dc=x
objectClass: inetOrgPerson
sn: Muster

dn: cn=static,dc=x
objectClass: groupOfNames
member: cn=max,dc=x

dn: cn=dynamic,dc=x
objectClass: groupOfURLs
memberURL: ldap:///dc=x??sub?(employeeType=staff)
LDIF
start_slapd "include /etc/ldap/schema/dyngroup.schema
moduleload dynlist
database mdb
suffix dc=x
rootdn cn=admin,dc=x
rootpw secret
directory $work/slapd
overlay dynlist
dynlist-attrset groupOfURLs memberURL member+memberOf@groupOfNames" "$work/people.ldif"

people() {
  ldapsearch -x -LLL -H "$slapd" -b dc=x "(&(objectClass=inetOrgPerson)$1)" "${@:2}" | sed -n 's/^dn: cn=\(.*\),dc=x/\1/p' | sort | xargs
}
{
  ldapsearch -x -LLL -H "$slapd" -b dc=x '(objectClass=inetOrgPerson)' memberOf | grep .
  for filter in '(memberOf=cn=static,dc=x)' '(memberOf=cn=dynamic,dc=x)' '(!(memberOf=cn=dynamic,dc=x))' '(memberOf=*)' '(!(memberOf=*))' \
    '(!(!(memberOf=*)))' '(memberOf:=cn=dynamic,dc=x)' '(memberOf:distinguishedNameMatch:=cn=dynamic,dc=x)' '(memberOf~=cn=dynamic,dc=x)'; do
    echo "$filter: $(people "$filter" 1.1)"
  done
  code=0
  ldapcompare -x -H "$slapd" cn=erika,dc=x memberOf:cn=dynamic,dc=x >/dev/null 2>&1 || code=$?
  echo "compare: result $code"
} >"$seen"

compare <<'RECORD'
dn: cn=erika,dc=x
memberOf: cn=dynamic,dc=x
dn: cn=max,dc=x
memberOf: cn=static,dc=x
dn: cn=nobody,dc=x
(memberOf=cn=static,dc=x): max
(memberOf=cn=dynamic,dc=x): erika
(!(memberOf=cn=dynamic,dc=x)): max nobody
(memberOf=*): 
(!(memberOf=*)): nobody
(!(!(memberOf=*))): 
(memberOf:=cn=dynamic,dc=x): 
(memberOf:distinguishedNameMatch:=cn=dynamic,dc=x): 
(memberOf~=cn=dynamic,dc=x): 
compare: result 16
RECORD
