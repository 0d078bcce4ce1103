# Sourced after setup.sh. Three directory servers with one suffix each, to ask the same of all.

source "$(dirname "$0")/support/slapd.sh"
source "$(dirname "$0")/support/samba.sh"
source "$(dirname "$0")/support/ds389.sh"

start_directories() {
  printf 'dn: dc=x\nobjectClass: dcObject\nobjectClass: organization\no: x\ndc: x\n' >"$work/base.ldif"
  start_slapd "database mdb
suffix dc=x
rootdn cn=admin,dc=x
rootpw secret
directory $work/slapd" "$work/base.ldif"
  start_ds389
  start_samba
}

# on_each_directory FUNCTION: calls it with a name, a base, a class for people, and options for the tools of OpenLDAP.
on_each_directory() {
  "$1" OpenLDAP dc=x inetOrgPerson -H "$slapd" -D cn=admin,dc=x -w secret
  "$1" 389 dc=x inetOrgPerson -H "$ds389" -D "$DS389_USER" -w "$DS389_PASSWORD"
  "$1" Samba CN=Users,DC=example,DC=org contact -H "$samba" -D "$SAMBA_USER" -w "$SAMBA_PASSWORD"
}
