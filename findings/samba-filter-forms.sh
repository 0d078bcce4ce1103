#!/usr/bin/env bash
# Samba fails on approximate matches, finds no entry by an OID, and accepts a wildcard in names of groups.
#
# RFC 4511, 4.5.1.7.6: a server without approximate matching treats "~=" as equality; [MS-ADTS] 3.1.1.3.1.3.1 says
# the same for Active Directory. RFC 4512, 2.5: the OID of an attribute (2.5.4.4) is equivalent to its name (sn).
# OpenLDAP and 389 Directory Server implement both. RFC 4517, 3.3.9 has no rule for parts of a distinguished name,
# so that (memberOf=CN=te*) matches no entry in OpenLDAP and Active Directory.
# Seen on 2026-11-29 with Samba 4.17.12 as domain controller: result 1 (operationsError), "Indexed and full
# searches both failed!", for "~="; no entry and no error for the OID; the members for (memberOf=CN=te*).
# For an identity server: result 1 looks like a temporary fault of the server, but a retry does not help. OIDs in a
# filter exclude people without an error, and a wildcard that works with Samba finds no entry after a move to
# Active Directory.
source "$(dirname "$0")/support/setup.sh"
source "$(dirname "$0")/support/samba.sh"

debian_packages ldap-utils=2.5.13+dfsg-5
start_samba
ask() {
  ldapsearch -x -LLL -o ldif-wrap=no -H "$samba" -D "$SAMBA_USER" -w "$SAMBA_PASSWORD" -b CN=Users,DC=example,DC=org "$@"
}
ldapadd -x -H "$samba" -D "$SAMBA_USER" -w "$SAMBA_PASSWORD" >/dev/null <<'LDIF'
dn: CN=erika,CN=Users,DC=example,DC=org
objectClass: contact
sn: Muster

dn: CN=team,CN=Users,DC=example,DC=org
objectClass: group
member: CN=erika,CN=Users,DC=example,DC=org
LDIF
for filter in '(sn=Muster)' '(sn~=Muster)' '(2.5.4.4=Muster)' '(2.5.4.4=*)' '(&(objectClass=contact)(memberOf=CN=te*))' '(&(objectClass=contact)(memberOf=CN=x*))'; do
  code=0
  ask "$filter" 1.1 >"$work/found.ldif" 2>"$work/error.txt" || code=$?
  echo "$filter: $(grep -c ^dn: "$work/found.ldif" || true) entries, result $code $(grep -o 'Indexed.*' "$work/error.txt" || true)"
done >"$seen"

compare <<'RECORD'
(sn=Muster): 1 entries, result 0 
(sn~=Muster): 0 entries, result 1 Indexed and full searches both failed!
(2.5.4.4=Muster): 0 entries, result 0 
(2.5.4.4=*): 0 entries, result 0 
(&(objectClass=contact)(memberOf=CN=te*)): 1 entries, result 0 
(&(objectClass=contact)(memberOf=CN=x*)): 0 entries, result 0 
RECORD
