#!/usr/bin/env bash
# A signature over keys beyond U+FFFF by Synapse's library is invalid for the JavaScript libraries.
#
# Matrix specification, appendix "Canonical JSON": keys are sorted by Unicode code point. RFC 8785, 3.2.3 (JCS)
# sorts by UTF-16 code units instead. The results differ for a key of U+E000 to U+FFFF beside one beyond U+FFFF
# (for example an emoji).
# Seen on 2026-11-29: another-json 0.2.0, which matrix-js-sdk uses for signing, sorts by UTF-16 code units like
# canonicalize 4.0.0 (JCS); Python's canonicaljson 1.6.2, which Synapse uses, sorts by code point. signedjson 1.1.1
# rejects a signature of the text from another-json.
# For an identity server: sort keys by code point (the default order of strings in JavaScript is different), and
# test it with U+FFFD beside an emoji; requests that homeservers sign may contain any key.
source "$(dirname "$0")/support/setup.sh"

npm_packages another-json@0.2.0 canonicalize@4.0.0
debian_packages python3-canonicaljson=1.6.2-1 python3-signedjson=1.1.1-2
cat >"$work/order.js" <<'JS'
import { writeFileSync } from 'node:fs';
import anotherJson from 'another-json';
import canonicalize from 'canonicalize';

const value = { '😀': 1, '\ufffd': 2, z: 3 };
writeFileSync('another.json', anotherJson.stringify(value));
console.log('another-json 0.2.0:', anotherJson.stringify(value));
console.log('canonicalize:', canonicalize(value));
JS
(cd "$work" && node order.js) >"$seen"
/usr/bin/python3 - "$work/another.json" >>"$seen" <<'PYTHON'
import json
import sys
from canonicaljson import encode_canonical_json
from signedjson.key import generate_signing_key, get_verify_key
from signedjson.sign import SignatureVerifyException, verify_signed_json
from unpaddedbase64 import encode_base64

octets = open(sys.argv[1], 'rb').read()
value = json.loads(octets)
print('canonicaljson:', encode_canonical_json(value).decode())
key = generate_signing_key('0')
value['signatures'] = {'example.org': {'ed25519:0': encode_base64(key.sign(octets).signature)}}
try:
    verify_signed_json(value, 'example.org', get_verify_key(key))
    print('signedjson: verified')
except SignatureVerifyException:
    print('signedjson: does not verify')
PYTHON

compare <<'RECORD'
another-json 0.2.0: {"z":3,"😀":1,"�":2}
canonicalize: {"z":3,"😀":1,"�":2}
canonicaljson: {"z":3,"�":2,"😀":1}
signedjson: does not verify
RECORD
