#!/usr/bin/env bash
# convict takes half of a number from the environment, and an option with a dot in its name for one that is known.
#
# What is set was expected to be in force or to be refused: the package is for that, and validate({ allowed: 'strict' })
# is there to find unknown options.
# Seen on 2026-11-29 with convict 6.2.5:
# - "int" from the environment is what parseInt makes of it: 1e3 is 1, 1.9 is 1, 0x10 is 0, 12abc is 12. The same
#   1.9 in a file is refused.
# - { "mail.host": ... } in a file passes the strict check, since the check asks by that path, and changes nothing.
# - where the schema has a free object (say, one entry per server), a key with dots is refused as unknown.
# - a free object in a file is added to its default and does not replace it; a list replaces it.
# For an identity server: names of servers are such keys, so give lists of entries; read numbers of the environment as
# text and convert them yourself; look for dots in names of options before the file is loaded.
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
