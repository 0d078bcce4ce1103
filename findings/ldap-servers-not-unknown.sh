#!/usr/bin/env bash
# "Not this unknown attribute" lets everybody through on 389 Directory Server and Samba, nobody on OpenLDAP.
#
# RFC 4511, 4.5.1.7: a part of a filter that names an attribute which the server's schema lacks, or a
# value that cannot be one of the attribute, is Undefined; so is the negation of it, and an entry is
# returned only where the filter is True.
# Seen on 2026-11-29: OpenLDAP 2.5.13 does so: (!(leftCompany=TRUE)) without such an attribute finds
# nobody. 389 Directory Server 2.3.1 and Samba 4.17.12 find everybody. The same with a negated value that
# is not of the attribute's syntax: (!(mail=jürgen@example.org)) finds nobody in OpenLDAP, since mail is
# ASCII there. And (&), "everybody" by RFC 4526, is a protocol error (2) for 389 Directory Server.
# For an identity server: a filter that keeps leavers out, with a slip in the name, hides all people on
# one server and hides nobody on another. The first is noticed.
source "$(dirname "$0")/support/setup.sh"
source "$(dirname "$0")/support/directories.sh"

cat >"$work/person.ldif" <<'LDIF'
dn: cn=erika,BASE
objectClass: CLASS
sn: Muster
mail: erika@example.org
LDIF
start_directories

try() {
  local server=$1 base=$2 class=$3
  shift 3
  sed "s/BASE/$base/; s/CLASS/$class/" "$work/person.ldif" | ldapadd -x "$@" >/dev/null
  for filter in '(leftCompany=TRUE)' '(!(leftCompany=TRUE))' '(!(mail=jürgen@example.org))' '(&)'; do
    local code=0
    ldapsearch -x -LLL "$@" -b "cn=erika,$base" "$filter" 1.1 >"$work/found.ldif" 2>/dev/null || code=$?
    echo "$server $filter: $(grep -c ^dn: "$work/found.ldif" || true) of 1, result $code"
  done
}
on_each_directory try >"$seen"

compare <<'RECORD'
OpenLDAP (leftCompany=TRUE): 0 of 1, result 0
OpenLDAP (!(leftCompany=TRUE)): 0 of 1, result 0
OpenLDAP (!(mail=jürgen@example.org)): 0 of 1, result 0
OpenLDAP (&): 1 of 1, result 0
389 (leftCompany=TRUE): 0 of 1, result 0
389 (!(leftCompany=TRUE)): 1 of 1, result 0
389 (!(mail=jürgen@example.org)): 1 of 1, result 0
389 (&): 0 of 1, result 2
Samba (leftCompany=TRUE): 0 of 1, result 0
Samba (!(leftCompany=TRUE)): 1 of 1, result 0
Samba (!(mail=jürgen@example.org)): 1 of 1, result 0
Samba (&): 1 of 1, result 0
RECORD
