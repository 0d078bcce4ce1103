#!/usr/bin/env bash
# An LDAP server made with ldapjs rejects every bind if it is bundled into an ES module.
#
# A bundler was expected to change the location of code but not its behaviour. But all code of an ES module is in
# strict mode (ECMAScript, 11.2.2), and CommonJS modules often are not.
# Seen on 2026-11-29 with ldapjs 3.0.7 and esbuild 0.28.2: the server assigns to the name of a bind request, which
# has only a getter. Outside of strict mode this does nothing, in strict mode it throws, and the server answers
# that the name is not a distinguished name (34 invalidDNSyntax). Bundled as CommonJS it works as without bundling.
# For an identity server: bundle such packages as CommonJS, beside the ES modules, and test the result and not only
# the sources.
source "$(dirname "$0")/support/setup.sh"

npm_packages ldapjs@3.0.7 esbuild@0.28.2
cat >"$work/server.js" <<'JS'
import ldapjs from 'ldapjs';

const server = ldapjs.createServer();
server.bind('', (request, response) => response.end());
server.listen(0, '127.0.0.1', () => {
  const client = ldapjs.createClient({ url: `ldap://127.0.0.1:${server.address().port}` });
  client.bind('cn=reader,dc=x', 'secret', (error) => {
    console.log(error ? `${error.name} (${error.code})` : 'bound');
    process.exit();
  });
});
JS
REQUIRE="import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);"
cd "$work" || cannot "cd $work"
npx esbuild server.js --bundle --platform=node --format=esm --banner:js="$REQUIRE" --outfile=bundled.mjs --log-level=error
npx esbuild server.js --bundle --platform=node --format=cjs --outfile=bundled.cjs --log-level=error
for file in server.js bundled.cjs bundled.mjs; do echo "$file: $(node $file)"; done >"$seen"

compare <<'RECORD'
server.js: bound
bundled.cjs: bound
bundled.mjs: InvalidDnSyntaxError (34)
RECORD
