#!/usr/bin/env bash
# OpenLDAP and 389 Directory Server find a telephone number in another notation, Samba does not.
#
# RFC 4517, 4.2.29: telephoneNumberMatch ignores blanks and hyphens, and nothing else.
# Seen on 2026-11-29: OpenLDAP 2.5.13 and 389 Directory Server 2.3.1 find "+49 30 123-45" with +493012345, also by
# its last digits, but not with a notation with brackets or slashes. Samba 4.17.12 treats the attribute as text:
# only repeated blanks and blanks at the ends are ignored, so that +493012345 finds no entry, and neither do the
# last digits without the hyphen. It also accepts values that are not telephone numbers of RFC 4517 (non-ASCII
# letters, a semicolon), which the others reject.
# For an identity server: a filter with the number in dialling form that works with OpenLDAP finds no entry in
# Active Directory if people write their numbers with separators.
source "$(dirname "$0")/support/setup.sh"
source "$(dirname "$0")/support/directories.sh"

cat >"$work/person.ldif" <<'LDIF'
dn: cn=erika,BASE
objectClass: CLASS
sn: Muster
telephoneNumber: +49 30 123-45
LDIF
start_directories

try() {
  local server=$1 base=$2 class=$3
  shift 3
  sed "s/BASE/$base/; s/CLASS/$class/" "$work/person.ldif" | ldapadd -x "$@" >/dev/null
  for number in '+49 30 123-45' '  +49  30 123-45 ' '+493012345' '+49-30-12345' '*12345' '+49 \2830\29 12345' '+49/30/12345'; do
    ldapsearch -x -LLL "$@" -b "cn=erika,$base" "(telephoneNumber=$number)" 1.1 >"$work/found.ldif"
    echo "$server (telephoneNumber=$number): $(grep -c ^dn: "$work/found.ldif" || true) of 1"
  done
  for number in '+49 30 12345;ext=7' 'Büro 12' 'none'; do
    local code=0
    printf 'dn: cn=erika,%s\nchangetype: modify\nreplace: telephoneNumber\ntelephoneNumber: %s\n' "$base" "$number" |
      ldapmodify -x "$@" >/dev/null 2>&1 || code=$?
    echo "$server is given $number: result $code"
  done
}
on_each_directory try >"$seen"

compare <<'RECORD'
OpenLDAP (telephoneNumber=+49 30 123-45): 1 of 1
OpenLDAP (telephoneNumber=  +49  30 123-45 ): 1 of 1
OpenLDAP (telephoneNumber=+493012345): 1 of 1
OpenLDAP (telephoneNumber=+49-30-12345): 1 of 1
OpenLDAP (telephoneNumber=*12345): 1 of 1
OpenLDAP (telephoneNumber=+49 \2830\29 12345): 0 of 1
OpenLDAP (telephoneNumber=+49/30/12345): 0 of 1
OpenLDAP is given +49 30 12345;ext=7: result 21
OpenLDAP is given Büro 12: result 21
OpenLDAP is given none: result 0
389 (telephoneNumber=+49 30 123-45): 1 of 1
389 (telephoneNumber=  +49  30 123-45 ): 1 of 1
389 (telephoneNumber=+493012345): 1 of 1
389 (telephoneNumber=+49-30-12345): 1 of 1
389 (telephoneNumber=*12345): 1 of 1
389 (telephoneNumber=+49 \2830\29 12345): 0 of 1
389 (telephoneNumber=+49/30/12345): 0 of 1
389 is given +49 30 12345;ext=7: result 21
389 is given Büro 12: result 21
389 is given none: result 0
Samba (telephoneNumber=+49 30 123-45): 1 of 1
Samba (telephoneNumber=  +49  30 123-45 ): 1 of 1
Samba (telephoneNumber=+493012345): 0 of 1
Samba (telephoneNumber=+49-30-12345): 0 of 1
Samba (telephoneNumber=*12345): 0 of 1
Samba (telephoneNumber=+49 \2830\29 12345): 0 of 1
Samba (telephoneNumber=+49/30/12345): 0 of 1
Samba is given +49 30 12345;ext=7: result 0
Samba is given Büro 12: result 0
Samba is given none: result 0
RECORD
