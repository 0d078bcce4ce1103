#!/usr/bin/env bash
# OpenLDAP marks an entry as changed each time its person signs in, or mistypes the password.
#
# RFC 4512, 3.4.4: modifyTimestamp is the time at which the entry was last modified. slapd.conf(5): lastbind maintains
# pwdLastSuccess; slapo-ppolicy(5): failures are counted in pwdFailureTime. A login was expected not to count as a
# modification: for 389 Directory Server 2.3.1, which counts failures in the entry, too, it does not.
# Seen on 2026-11-29 with slapd 2.5.13: with "lastbind on", each successful bind changes modifyTimestamp and entryCSN,
# and with the ppolicy overlay each wrong password does, and the successful bind after it.
# For an identity server: an incremental sync by modifyTimestamp reads everybody who signed in since the last one; on
# a Monday morning these are most people. The contents that it reads are the same, so compare them before acting.
source "$(dirname "$0")/support/setup.sh"
source "$(dirname "$0")/support/slapd.sh"

cat >"$work/people.ldif" <<'LDIF'
dn: dc=x
objectClass: dcObject
objectClass: organization
o: x
dc: x

dn: cn=erika,dc=x
objectClass: inetOrgPerson
sn: Muster
userPassword: of-erika

dn: cn=policy,dc=x
objectClass: pwdPolicy
objectClass: device
pwdAttribute: userPassword
pwdLockout: TRUE
pwdMaxFailure: 5
LDIF

of_erika() {
  ldapsearch -x -LLL -H "$slapd" -D cn=admin,dc=x -w secret -b cn=erika,dc=x -s base '(objectClass=*)' "$1" | sed -n "s/^$1: //p"
}
# step WORDS PASSWORD
step() {
  local time csn
  time=$(of_erika modifyTimestamp) csn=$(of_erika entryCSN)
  sleep 1.1
  ldapwhoami -x -H "$slapd" -D cn=erika,dc=x -w "$2" >/dev/null 2>&1 || true
  [[ $(of_erika modifyTimestamp) = "$time" ]] && time='as before' || time=changed
  [[ $(of_erika entryCSN) = "$csn" ]] && csn='as before' || csn=changed
  echo "$1: modifyTimestamp $time, entryCSN $csn"
}
database="moduleload ppolicy
database mdb
suffix dc=x
rootdn cn=admin,dc=x
rootpw secret
directory $work/slapd
overlay ppolicy
ppolicy_default cn=policy,dc=x"
{
  start_slapd "$database" "$work/people.ldif" >&2
  step 'ppolicy, right password' of-erika
  step 'ppolicy, wrong password' wrong
  step 'ppolicy, right password after it' of-erika
  rm -r "$work/slapd"
  start_slapd "${database/rootpw/lastbind on
rootpw}" "$work/people.ldif" >&2
  step 'lastbind, right password' of-erika
} >"$seen"

compare <<'RECORD'
ppolicy, right password: modifyTimestamp as before, entryCSN as before
ppolicy, wrong password: modifyTimestamp changed, entryCSN changed
ppolicy, right password after it: modifyTimestamp changed, entryCSN changed
lastbind, right password: modifyTimestamp changed, entryCSN changed
RECORD
