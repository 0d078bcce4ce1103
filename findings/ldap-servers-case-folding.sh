#!/usr/bin/env bash
# No directory finds "Straße" with "STRASSE", although the matching rule of LDAP folds one into the other.
#
# RFC 4517, 4.2.11 (caseIgnoreMatch) prepares both sides as in RFC 4518, 2.2: with table B.2 of RFC 3454, which
# maps ß to ss and the final ς to σ. Matrix case-folds addresses in a similar way.
# Seen on 2026-11-29 with OpenLDAP 2.5.13, 389 Directory Server 2.3.1 and Samba 4.17.12: none of them finds ß with
# ss or SS. A final sigma is found with the capital letter only on Samba, a ligature (ﬁ) with its letters only on
# OpenLDAP (RFC 4518, 2.3, NFKC).
# For an identity server: an address that was folded before the lookup does not find its person in any directory.
# Query the lower-case spelling as well as the folded one.
source "$(dirname "$0")/support/setup.sh"
source "$(dirname "$0")/support/directories.sh"

cat >"$work/person.ldif" <<'LDIF'
dn: cn=erika,BASE
objectClass: CLASS
sn: Straße
givenName: Γιώργος
title: ﬁsh
LDIF
start_directories

try() {
  local server=$1 base=$2 class=$3 filter
  shift 3
  sed "s/BASE/$base/; s/CLASS/$class/" "$work/person.ldif" | ldapadd -x "$@" >/dev/null
  for filter in '(sn=straße)' '(sn=STRASSE)' '(sn=strasse)' '(givenName=γιώργος)' '(givenName=ΓΙΏΡΓΟΣ)' '(title=fish)'; do
    echo "$server $filter: $(ldapsearch -x -LLL "$@" -b "cn=erika,$base" "$filter" 1.1 | grep -c ^dn: || true)"
  done
}
on_each_directory try >"$seen"

compare <<'RECORD'
OpenLDAP (sn=straße): 1
OpenLDAP (sn=STRASSE): 0
OpenLDAP (sn=strasse): 0
OpenLDAP (givenName=γιώργος): 1
OpenLDAP (givenName=ΓΙΏΡΓΟΣ): 0
OpenLDAP (title=fish): 1
389 (sn=straße): 1
389 (sn=STRASSE): 0
389 (sn=strasse): 0
389 (givenName=γιώργος): 1
389 (givenName=ΓΙΏΡΓΟΣ): 0
389 (title=fish): 0
Samba (sn=straße): 1
Samba (sn=STRASSE): 0
Samba (sn=strasse): 0
Samba (givenName=γιώργος): 1
Samba (givenName=ΓΙΏΡΓΟΣ): 1
Samba (title=fish): 0
RECORD
