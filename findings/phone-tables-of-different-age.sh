#!/usr/bin/env bash
# Debian's numbering tables and the current ones parse a phone number as two different numbers, or one of them as
# none.
#
# The tables of libphonenumber follow the numbering plans; programs contain the tables of their build. If a
# homeserver in Python and an identity server in JavaScript parse the same typed number, both were expected to
# return the same digits, because the digits are looked up.
# Seen on 2026-11-29 with phonenumbers 8.12.57 (Debian 12) and libphonenumber-js 1.13.16:
# - Mexico: "+52 1 55 ...", which address books still contain: 52 55 ... for the old tables; for the new ones 52 1
#   55 ..., which is not a valid number; the same with 044 and 01 before the number.
# - Colombia: "03" before a mobile number is part of the number for the old tables, and is removed by the new ones.
# - Benin changed from 8 to 10 digits: for each of the tables, only its own plan is valid.
# - new mobile codes of Uzbekistan (20, 50, 87) and new numbers of Réunion are not valid for the old tables.
# For an identity server: a number that was bound through one and is looked up through the other is not found, and
# a client may reject numbers that the server accepts. Compare the results of both for the numbers of your
# countries.
source "$(dirname "$0")/support/setup.sh"

npm_packages libphonenumber-js@1.13.16
debian_packages python3-phonenumbers=8.12.57-4
cat >"$work/numbers.txt" <<'NUMBERS'
+52 1 55 1234 5678
+52 55 1234 5678
+57 03 310 1234567
+229 97 12 34 56
+229 01 97 12 34 56
+998 20 123 45 67
+998 50 123 45 67
+998 87 123 45 67
+262 693 12 34 56
+49 170 1234567
NUMBERS
cat >"$work/read.js" <<'JS'
import { readFileSync } from 'node:fs';
import { parsePhoneNumberFromString } from 'libphonenumber-js/max';

for (const text of readFileSync(process.argv[2], 'utf8').trim().split('\n')) {
  const number = parsePhoneNumberFromString(text);
  console.log(number.number, number.isValid() ? 'valid' : 'no');
}
JS
node "$work/read.js" "$work/numbers.txt" >"$work/new.txt"
/usr/bin/python3 - "$work/numbers.txt" >"$work/old.txt" <<'PYTHON'
import sys
import phonenumbers

for text in open(sys.argv[1]):
    number = phonenumbers.parse(text.strip(), None)
    digits = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    print(digits, 'valid' if phonenumbers.is_valid_number(number) else 'no')
PYTHON
paste -d '|' "$work/numbers.txt" "$work/old.txt" "$work/new.txt" | sed 's/|/: old /; s/|/, new /' >"$seen"

compare <<'RECORD'
+52 1 55 1234 5678: old +525512345678 valid, new +5215512345678 no
+52 55 1234 5678: old +525512345678 valid, new +525512345678 valid
+57 03 310 1234567: old +5733101234567 no, new +573101234567 valid
+229 97 12 34 56: old +22997123456 valid, new +22997123456 no
+229 01 97 12 34 56: old +2290197123456 no, new +2290197123456 valid
+998 20 123 45 67: old +998201234567 no, new +998201234567 valid
+998 50 123 45 67: old +998501234567 no, new +998501234567 valid
+998 87 123 45 67: old +998871234567 no, new +998871234567 valid
+262 693 12 34 56: old +262693123456 no, new +262693123456 valid
+49 170 1234567: old +491701234567 valid, new +491701234567 valid
RECORD
