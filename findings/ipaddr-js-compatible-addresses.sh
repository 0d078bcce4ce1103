#!/usr/bin/env bash
# ipaddr.js parses "::192.0.2.1" as another address than its hexadecimal form.
#
# RFC 4291, 2.2: the last 32 bits of an IPv6 address may be written as IPv4, so ::192.0.2.1 and ::c000:201 are the
# same address; ::ffff:192.0.2.1 is another one (2.5.5.2, IPv4-mapped). Python's ipaddress agrees.
# Seen on 2026-11-29 with ipaddr.js 2.5.0: the first form is parsed as ::ffff:c000:201, and process() converts it
# to 192.0.2.1; the hexadecimal form is parsed correctly.
# For an identity server: an address that the library has formatted is not always the given address; log and
# compare the original text.
source "$(dirname "$0")/support/setup.sh"

npm_packages ipaddr.js@2.5.0
cat >"$work/read.js" <<'JS'
import ipaddr from 'ipaddr.js';

for (const text of ['::192.0.2.1', '::c000:201', '::ffff:192.0.2.1'])
  console.log(`${text}: ${ipaddr.parse(text).toString()}, after process() ${ipaddr.process(text).toString()}`);
JS
node "$work/read.js" >"$seen"
/usr/bin/python3 -c 'import ipaddress; print("Python: the first two are one:", ipaddress.ip_address("::192.0.2.1") == ipaddress.ip_address("::c000:201"))' >>"$seen"

compare <<'RECORD'
::192.0.2.1: ::ffff:c000:201, after process() 192.0.2.1
::c000:201: ::c000:201, after process() ::c000:201
::ffff:192.0.2.1: ::ffff:c000:201, after process() 192.0.2.1
Python: the first two are one: True
RECORD
