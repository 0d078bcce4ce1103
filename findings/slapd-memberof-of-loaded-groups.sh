#!/usr/bin/env bash
# OpenLDAP's memberOf is missing for groups that were loaded with slapadd, until their members change.
#
# slapo-memberof(5): the overlay maintains memberOf of the members of a group when the group changes. It does
# nothing for groups that exist already or are loaded from a file, which is unexpected: Active Directory and 389
# Directory Server (with a task) compute it for all groups.
# Seen on 2026-11-29 with slapd 2.5.13: a directory that was loaded with slapadd and has the overlay in its
# configuration has no memberOf; if one member is added, only that member gets it. Members that are removed and
# added again get it.
# For an identity server: after a move to a new server, a filter by group finds no entries, or only people who
# joined later. Write the members of each group again, or use the dynlist overlay, which computes memberOf.
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

dn: cn=max,dc=x
objectClass: inetOrgPerson
sn: Muster

dn: cn=team,dc=x
objectClass: groupOfNames
member: cn=erika,dc=x
LDIF
start_slapd "moduleload memberof
database mdb
suffix dc=x
rootdn cn=admin,dc=x
rootpw secret
directory $work/slapd
overlay memberof" "$work/people.ldif"

members() {
  ldapsearch -x -LLL -H "$slapd" -b dc=x '(memberOf=cn=team,dc=x)' 1.1 | sed -n 's/^dn: cn=\(.*\),.*/\1/p' | sort | tr '\n' ' '
}
change() {
  printf 'dn: cn=team,dc=x\nchangetype: modify\n%s: member\nmember: cn=%s,dc=x\n' "$1" "$2" |
    ldapmodify -x -H "$slapd" -D cn=admin,dc=x -w secret >/dev/null
}
{
  echo "after slapadd: $(members)"
  change add max
  echo "after max was added: $(members)"
  change delete erika
  change add erika
  echo "after erika was removed and added: $(members)"
} >"$seen"

compare <<'RECORD'
after slapadd: 
after max was added: max 
after erika was removed and added: erika max 
RECORD
