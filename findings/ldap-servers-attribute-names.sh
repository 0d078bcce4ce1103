#!/usr/bin/env bash
# An attribute that is requested by its second name, its OID or its supertype is returned under another name by
# each server, or not at all.
#
# RFC 4512, 2.5: an attribute may have several names and has an OID; all of them are equivalent. RFC 4511, 4.5.1.8:
# a request for an attribute includes its subtypes (sn and cn are subtypes of name).
# Seen on 2026-11-29: for rfc822Mailbox, surname and 0.9.2342.19200300.100.1.3, OpenLDAP 2.5.13 returns the first
# name (mail, sn), 389 Directory Server 2.3.1 the requested name, and Samba 4.17.12 nothing for a second name and
# mail for the OID. For name, OpenLDAP returns sn and cn, and finds entries by them; 389 Directory Server does
# neither; Samba has a separate attribute with that name.
# For an identity server: the response contains the value, but not under the name in the configuration.
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
  for name in mail MAIL rfc822Mailbox surname 0.9.2342.19200300.100.1.3 name; do
    ldapsearch -x -LLL "$@" -b "cn=erika,$base" '(objectClass=*)' "$name" >"$work/found.ldif"
    echo "$server is asked for $name, answers: $(sed '/^dn:/d; /^$/d; s/:.*//' "$work/found.ldif" | sort | paste -sd, | sed 's/^$/nothing/')"
  done
  ldapsearch -x -LLL "$@" -b "cn=erika,$base" '(name=Muster)' 1.1 >"$work/found.ldif"
  echo "$server finds her by (name=Muster): $(grep -c ^dn: "$work/found.ldif" || true) of 1"
}
on_each_directory try >"$seen"

compare <<'RECORD'
OpenLDAP is asked for mail, answers: mail
OpenLDAP is asked for MAIL, answers: mail
OpenLDAP is asked for rfc822Mailbox, answers: mail
OpenLDAP is asked for surname, answers: sn
OpenLDAP is asked for 0.9.2342.19200300.100.1.3, answers: mail
OpenLDAP is asked for name, answers: cn,sn
OpenLDAP finds her by (name=Muster): 1 of 1
389 is asked for mail, answers: mail
389 is asked for MAIL, answers: MAIL
389 is asked for rfc822Mailbox, answers: rfc822Mailbox
389 is asked for surname, answers: surname
389 is asked for 0.9.2342.19200300.100.1.3, answers: 0.9.2342.19200300.100.1.3
389 is asked for name, answers: nothing
389 finds her by (name=Muster): 0 of 1
Samba is asked for mail, answers: mail
Samba is asked for MAIL, answers: mail
Samba is asked for rfc822Mailbox, answers: nothing
Samba is asked for surname, answers: nothing
Samba is asked for 0.9.2342.19200300.100.1.3, answers: mail
Samba is asked for name, answers: name
Samba finds her by (name=Muster): 0 of 1
RECORD
