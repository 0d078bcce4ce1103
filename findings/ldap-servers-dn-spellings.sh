#!/usr/bin/env bash
# A distinguished name in another valid spelling is another name for each server: OpenLDAP, 389 Directory Server and
# Samba each accept different ones.
#
# RFC 4514, 2 and 3: in a distinguished name, any octet may be escaped with two hex digits, an attribute may be
# written as its OID, a value as "#" and its BER encoding in hex digits, and the parts of a name with "+" have no
# order. RFC 4512, 2.5: the second name of an attribute (commonName) is equivalent to the first (cn). RFC 4517,
# 4.2.15: such names match. All three servers were expected to find the entry, and its group with (member=...).
# Seen on 2026-11-29, as base of a search and in a filter:
# - OpenLDAP 2.5.13 rejects the BER form (34); all other spellings are found.
# - 389 Directory Server 2.3.1 finds neither OID nor second name nor BER form, and no name with an escaped blank
#   inside ("\2c\20"); the answer is 32 noSuchObject, and no entry for the filter.
# - Samba 4.17.12 rejects the OID (34), finds neither second name nor BER form, and has no names with "+".
# For an identity server: a base, a bind name or a group in a filter that was copied from another program may match
# nothing. Compare with the spelling that the server returns, and copy that one.
source "$(dirname "$0")/support/setup.sh"
source "$(dirname "$0")/support/directories.sh"

start_directories

try() {
  local server=$1 base=$2 class=$3 group=groupOfNames
  shift 3
  if [[ $server = Samba ]]; then group=group; fi
  ldapadd -x "$@" >/dev/null <<LDIF
dn: cn=Muster\\, Erika,$base
objectClass: $class
sn: Muster

dn: cn=team,$base
objectClass: $group
member: cn=Muster\\, Erika,$base
LDIF
  printf 'dn: sn=B+cn=both,%s\nobjectClass: %s\nsn: B\n' "$base" "$class" | ldapadd -x "$@" >/dev/null 2>&1 || true
  for name in 'cn=Muster\, Erika' 'CN=MUSTER\2c  erika' 'cn=\4duster\, Erika' 'cn=Muster\2c\20Erika' \
    'commonName=Muster\, Erika' '2.5.4.3=Muster\, Erika' 'cn=#0c0d4d75737465722c204572696b61' 'cn=both+sn=B'; do
    local code=0 groups
    ldapsearch -x -LLL "$@" -b "$name,$base" -s base '(objectClass=*)' 1.1 >"$work/found.ldif" 2>/dev/null || code=$?
    groups=$(ldapsearch -x -LLL "$@" -b "$base" "(member=${name//\\/\\5c},$base)" 1.1 | grep -c ^dn: || true)
    echo "$server $name: result $code, $(grep -c ^dn: "$work/found.ldif" || true) entries, $groups groups"
  done
}
on_each_directory try >"$seen"

compare <<'RECORD'
OpenLDAP cn=Muster\, Erika: result 0, 1 entries, 1 groups
OpenLDAP CN=MUSTER\2c  erika: result 0, 1 entries, 1 groups
OpenLDAP cn=\4duster\, Erika: result 0, 1 entries, 1 groups
OpenLDAP cn=Muster\2c\20Erika: result 0, 1 entries, 1 groups
OpenLDAP commonName=Muster\, Erika: result 0, 1 entries, 1 groups
OpenLDAP 2.5.4.3=Muster\, Erika: result 0, 1 entries, 1 groups
OpenLDAP cn=#0c0d4d75737465722c204572696b61: result 34, 0 entries, 0 groups
OpenLDAP cn=both+sn=B: result 0, 1 entries, 0 groups
389 cn=Muster\, Erika: result 0, 1 entries, 1 groups
389 CN=MUSTER\2c  erika: result 0, 1 entries, 1 groups
389 cn=\4duster\, Erika: result 0, 1 entries, 1 groups
389 cn=Muster\2c\20Erika: result 32, 0 entries, 0 groups
389 commonName=Muster\, Erika: result 32, 0 entries, 0 groups
389 2.5.4.3=Muster\, Erika: result 32, 0 entries, 0 groups
389 cn=#0c0d4d75737465722c204572696b61: result 32, 0 entries, 0 groups
389 cn=both+sn=B: result 0, 1 entries, 0 groups
Samba cn=Muster\, Erika: result 0, 1 entries, 1 groups
Samba CN=MUSTER\2c  erika: result 0, 1 entries, 1 groups
Samba cn=\4duster\, Erika: result 0, 1 entries, 1 groups
Samba cn=Muster\2c\20Erika: result 0, 1 entries, 1 groups
Samba commonName=Muster\, Erika: result 32, 0 entries, 0 groups
Samba 2.5.4.3=Muster\, Erika: result 34, 0 entries, 0 groups
Samba cn=#0c0d4d75737465722c204572696b61: result 32, 0 entries, 0 groups
Samba cn=both+sn=B: result 34, 0 entries, 0 groups
RECORD
