#!/usr/bin/env bash
# Samba ignores the size limit of a search, and lacks the limits of Active Directory.
#
# RFC 4511, 4.5.1.4: a server returns no more entries than the size limit of the request, and ends with
# sizeLimitExceeded (4) if there are more. In addition, Active Directory returns at most 1,000 entries without
# paging (MaxPageSize) and 1,500 values of an attribute at once (MaxValRange, [MS-ADTS] 3.1.1.3.4.6): "member" is
# returned as "member;range=0-1499".
# Seen on 2026-11-29 with Samba 4.17.12 as domain controller: a size limit of 2 returns all 1,600 entries and
# result 0; there is no limit without paging; all 1,600 values of "member" are returned under the plain name.
# For an identity server: a size limit of 2 cannot be used to check for a second match, and a test with Samba does
# not cover the limits of Active Directory.
source "$(dirname "$0")/support/setup.sh"
source "$(dirname "$0")/support/samba.sh"

debian_packages ldap-utils=2.5.13+dfsg-5
start_samba
/usr/bin/python3 - "$work" >"$work/fill.log" 2>&1 <<'PYTHON' || cannot "$(tail -n 1 "$work/fill.log")"
import sys
from samba.auth import system_session
from samba.param import LoadParm
from samba.samdb import SamDB

folder = sys.argv[1] + '/samba'
parameters = LoadParm()
parameters.load(folder + '/smb.conf')
database = SamDB(url=folder + '/private/sam.ldb', lp=parameters, session_info=system_session(parameters))
unit = 'OU=many,DC=example,DC=org'
people = [f'CN=p{number},{unit}' for number in range(1600)]
database.transaction_start()
database.add_ldif(f'dn: {unit}\nobjectClass: organizationalUnit\n\n')
database.add_ldif(''.join(f'dn: {one}\nobjectClass: contact\n\n' for one in people))
members = ''.join(f'member: {one}\n' for one in people)
database.add_ldif(f'dn: CN=all,{unit}\nobjectClass: group\nsAMAccountName: all\n{members}\n')
database.transaction_commit()
PYTHON

ask() {
  ldapsearch -x -LLL -o ldif-wrap=no -H "$samba" -D "$SAMBA_USER" -w "$SAMBA_PASSWORD" -b OU=many,DC=example,DC=org "$@"
}
{
  code=0
  ask -z 2 '(objectClass=contact)' 1.1 >"$work/two.ldif" || code=$?
  echo "size limit 2: $(grep -c ^dn: "$work/two.ldif") entries, result $code"
  code=0
  ask '(objectClass=contact)' 1.1 >"$work/all.ldif" || code=$?
  echo "without paging: $(grep -c ^dn: "$work/all.ldif") entries, result $code"
  ask '(cn=all)' member >"$work/group.ldif"
  echo "values under the plain name of the attribute: $(grep -c ^member: "$work/group.ldif")"
} >"$seen"

compare <<'RECORD'
size limit 2: 1600 entries, result 0
without paging: 1600 entries, result 0
values under the plain name of the attribute: 1600
RECORD
