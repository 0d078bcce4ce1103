#!/usr/bin/env bash
# libphonenumber-js parses a tel: URI with a phone-context only every second time.
#
# RFC 3966, 5.1.4 and 5.1.5: "tel:123456;phone-context=+49-30" is the local number 123456 within +49 30; the context
# may also be a domain, as in "tel:7042;phone-context=example.com". The source of the package supports this, as
# Google's library does, and a function of one text was expected to return the same each time.
# Seen on 2026-11-29 with libphonenumber-js 1.13.16: the first call returns +4930123456, the second nothing, and so on
# (a regular expression with the flag g remembers where its last match ended). A call with another context in between
# changes which one fails. A domain with letters before its last dot is never accepted. google-libphonenumber 3.2.47
# returns the number each time.
# For an identity server: of two people with such numbers in a directory, one is found, and which one depends on the
# order of reading. Convert such a URI to one number before parsing, or skip it.
source "$(dirname "$0")/support/setup.sh"

npm_packages libphonenumber-js@1.13.16 google-libphonenumber@3.2.47
cat >"$work/read.js" <<'JS'
import google from 'google-libphonenumber';
import { parsePhoneNumberFromString } from 'libphonenumber-js/max';

const util = google.PhoneNumberUtil.getInstance();
const byGoogle = (text) => util.format(util.parse(text, 'DE'), google.PhoneNumberFormat.E164);
const byPackage = (text) => parsePhoneNumberFromString(text, 'DE')?.number ?? 'nothing';
for (const text of ['tel:123456;phone-context=+49-30', 'tel:030123456;phone-context=local', 'tel:030123456;phone-context=example.org'])
  for (const read of [byPackage, byGoogle]) console.log(`${text}, ${read.name}:`, ...[1, 2, 3, 4].map(() => read(text)));
JS
node "$work/read.js" >"$seen"

compare <<'RECORD'
tel:123456;phone-context=+49-30, byPackage: +4930123456 nothing +4930123456 nothing
tel:123456;phone-context=+49-30, byGoogle: +4930123456 +4930123456 +4930123456 +4930123456
tel:030123456;phone-context=local, byPackage: +4930123456 nothing +4930123456 nothing
tel:030123456;phone-context=local, byGoogle: +4930123456 +4930123456 +4930123456 +4930123456
tel:030123456;phone-context=example.org, byPackage: nothing nothing nothing nothing
tel:030123456;phone-context=example.org, byGoogle: +4930123456 +4930123456 +4930123456 +4930123456
RECORD
