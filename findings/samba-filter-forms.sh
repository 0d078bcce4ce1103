#!/usr/bin/env bash
# Samba fails on approximate matches, and finds nobody where an attribute is named by its number.
#
# RFC 4511, 4.5.1.7.6: a server without approximate matching treats "~=" as equality; [MS-ADTS]
# 3.1.1.3.1.3.1 says the same of Active Directory. RFC 4512, 2.5: an attribute's number (2.5.4.4) is as good as
# its name (sn). OpenLDAP and 389 Directory Server do both.
# Seen on 2026-11-29 with Samba 4.17.12 as domain controller: result 1 (operationsError), "Indexed and
# full searches both failed!", for a plain "~="; no entry and no error for the number.
# For an identity server: result 1 looks like a fault of the server, so it is worth trying again, and
# no attempt will be better. Numbers in a filter lose people without a word.
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
LDIF
for filter in '(sn=Muster)' '(sn~=Muster)' '(2.5.4.4=Muster)' '(2.5.4.4=*)'; do
  code=0
  ask "$filter" 1.1 >"$work/found.ldif" 2>"$work/error.txt" || code=$?
  echo "$filter: $(grep -c ^dn: "$work/found.ldif" || true) entries, result $code $(grep -o 'Indexed.*' "$work/error.txt" || true)"
done >"$seen"

compare <<'RECORD'
(sn=Muster): 1 entries, result 0 
(sn~=Muster): 0 entries, result 1 Indexed and full searches both failed!
(2.5.4.4=Muster): 0 entries, result 0 
(2.5.4.4=*): 0 entries, result 0 
RECORD
