#!/usr/bin/env bash
# npm's bill of materials for production lacks packages that production needs.
#
# "npm sbom --omit dev" was expected to list what "npm install --omit dev" installs and "npm ls --omit dev" shows.
# Seen on 2026-11-29 with npm 10.9.4 and 11.6.2, formats cyclonedx and spdx: a package that is also a dependency of
# a development dependency is not listed, not even if it is a direct dependency. Without --omit dev it is listed. A
# search for a vulnerability in such a list does not show that the product is affected.
# For an identity server: of 243 delivered packages, 17 were missing (among them the parsers of YAML and of
# PostgreSQL's types). The lock file marks packages that only development needs: create the list from it.
source "$(dirname "$0")/support/setup.sh"

mkdir "$work/project"
echo '{ "name": "tried", "version": "1.0.0", "dependencies": { "ms": "2.1.3" }, "devDependencies": { "debug": "4.4.3" } }' \
  >"$work/project/package.json"
for version in 10.9.4 11.6.2; do
  npm_packages "npm@$version"
  npm() { node "$work/node_modules/npm/bin/npm-cli.js" --prefix "$work/project" --loglevel error "$@"; }
  npm install --package-lock-only >"$work/install.log" 2>&1 || cannot "npm $version install: $(tail -n 1 "$work/install.log")"
  names() {
    local found
    found=$(grep -o '"\(ms\|debug\)@[0-9.]*"\|"SPDXRef-Package-\(ms\|debug\)-[0-9.]*"' | sort -u | tr -d '"' | paste -s -d ' ')
    echo "${found:-none of both}"
  }
  {
    echo "npm $version"
    echo "ls --omit dev: $(npm ls --omit dev --all --package-lock-only --parseable | grep -o 'node_modules/.*')"
    for format in cyclonedx spdx; do
      echo "$format: $(npm sbom --sbom-format $format --package-lock-only | names)"
      echo "$format --omit dev: $(npm sbom --sbom-format $format --omit dev --package-lock-only | names)"
    done
  } >>"$seen"
  unset -f npm
done

compare <<'RECORD'
npm 10.9.4
ls --omit dev: node_modules/ms
cyclonedx: debug@4.4.3 ms@2.1.3
cyclonedx --omit dev: none of both
spdx: SPDXRef-Package-debug-4.4.3 SPDXRef-Package-ms-2.1.3
spdx --omit dev: none of both
npm 11.6.2
ls --omit dev: node_modules/ms
cyclonedx: debug@4.4.3 ms@2.1.3
cyclonedx --omit dev: none of both
spdx: SPDXRef-Package-debug-4.4.3 SPDXRef-Package-ms-2.1.3
spdx --omit dev: none of both
RECORD
