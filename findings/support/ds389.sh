# Sourced after setup.sh. start_ds389: a 389 Directory Server, as root.

DS389=2.3.1+dfsg1-1+deb12u1
DS389_USER='cn=Directory Manager'
DS389_PASSWORD=Passw0rd-for-trying

# start_ds389: with only the suffix dc=x. Sets $ds389 to its URL. The locations of its files
# are built in; the files are removed at the end.
start_ds389() {
  debian_packages "389-ds-base=$DS389"
  local port home=$work/389 name=tried$$
  port=$(free_port)
  # The set-up tool uses systemd unless its file of defaults disables this.
  mkdir -p "$home/share/dirsrv/inf"
  sed 's/^with_systemd = 1/with_systemd = 0/' /usr/share/dirsrv/inf/defaults.inf >"$home/share/dirsrv/inf/defaults.inf"
  cat >"$home/new.inf" <<SETUP
[general]
config_version = 2
full_machine_name = localhost.localdomain
strict_host_checking = False
systemd = False
selinux = False
[slapd]
instance_name = $name
port = $port
secure_port = $(free_port)
root_password = $DS389_PASSWORD
self_sign_cert = False
[backend-userroot]
suffix = dc=x
sample_entries = no
create_suffix_entry = True
SETUP
  at_end() { PREFIX=$work/389 dsctl "tried$$" remove --do-it; rm -f "/run/dirsrv/slapd-tried$$.pid"; }
  PREFIX=$home dscreate from-file "$home/new.inf" >"$work/dscreate.log" 2>&1 ||
    cannot "dscreate: $(tail -n 1 "$work/dscreate.log")"
  ds389=ldap://127.0.0.1:$port
  answers 127.0.0.1 "$port"
}
