#!/usr/bin/env bash
# "Who am I?" is answered by 389 Directory Server with a blank and small letters, and by Samba with a protocol error, so
# that the answer is not the name of the entry.
#
# RFC 4532: the answer is an authorization identity by RFC 4513, 5.2.1.8: "dn:" and a distinguished name, without a blank
# between, or "u:" and a user name. It was expected to be usable for comparing it with the names that a search returns.
# Seen on 2026-11-30 with OpenLDAP 2.5.13, 389 Directory Server 2.3.1 and Samba 4.17.12:
# - OpenLDAP answers dn:cn=Müller\2C Erika,..., as its searches do.
# - 389 Directory Server answers "dn: cn=müller\2c erika,...", while its searches return cn=Müller\2C Erika,..., too.
# - Samba does not have the operation, although Active Directory has it (MS-ADTS 3.1.1.3.4.2).
# For an identity server: to know which entry a login belongs to, search for it before the login, and keep its id.
source "$(dirname "$0")/support/setup.sh"
source "$(dirname "$0")/support/directories.sh"

start_directories
try() {
  local server=$1 base=$2 class=$3 url=(-x -H "$5") name
  shift 3
  if [[ $server = Samba ]]; then
    name=$SAMBA_USER
  else
    name="cn=Müller\\, Erika,$base"
    printf 'dn:: %s\nobjectClass: %s\nsn: Muster\nuserPassword: Passw0rd-for-trying\n' "$(printf '%s' "$name" | base64 -w 0)" "$class" |
      ldapadd -x "$@" >/dev/null
    echo "$server, search: $(ldapsearch -LLL -o ldif-wrap=no -x "$@" -b "$name" -s base 1.1 | sed -n 's/^dn:: //p' | base64 -d)"
  fi
  echo "$server, who am I: $(ldapwhoami "${url[@]}" -D "$name" -w Passw0rd-for-trying 2>/dev/null | head -n 1)"
}
on_each_directory try >"$seen"

compare <<'RECORD'
OpenLDAP, search: cn=Müller\2C Erika,dc=x
OpenLDAP, who am I: dn:cn=Müller\2C Erika,dc=x
389, search: cn=Müller\2C Erika,dc=x
389, who am I: dn: cn=müller\2c erika,dc=x
Samba, who am I: Result: Protocol error (2)
RECORD
