#!/usr/bin/env bash
# A negated filter with an unknown attribute matches all entries on 389 Directory Server and Samba, and none on
# OpenLDAP.
#
# RFC 4511, 4.5.1.7: a part of a filter with an attribute that the schema of the server lacks, or with a value that
# is invalid for the attribute, is Undefined; so is its negation, and an entry is returned only if the filter is
# True.
# Seen on 2026-11-29: OpenLDAP 2.5.13 follows this: (!(leftCompany=TRUE)) without such an attribute finds no entry.
# 389 Directory Server 2.3.1 and Samba 4.17.12 find all entries. The same applies to a negated value with an
# invalid syntax: (!(mail=jürgen@example.org)) finds no entry in OpenLDAP, because mail is ASCII there. And (&),
# which is always true by RFC 4526, is a protocol error (2) for 389 Directory Server.
# For an identity server: a filter that excludes people who left, with a typing error in the attribute name,
# excludes all people on one server and nobody on another. Only the first is noticed.
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
