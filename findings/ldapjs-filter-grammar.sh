#!/usr/bin/env bash
# ldapjs rejects filters with an OID or an attribute option.
#
# RFC 4515, 3 uses the attribute descriptions of RFC 4512, 2.5: a name or an OID, followed by options such as
# ;lang-de. A value may be empty (assertionvalue is zero or more octets).
# Seen on 2026-11-29 with ldapjs 3.0.7 (@ldapjs/filter 2.1.1): OIDs and options are "invalid expression"; an empty
# value is rejected with a message about buffers.
# For an identity server: filters from the documentation of a directory may be rejected at the start.
source "$(dirname "$0")/support/setup.sh"

npm_packages ldapjs@3.0.7 @ldapjs/filter@2.1.1
cat >"$work/read.js" <<'JS'
import ldapjs from 'ldapjs';

for (const text of ['(sn=x)', '(2.5.4.4=x)', '(sn;lang-de=x)', '(sn=)'])
  try {
    console.log(text, ldapjs.parseFilter(text).type);
  } catch (error) {
    console.log(text, 'refused:', error.message);
  }
JS
node "$work/read.js" >"$seen"

compare <<'RECORD'
(sn=x) EqualityFilter
(2.5.4.4=x) refused: invalid expression
(sn;lang-de=x) refused: invalid expression
(sn=) refused: must either provide a buffer via `raw` or some `value`
RECORD
