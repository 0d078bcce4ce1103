#!/usr/bin/env bash
# A directory made with ldapjs ignores critical controls that it does not know.
#
# RFC 4511, 4.1.11: a server that does not support a critical control must not perform the operation, but end it
# with unavailableCriticalExtension (12). slapd does so.
# Seen on 2026-11-29 with the server of ldapjs 3.0.7: result 0 and all entries, for paging (all at once, without
# the control in the response, so that a client that follows cookies sees one page) and for an unknown control.
# matches() of its filters also distinguishes case in values and names, which no directory does for mail.
# For an identity server: such a server does not represent a directory in tests: paging, size limits and matching
# rules are not tested. Check controls and match values in the handlers.
source "$(dirname "$0")/support/setup.sh"
source "$(dirname "$0")/support/slapd.sh"

npm_packages ldapjs@3.0.7
printf 'dn: dc=x\nobjectClass: dcObject\nobjectClass: organization\no: x\ndc: x\n' >"$work/base.ldif"
for one in 1 2 3; do printf '\ndn: cn=p%s,dc=x\nobjectClass: inetOrgPerson\nsn: x\nmail: Erika%s@example.org\n' $one $one; done >>"$work/base.ldif"
start_slapd "database mdb
suffix dc=x
directory $work/slapd" "$work/base.ldif"
port=$(free_port)
cat >"$work/serve.js" <<'JS'
import ldapjs from 'ldapjs';

const server = ldapjs.createServer();
server.on('error', () => {});
server.search('dc=x', (request, response, next) => {
  for (const number of [1, 2, 3]) {
    const attributes = { objectClass: ['inetOrgPerson'], cn: [`p${number}`], sn: ['x'], mail: [`Erika${number}@example.org`] };
    if (request.filter.matches(attributes)) response.send({ dn: `cn=p${number},dc=x`, attributes });
  }
  response.end();
  next();
});
server.listen(Number(process.argv[2]), '127.0.0.1');
JS
node "$work/serve.js" "$port" &
stop_at_end $!
answers 127.0.0.1 "$port"

ask() {
  local name=$1 server=$2 code=0
  shift 2
  ldapsearch -x -LLL -H "$server" -b dc=x "$@" 1.1 >"$work/found.ldif" 2>/dev/null || code=$?
  echo "$name $*: $(grep -c ^dn: "$work/found.ldif" || true) entries, result $code"
}
for server in "slapd $slapd" "ldapjs ldap://127.0.0.1:$port"; do
  ask $server -e '!1.3.6.1.4.1.32473.1' '(sn=x)'
  ask $server '(mail=erika1@example.org)'
  ask $server '(MAIL=Erika1@example.org)'
done >"$seen"

compare <<'RECORD'
slapd -e !1.3.6.1.4.1.32473.1 (sn=x): 0 entries, result 12
slapd (mail=erika1@example.org): 1 entries, result 0
slapd (MAIL=Erika1@example.org): 1 entries, result 0
ldapjs -e !1.3.6.1.4.1.32473.1 (sn=x): 3 entries, result 0
ldapjs (mail=erika1@example.org): 0 entries, result 0
ldapjs (MAIL=Erika1@example.org): 0 entries, result 0
RECORD
