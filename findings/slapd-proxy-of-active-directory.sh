#!/usr/bin/env bash
# OpenLDAP in front of Active Directory passes on unknown attributes, but not unknown matching rules: disabled
# accounts can be neither found nor excluded.
#
# slapd-ldap(5): the backend forwards requests to another server. RFC 4511, 4.5.1.7.7: the server that evaluates a
# filter needs to know the rule, and Active Directory knows "has these bits" and "member of nested groups" ([MS-ADTS]
# 3.1.1.3.4.4). Since filters with unknown attributes are passed on, unknown rules were expected to be so, too.
# Seen on 2026-11-29 with slapd 2.5.13 and Samba 4.17.12 behind it:
# - (userAccountControl:1.2.840.113556.1.4.803:=2) and its negation both find nobody through the proxy, without an
#   error; so does the rule for nested groups. Filters without rules find the same as without the proxy.
# - names of attributes and classes that slapd does not know are returned in capitals, whatever was requested.
# For an identity server: the usual filter for Active Directory finds nobody through such a proxy. Query a domain
# controller, or write a filter without rules, such as (userAccountControl=512), and compare names without case.
source "$(dirname "$0")/support/setup.sh"
source "$(dirname "$0")/support/samba.sh"

debian_packages slapd=2.5.13+dfsg-5 ldap-utils=2.5.13+dfsg-5
start_samba
people=CN=Users,DC=example,DC=org
direct=(-H "$samba" -D "$SAMBA_USER" -w "$SAMBA_PASSWORD")
ldapadd -x "${direct[@]}" >/dev/null <<LDIF
dn: CN=erika,$people
objectClass: user
sAMAccountName: erika
mail: erika@example.org
userAccountControl: 544

dn: CN=disabled,$people
objectClass: user
sAMAccountName: disabled
mail: disabled@example.org
userAccountControl: 546

dn: CN=team,$people
objectClass: group
member: CN=erika,$people

dn: CN=all,$people
objectClass: group
member: CN=team,$people
LDIF
mkdir "$work/slapd"
cat >"$work/slapd/slapd.conf" <<CONFIGURATION
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_ldap
database ldap
suffix DC=example,DC=org
uri $samba
chase-referrals no
idassert-bind bindmethod=simple binddn="CN=Administrator,$people" credentials=$SAMBA_PASSWORD mode=none
idassert-authzFrom "*"
CONFIGURATION
port=$(free_port)
/usr/sbin/slapd -d 0 -f "$work/slapd/slapd.conf" -h "ldap://127.0.0.1:$port" &
stop_at_end $!
answers 127.0.0.1 "$port"
proxy=(-H "ldap://127.0.0.1:$port")

ask() {
  ldapsearch -x -LLL -o ldif-wrap=no -b "$people" "$@"
}
found() {
  local code=0
  ask "$@" 1.1 >"$work/found.ldif" || code=$?
  echo "$(sed -n 's/^dn: cn=\([a-z]*\),.*/\1/Ip' "$work/found.ldif" | sort | xargs | sed 's/^$/nobody/'), result $code"
}
{
  for filter in '(sAMAccountName=erika)' '(!(sAMAccountName=erika))' '(objectClass=user)' '(userAccountControl=546)' \
    '(userAccountControl:1.2.840.113556.1.4.803:=2)' '(!(userAccountControl:1.2.840.113556.1.4.803:=2))' \
    "(memberOf=CN=team,$people)" "(memberOf:1.2.840.113556.1.4.1941:=CN=all,$people)"; do
    echo "$filter: direct $(found "${direct[@]}" "(&(mail=*)$filter)"); by proxy $(found "${proxy[@]}" "(&(mail=*)$filter)")"
  done
  ask "${proxy[@]}" '(mail=erika@example.org)' objectClass sAMAccountName mail memberOf | grep -iE '^(objectClass: user|sAMAccountName|mail|memberOf)'
} >"$seen"

compare <<'RECORD'
(sAMAccountName=erika): direct erika, result 0; by proxy erika, result 0
(!(sAMAccountName=erika)): direct disabled, result 0; by proxy disabled, result 0
(objectClass=user): direct disabled erika, result 0; by proxy disabled erika, result 0
(userAccountControl=546): direct disabled, result 0; by proxy disabled, result 0
(userAccountControl:1.2.840.113556.1.4.803:=2): direct disabled, result 0; by proxy nobody, result 0
(!(userAccountControl:1.2.840.113556.1.4.803:=2)): direct erika, result 0; by proxy nobody, result 0
(memberOf=CN=team,CN=Users,DC=example,DC=org): direct erika, result 0; by proxy erika, result 0
(memberOf:1.2.840.113556.1.4.1941:=CN=all,CN=Users,DC=example,DC=org): direct erika, result 0; by proxy nobody, result 0
objectClass: USER
SAMACCOUNTNAME: erika
mail: erika@example.org
MEMBEROF: CN=team,CN=Users,DC=example,DC=org
RECORD
