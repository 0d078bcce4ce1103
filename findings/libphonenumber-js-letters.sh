#!/usr/bin/env bash
# "+49 30 123456 (home)" is a valid number of fourteen digits for Google's library, and libphonenumber-js truncates
# numbers at letters.
#
# The package libphonenumber-js describes itself as a smaller rewrite of Google's libphonenumber, so that both were
# expected to parse a text in the same way. Numbers with letters are printed on cards in North America (ITU-T E.161
# defines the keys); address books often have words after a number. Full-width plus signs are in Google's grammar.
# Seen on 2026-11-29 with libphonenumber-js 1.13.16 and google-libphonenumber 3.2.47 (phonenumbers 8.12.57, in
# Python, gives the results of the latter):
# - libphonenumber-js parses "+1 800 FLOWERS" as +1800 (isValid and isPossible are false), although its readme
#   suggests that there is no number.
# - Google's library converts words after a number, "(home)" or "office", to digits, and for Germany the result is
#   valid.
# - only Google's library accepts a full-width plus; both accept full-width and Arabic digits.
# For an identity server: a homeserver binds a number with a word after it as other digits than those that an
# identity server finds in the directory. Check isPossible before you use the digits; otherwise all such cards
# share +1800.
source "$(dirname "$0")/support/setup.sh"

npm_packages libphonenumber-js@1.13.16 google-libphonenumber@3.2.47
cat >"$work/read.js" <<'JS'
import google from 'google-libphonenumber';
import { parsePhoneNumberFromString } from 'libphonenumber-js/max';

const util = google.PhoneNumberUtil.getInstance();
const byGoogle = (text, region) => {
  try {
    const number = util.parse(text, region);
    return `${util.format(number, google.PhoneNumberFormat.E164)} ${util.isValidNumber(number)}`;
  } catch {
    return 'no number';
  }
};
const byRewrite = (text, region) => {
  const number = parsePhoneNumberFromString(text, region);
  return number ? `${number.number} ${number.isValid()}` : 'no number';
};
for (const [text, region] of [
  ['+1 800 FLOWERS'],
  ['1-800-FLOWERS', 'US'],
  ['+1 800 356 9377'],
  ['+49 30 123456 (home)'],
  ['+49 30 123456 office'],
  ['＋49 30 123456'],
  ['+４９ ３０ １２３４５６'],
  ['+٤٩ ٣٠ ١٢٣٤٥٦'],
])
  console.log(`${text}: Google's ${byGoogle(text, region)}, rewrite ${byRewrite(text, region)}`);
JS
node "$work/read.js" >"$seen"

compare <<'RECORD'
+1 800 FLOWERS: Google's +18003569377 true, rewrite +1800 false
1-800-FLOWERS: Google's +18003569377 true, rewrite +11800 false
+1 800 356 9377: Google's +18003569377 true, rewrite +18003569377 true
+49 30 123456 (home): Google's +49301234564663 true, rewrite +4930123456 true
+49 30 123456 office: Google's +4930123456633423 true, rewrite +4930123456 true
＋49 30 123456: Google's +4930123456 true, rewrite no number
+４９ ３０ １２３４５６: Google's +4930123456 true, rewrite +4930123456 true
+٤٩ ٣٠ ١٢٣٤٥٦: Google's +4930123456 true, rewrite +4930123456 true
RECORD
