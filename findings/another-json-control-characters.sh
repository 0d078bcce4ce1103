#!/usr/bin/env bash
# another-json writes control characters in a form that JSON parsers reject.
#
# RFC 8259, 7: a control character in a string is written as \u with a small u and four hex digits. The Matrix
# appendix on canonical JSON requires the same.
# Seen on 2026-11-29 with another-json 0.2.0: "\U0007", with a capital U, for all control characters without a
# short form (tab and line feed are correct). JSON.parse rejects it, and a signature of that text is invalid for
# other implementations: Python's canonicaljson 1.6.2 writes a small u.
# For an identity server: names of rooms and people sometimes contain such characters; do not sign or verify with
# this package.
source "$(dirname "$0")/support/setup.sh"

npm_packages another-json@0.2.0
debian_packages python3-canonicaljson=1.6.2-1
cat >"$work/write.js" <<'JS'
import anotherJson from 'another-json';

const text = anotherJson.stringify({ name: 'tab\tbell\u0007' });
console.log('another-json:', text);
try {
  JSON.parse(text);
  console.log('JSON.parse: reads it');
} catch (error) {
  console.log('JSON.parse:', error.name);
}
JS
(cd "$work" && node write.js) >"$seen"
/usr/bin/python3 >>"$seen" <<'PYTHON'
from canonicaljson import encode_canonical_json

print('canonicaljson:', encode_canonical_json({'name': 'tab\tbell\u0007'}).decode())
PYTHON

compare <<'RECORD'
another-json: {"name":"tab\tbell\U0007"}
JSON.parse: SyntaxError
canonicaljson: {"name":"tab\tbell\u0007"}
RECORD
