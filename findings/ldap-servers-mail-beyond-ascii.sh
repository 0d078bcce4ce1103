#!/usr/bin/env bash
# Samba allows non-ASCII addresses in mail; OpenLDAP and 389 Directory Server do not.
#
# RFC 6531 allows non-ASCII letters in addresses. RFC 4524, 2.16 gives mail the IA5 syntax, which has only ASCII
# characters.
# Seen on 2026-11-29: OpenLDAP 2.5.13 and 389 Directory Server 2.3.1 reject müller@example.org and
# erika@münchen.example (result 21), and a filter with such a value is Undefined there, so that it finds no entry;
# on OpenLDAP, neither does its negation. Samba 4.17.12 accepts both and finds them, also in capitals. OpenLDAP and
# 389 Directory Server match mail case-insensitively (caseIgnoreIA5Match).
# For an identity server: Active Directory contains such an address as it is written; the others contain it only in
# an attribute of the organisation, or with the domain in its xn-- form.
source "$(dirname "$0")/support/setup.sh"
source "$(dirname "$0")/support/directories.sh"

start_directories

try() {
  local server=$1 base=$2 class=$3
  shift 3
  printf 'dn: cn=erika,%s\nobjectClass: %s\nsn: Muster\n' "$base" "$class" | ldapadd -x "$@" >/dev/null
  for mail in 'müller@example.org' 'erika@münchen.example' 'erika@xn--mnchen-3ya.example'; do
    local code=0
    printf 'dn: cn=erika,%s\nchangetype: modify\nreplace: mail\nmail: %s\n' "$base" "$mail" |
      ldapmodify -x "$@" >/dev/null 2>&1 || code=$?
    ldapsearch -x -LLL "$@" -b "cn=erika,$base" "(mail=${mail^^})" 1.1 >"$work/found.ldif"
    echo "$server is given $mail: result $code; found in capitals: $(grep -c ^dn: "$work/found.ldif" || true) of 1"
  done
}
on_each_directory try >"$seen"

compare <<'RECORD'
OpenLDAP is given müller@example.org: result 21; found in capitals: 0 of 1
OpenLDAP is given erika@münchen.example: result 21; found in capitals: 0 of 1
OpenLDAP is given erika@xn--mnchen-3ya.example: result 0; found in capitals: 1 of 1
389 is given müller@example.org: result 21; found in capitals: 0 of 1
389 is given erika@münchen.example: result 21; found in capitals: 0 of 1
389 is given erika@xn--mnchen-3ya.example: result 0; found in capitals: 1 of 1
Samba is given müller@example.org: result 0; found in capitals: 1 of 1
Samba is given erika@münchen.example: result 0; found in capitals: 1 of 1
Samba is given erika@xn--mnchen-3ya.example: result 0; found in capitals: 1 of 1
RECORD
