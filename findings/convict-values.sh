#!/usr/bin/env bash
# convict truncates invalid numbers from the environment, and accepts an unknown option with a dot in its name.
#
# A value was expected to be used or rejected: this is the purpose of the package, and validate({ allowed: 'strict'
# }) is meant to find unknown options.
# Seen on 2026-11-29 with convict 6.2.5:
# - "int" from the environment is the result of parseInt: 1e3 is 1, 1.9 is 1, 0x10 is 0, 12abc is 12. The same 1.9
#   in a file is rejected.
# - { "mail.host": ... } in a file passes the strict check, because the check uses that path, but has no effect.
# - if the schema has a free-form object (for example one entry per server), a key with dots is rejected as
#   unknown.
# - a free-form object in a file is merged into its default instead of replacing it; a list replaces it.
# For an identity server: server names are such keys, so use lists of entries; read numbers from the environment as
# text and convert them yourself; check for dots in option names before the file is loaded.
source "$(dirname "$0")/support/setup.sh"

npm_packages convict@6.2.5
cat >"$work/set.js" <<'JS'
import convict from 'convict';

const tried = (name, schema, file, env = {}) => {
  try {
    const config = convict(schema, { env, args: [] });
    config.load(file);
    config.validate({ allowed: 'strict' });
    console.log(`${name}: ${JSON.stringify(config.getProperties())}`);
  } catch (error) {
    console.log(`${name}: refused, ${error.message}`);
  }
};
const number = { limit: { format: 'int', default: 0, env: 'LIMIT' } };
for (const LIMIT of ['1e3', '1.9', '0x10', '12abc']) tried(`LIMIT=${LIMIT}`, number, {}, { LIMIT });
tried('limit: 1.9 in a file', number, { limit: 1.9 });
tried('"mail.host" in a file', { mail: { host: { format: String, default: 'localhost' } } }, { 'mail.host': 'mail.example.org' });
tried('a key with dots', { servers: { format: Object, default: {} } }, { servers: { 'id.example.org': 'yes' } });
tried('an object', { o: { format: Object, default: { a: 1, b: 2 } } }, { o: { a: 3 } });
tried('a list', { l: { format: Array, default: [1, 2] } }, { l: [3] });
JS
node "$work/set.js" >"$seen"

compare <<'RECORD'
LIMIT=1e3: {"limit":1}
LIMIT=1.9: {"limit":1}
LIMIT=0x10: {"limit":0}
LIMIT=12abc: {"limit":12}
limit: 1.9 in a file: refused, limit: must be an integer: value was 1.9
"mail.host" in a file: {"mail":{"host":"localhost"},"mail.host":"mail.example.org"}
a key with dots: refused, cannot find configuration param 'servers.id.example.org'
an object: {"o":{"a":3,"b":2}}
a list: {"l":[3]}
RECORD
