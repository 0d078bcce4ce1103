#!/usr/bin/env bash
# On OpenLDAP and Samba, an entry is not marked as changed when the person joins a group or their unit is renamed;
# 389 Directory Server marks the first.
#
# RFC 4512, 3.4: modifyTimestamp is the time of the last modification of an entry; Active Directory counts changes
# of an entry in uSNChanged. memberOf and the name of an entry are read and filtered like other attributes, so that
# their changes were expected to count.
# Seen on 2026-11-29: with OpenLDAP 2.5.13 (memberof overlay) and Samba 4.17.12, memberOf of a new member contains
# the group, but neither modifyTimestamp nor uSNChanged changes; 389 Directory Server 2.3.1 with its MemberOf
# plugin changes it. A person whose unit is renamed has another name afterwards, and no mark of a change, on all
# three.
# For an identity server: an incremental sync misses people who joined or left through a group in the filter, and
# people who moved with a unit, until the next full sync. A quick test with a new person is misleading.
source "$(dirname "$0")/support/setup.sh"
source "$(dirname "$0")/support/slapd.sh"
source "$(dirname "$0")/support/samba.sh"
source "$(dirname "$0")/support/ds389.sh"

printf 'dn: dc=x\nobjectClass: dcObject\nobjectClass: organization\no: x\ndc: x\n' >"$work/base.ldif"
start_slapd "moduleload memberof
database mdb
suffix dc=x
rootdn cn=admin,dc=x
rootpw secret
directory $work/slapd
overlay memberof" "$work/base.ldif"
start_ds389
ldapmodify -x -H "$ds389" -D "$DS389_USER" -w "$DS389_PASSWORD" >/dev/null <<'LDIF'
dn: cn=config
changetype: modify
replace: nsslapd-dynamic-plugins
nsslapd-dynamic-plugins: on

dn: cn=MemberOf Plugin,cn=plugins,cn=config
changetype: modify
replace: nsslapd-pluginEnabled
nsslapd-pluginEnabled: on
LDIF
start_samba

# try SERVER BASE MARK CLASS-OF-GROUPS CLASS-OF-PEOPLE CONNECTION...
try() {
  local server=$1 base=$2 mark=$3 group=$4 person=$5 before after
  shift 5
  ldapadd -x "$@" >/dev/null <<LDIF
dn: ou=old,$base
objectClass: organizationalUnit

dn: cn=erika,ou=old,$base
objectClass: $person
sn: Muster
LDIF
  marked() {
    ldapsearch -x -LLL "$@" -b "$base" '(cn=erika)' "$mark" | sed -n "s/^$mark: //Ip"
  }
  before=$(marked "$@")
  sleep 1.1
  printf 'dn: cn=team,%s\nobjectClass: %s\nmember: cn=erika,ou=old,%s\n' "$base" "$group" "$base" | ldapadd -x "$@" >/dev/null
  # If it is busy, 389 Directory Server writes memberOf after its response.
  sleep 1.1
  echo "$server, memberOf: $(ldapsearch -x -LLL "$@" -b "$base" "(memberOf=cn=team,$base)" 1.1 | grep -c ^dn:) found"
  after=$(marked "$@")
  echo "$server, joined a group: $mark $([[ $before = "$after" ]] && echo as before || echo newer)"
  before=$after
  sleep 1.1
  printf 'dn: ou=old,%s\nchangetype: modrdn\nnewrdn: ou=new\ndeleteoldrdn: 1\n' "$base" | ldapmodify -x "$@" >/dev/null
  echo "$server, name: $(ldapsearch -x -LLL "$@" -b "$base" '(cn=erika)' 1.1 | sed -n 's/^dn: cn=erika,\([^,]*\),.*/\1/Ip' | tr 'OU' 'ou')"
  after=$(marked "$@")
  echo "$server, the unit was renamed: $mark $([[ $before = "$after" ]] && echo as before || echo newer)"
}
{
  try OpenLDAP dc=x modifyTimestamp groupOfNames inetOrgPerson -H "$slapd" -D cn=admin,dc=x -w secret
  try 389 dc=x modifyTimestamp groupOfNames inetOrgPerson -H "$ds389" -D "$DS389_USER" -w "$DS389_PASSWORD"
  try Samba DC=example,DC=org uSNChanged group contact -H "$samba" -D "$SAMBA_USER" -w "$SAMBA_PASSWORD"
} >"$seen"

compare <<'RECORD'
OpenLDAP, memberOf: 1 found
OpenLDAP, joined a group: modifyTimestamp as before
OpenLDAP, name: ou=new
OpenLDAP, the unit was renamed: modifyTimestamp as before
389, memberOf: 1 found
389, joined a group: modifyTimestamp newer
389, name: ou=new
389, the unit was renamed: modifyTimestamp as before
Samba, memberOf: 1 found
Samba, joined a group: uSNChanged as before
Samba, name: ou=new
Samba, the unit was renamed: uSNChanged as before
RECORD
