#!/usr/bin/env bash
# OpenLDAP's memberOf is missing for groups that were loaded by slapadd, until their members change.
#
# slapo-memberof(5): the overlay maintains memberOf of the members of a group when the group changes. That it
# does nothing for groups which are there already, or come from a file, is expected by few: Active Directory
# and 389 Directory Server (by a task) compute it for all.
# Seen on 2026-11-29 with slapd 2.5.13: a directory that was loaded by slapadd with the overlay in its
# configuration has no memberOf; adding one more member gives it to that one only. Deleting and adding
# a member again gives it to them.
# For an identity server: a filter by group finds nobody, or only people who joined since, after a move to
# a new server. Write each group's members again, or use the dynlist overlay, which computes it.
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
