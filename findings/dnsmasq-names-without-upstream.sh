#!/usr/bin/env bash
# dnsmasq refuses to answer about a name whose address it has just returned.
#
# RFC 2308, 2.2: if a name exists, but not with the requested type, the answer is NOERROR without records (NODATA); a
# server that has the name in its own list was expected to answer this for AAAA and SRV. unbound does.
# Seen on 2026-11-29 with dnsmasq 2.90 and unbound 1.17.1 in a network without the Internet (no-resolv), with an
# address in a hosts file (dnsmasq) or as local-data (unbound): dnsmasq answers A with the address, and every other
# type of this name, and names below it, with REFUSED. With local=/example.test/ it answers NODATA and NXDOMAIN.
# For an identity server: the lookup of a homeserver begins with SRV and AAAA queries. A client that treats REFUSED as
# a failing name server gives up, or asks again and again, although the address is known. Treat it like a missing
# record, or write local=/your.domain/ into the configuration of dnsmasq.
source "$(dirname "$0")/support/setup.sh"

debian_packages dnsmasq-base=2.90-4~deb12u2 unbound=1.17.1-2+deb12u4
plain=$(free_port) local=$(free_port) unbound=$(free_port)
echo '192.0.2.1 matrix.example.test' >"$work/hosts"
start_dnsmasq() {
  local port=$1
  shift
  dnsmasq --keep-in-foreground --conf-file=/dev/null --pid-file= --user="$(id -un)" --listen-address=127.0.0.1 --bind-interfaces \
    --port="$port" --no-resolv --no-hosts --addn-hosts="$work/hosts" "$@" 2>"$work/dnsmasq.log" &
  stop_at_end $!
  answers 127.0.0.1 "$port"
}
start_dnsmasq "$plain"
start_dnsmasq "$local" --local=/example.test/
cat >"$work/unbound.conf" <<CONFIGURATION
server:
  interface: 127.0.0.1@$unbound
  username: ""
  chroot: ""
  directory: "$work"
  pidfile: ""
  use-syslog: no
  local-data: "matrix.example.test. A 192.0.2.1"
CONFIGURATION
/usr/sbin/unbound -d -c "$work/unbound.conf" 2>"$work/unbound.log" &
stop_at_end $!
answers 127.0.0.1 "$unbound"
cat >"$work/ask.mjs" <<'JS'
import { Resolver } from 'node:dns/promises';

const [plain, local, unbound] = process.argv.slice(2);
for (const [server, port] of [['dnsmasq', plain], ['dnsmasq with local=', local], ['unbound', unbound]]) {
  const resolver = new Resolver({ timeout: 2_000, tries: 1 });
  resolver.setServers([`127.0.0.1:${port}`]);
  for (const [type, name] of [
    ['A', 'matrix.example.test'],
    ['AAAA', 'matrix.example.test'],
    ['SRV', 'matrix.example.test'],
    ['SRV', '_matrix-fed._tcp.matrix.example.test'],
  ])
    console.log(`${server}: ${type} ${name}: ${await resolver.resolve(name, type).catch(({ code }) => code)}`);
}
JS
node "$work/ask.mjs" "$plain" "$local" "$unbound" >"$seen"

compare <<'RECORD'
dnsmasq: A matrix.example.test: 192.0.2.1
dnsmasq: AAAA matrix.example.test: EREFUSED
dnsmasq: SRV matrix.example.test: EREFUSED
dnsmasq: SRV _matrix-fed._tcp.matrix.example.test: EREFUSED
dnsmasq with local=: A matrix.example.test: 192.0.2.1
dnsmasq with local=: AAAA matrix.example.test: ENODATA
dnsmasq with local=: SRV matrix.example.test: ENODATA
dnsmasq with local=: SRV _matrix-fed._tcp.matrix.example.test: ENOTFOUND
unbound: A matrix.example.test: 192.0.2.1
unbound: AAAA matrix.example.test: ENODATA
unbound: SRV matrix.example.test: ENODATA
unbound: SRV _matrix-fed._tcp.matrix.example.test: ENOTFOUND
RECORD
