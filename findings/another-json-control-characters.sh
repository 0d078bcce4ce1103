#!/usr/bin/env bash
# another-json writes control characters in a way that no JSON reader takes.
#
# RFC 8259, 7: a control character in a string is \u and four hex digits, with a small u. The Matrix
# appendix on canonical JSON has the same.
# Seen on 2026-11-29 with another-json 0.2.0: "\U0007", with a capital U, for all that have no short form
# (tab and line end are right). JSON.parse refuses it, and a signature over that text verifies nowhere
# else: Python's canonicaljson 1.6.2 writes a small u.
# For an identity server: names of rooms and people come with such characters now and then; do not sign or
# check signatures by this package.
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
