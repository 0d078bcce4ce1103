# Sourced after setup.sh. start_slapd: OpenLDAP's server with a database of its own.

OPENLDAP=2.5.13+dfsg-5

# start_slapd CONFIGURATION ENTRIES: the text of the databases in slapd.conf, and an LDIF file for the
# first database. Sets $slapd to its URL.
start_slapd() {
  debian_packages "slapd=$OPENLDAP" "ldap-utils=$OPENLDAP"
  mkdir -p "$work/slapd"
  {
    printf 'include /etc/ldap/schema/%s.schema\n' core cosine inetorgperson
    printf 'modulepath /usr/lib/ldap\nmoduleload back_mdb\n%s\n' "$1"
  } >"$work/slapd/slapd.conf"
  /usr/sbin/slapadd -q -f "$work/slapd/slapd.conf" -n "${3:-1}" -l "$2"
  local port
  port=$(free_port)
  slapd=ldap://127.0.0.1:$port
  /usr/sbin/slapd -d 0 -f "$work/slapd/slapd.conf" -h "$slapd" &
  stop_at_end $!
  answers 127.0.0.1 "$port"
}
