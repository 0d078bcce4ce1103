# Sourced after setup.sh. start_samba: an Active Directory domain controller by Samba, as root, with
# a fresh domain below DC=example,DC=org.

SAMBA=2:4.17.12+dfsg-0+deb12u4
SAMBA_USER=Administrator@EXAMPLE.ORG
SAMBA_PASSWORD=Passw0rd-for-trying

# start_samba: sets $samba to its URL. Its ports are fixed, so it has a separate loopback address.
start_samba() {
  debian_packages "samba=$SAMBA" "samba-ad-provision=$SAMBA" "samba-dsdb-modules=$SAMBA" "samba-vfs-modules=$SAMBA"
  local folder=$work/samba host=127.$((RANDOM % 250 + 2)).$((RANDOM % 250)).$((RANDOM % 250 + 2))
  mkdir "$folder"
  samba-tool domain provision --realm=EXAMPLE.ORG --domain=EXAMPLE --host-name=dc1 --host-ip=127.0.0.1 \
    --dns-backend=NONE --server-role=dc --adminpass="$SAMBA_PASSWORD" --targetdir="$folder" \
    --option='interfaces=lo' --option='bind interfaces only=yes' >"$work/provision.log" 2>&1 ||
    cannot "samba-tool: $(tail -n 1 "$work/provision.log")"
  cat >"$folder/smb.conf" <<CONFIGURATION
[global]
realm = EXAMPLE.ORG
workgroup = EXAMPLE
netbios name = DC1
server role = active directory domain controller
server services = ldap
interfaces = $host/8
bind interfaces only = yes
ldap server require strong auth = no
tls enabled = no
private dir = $folder/private
lock directory = $folder
state directory = $folder/state
cache directory = $folder/cache
pid directory = $folder
ncalrpc dir = $folder/ncalrpc
ntp signd socket directory = $folder/ntp
log file = $folder/log
CONFIGURATION
  /usr/sbin/samba -F -M single --no-process-group -s "$folder/smb.conf" >"$work/samba.log" 2>&1 &
  stop_at_end $!
  samba=ldap://$host
  answers "$host" 389
}
