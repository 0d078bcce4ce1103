#!/usr/bin/env bash
# slapadd and Samba's ldbadd refuse LDIF files that begin with "version: 1", as the standard demands and 389 Directory
# Server writes; ldbadd reports success.
#
# RFC 2849: a file begins with "version: 1", an empty line may follow, lines end with CR LF or LF, and comments may be
# folded. Servers were expected to read the files of each other.
# Seen on 2026-11-30 with OpenLDAP 2.5.13, 389 Directory Server 2.3.1, Samba's ldb-tools 2.6.2 and the npm package
# ldif 0.5.1:
# - ldapadd accepts the first line, slapadd of the same packages reads it as an entry or an attribute.
# - ldbadd says "Added 0 records successfully" with exit code 0; if an empty line follows, the exit code is 1. It stops
#   at a folded comment in the same way, and keeps the CR of CR LF as a part of each value.
# - ldif does not read folded comments.
# For an identity server: if you fill a directory from the export of another one, remove the first line and every CR,
# and count the entries afterwards.
source "$(dirname "$0")/support/setup.sh"
source "$(dirname "$0")/support/slapd.sh"
source "$(dirname "$0")/support/ds389.sh"

debian_packages ldb-tools=2:2.6.2+samba4.17.12+dfsg-0+deb12u4
npm_packages ldif@0.5.1
printf 'dn: dc=x\nobjectClass: domain\ndc: x\n' >"$work/base.ldif"
database="database mdb
suffix dc=x
rootdn cn=admin,dc=x
rootpw secret
directory $work"
start_slapd "$database/slapd" "$work/base.ldif"
start_ds389

entry=$'dn: cn=erika,dc=x\nobjectClass: inetOrgPerson\ncn: erika\nsn: Muster\nmail: erika@example.org\n'
mkdir "$work/files"
write() {
  printf '%s' "$2" >"$work/files/$1"
}
write 'a no version' "$entry"
write 'b version' $'version: 1\n'"$entry"
write 'c version, empty line' $'version: 1\n\n'"$entry"
write 'd CR LF' "${entry//$'\n'/$'\r\n'}"
write 'e folded comment' $'# one\n two\n'"$entry"

# Each reads $1, and prints LDIF without folded lines. Its exit code is that of the tool.
by_slapadd() {
  local code=0
  rm -rf "$work/slapadd"; mkdir "$work/slapadd"
  sed "s|^directory.*|directory $work/slapadd|" "$work/slapd/slapd.conf" >"$work/slapadd.conf"
  /usr/sbin/slapadd -q -f "$work/slapadd.conf" -l "$work/base.ldif"
  /usr/sbin/slapadd -q -f "$work/slapadd.conf" -l "$1" || code=$?
  /usr/sbin/slapcat -o ldif-wrap=no -f "$work/slapadd.conf"
  return $code
}
by_ldapadd() {
  local options=(-x -H "$slapd" -D cn=admin,dc=x -w secret) code=0
  ldapadd "${options[@]}" -f "$1" >/dev/null || code=$?
  ldapsearch "${options[@]}" -LLL -o ldif-wrap=no -b dc=x
  ldapdelete "${options[@]}" cn=erika,dc=x || true
  return $code
}
by_389() {
  local folder=/var/lib/dirsrv/slapd-tried$$/ldif code=0
  local options=(-D "$DS389_USER" -w "$DS389_PASSWORD")
  # The file replaces the whole suffix, so that its entry is also in it. A version line comes first.
  { sed -n '/^version/,/^$/{/^dn/q;p}' "$1"; cat "$work/base.ldif"; echo; sed '/^version/d' "$1"; } >"$folder/in.ldif"
  chown dirsrv "$folder/in.ldif"
  dsconf "${options[@]}" "$ds389" backend import userRoot "$folder/in.ldif" >/dev/null || code=$?
  ldapsearch -x -H "$ds389" "${options[@]}" -LLL -o ldif-wrap=no -b dc=x
  return $code
}
by_ldbadd() {
  local code=0
  rm -f "$work/new.ldb"
  ldbadd -H "tdb://$work/new.ldb" "$1" || code=$?
  ldbsearch -H "tdb://$work/new.ldb"
  return $code
}
by_ldif() {
  node --input-type=module --eval '
    import { readFileSync } from "node:fs";
    import ldif from "ldif";
    const { entries } = ldif.parse(readFileSync(process.argv[1], "utf8")).toObject({});
    for (const { dn, attributes } of entries)
      console.log([`dn: ${dn}`, ...Object.entries(attributes).map(([name, value]) => `${name}: ${value}`)].join("\n"));
  ' "$1"
}

try() {
  local reader=$1 file code=0 value
  for file in "$work/files"/*; do
    code=0
    (cd "$work" && "by_$reader" "$file") >"$work/read.ldif" 2>/dev/null || code=$?
    value=$(sed -n 's/^mail: //p; s/^mail:: /base64 /p' "$work/read.ldif")
    echo "$reader, ${file##*/? }: $(grep -c '^dn: cn=erika' "$work/read.ldif" || true) of 1${value:+ ($value)}, exit code $code"
  done
}
{
  for reader in slapadd ldapadd 389 ldbadd ldif; do try $reader; done
  dsconf -D "$DS389_USER" -w "$DS389_PASSWORD" "$ds389" backend export userRoot -l "/var/lib/dirsrv/slapd-tried$$/ldif/out" >/dev/null
  echo "389 writes: $(head -n 1 "/var/lib/dirsrv/slapd-tried$$/ldif/out.ldif")"
} >"$seen"

compare <<'RECORD'
slapadd, no version: 1 of 1 (erika@example.org), exit code 0
slapadd, version: 0 of 1, exit code 1
slapadd, version, empty line: 0 of 1, exit code 1
slapadd, CR LF: 1 of 1 (erika@example.org), exit code 0
slapadd, folded comment: 1 of 1 (erika@example.org), exit code 0
ldapadd, no version: 1 of 1 (erika@example.org), exit code 0
ldapadd, version: 1 of 1 (erika@example.org), exit code 0
ldapadd, version, empty line: 1 of 1 (erika@example.org), exit code 0
ldapadd, CR LF: 1 of 1 (erika@example.org), exit code 0
ldapadd, folded comment: 1 of 1 (erika@example.org), exit code 0
389, no version: 1 of 1 (erika@example.org), exit code 0
389, version: 1 of 1 (erika@example.org), exit code 0
389, version, empty line: 1 of 1 (erika@example.org), exit code 0
389, CR LF: 1 of 1 (erika@example.org), exit code 0
389, folded comment: 1 of 1 (erika@example.org), exit code 0
ldbadd, no version: 1 of 1 (erika@example.org), exit code 0
ldbadd, version: 0 of 1, exit code 0
ldbadd, version, empty line: 0 of 1, exit code 1
ldbadd, CR LF: 1 of 1 (base64 ZXJpa2FAZXhhbXBsZS5vcmcN), exit code 0
ldbadd, folded comment: 0 of 1, exit code 0
ldif, no version: 1 of 1 (erika@example.org), exit code 0
ldif, version: 1 of 1 (erika@example.org), exit code 0
ldif, version, empty line: 1 of 1 (erika@example.org), exit code 0
ldif, CR LF: 1 of 1 (erika@example.org), exit code 0
ldif, folded comment: 0 of 1, exit code 1
389 writes: version: 1
RECORD
