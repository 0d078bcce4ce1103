#!/usr/bin/env bash
# Packages that read vCards return parts of a phone number, of a mail address or of a URL, also for examples of the
# standard.
#
# RFC 6350, 3.3: a parameter in quotes may contain colons and commas, and TYPE="voice,home" is a list; 3.4: only
# properties with several components are split at semicolons; a comma in a text is written as \,. TEL;...:tel:...;ext=5555
# and ADR;GEO="geo:..." are its examples. All packages were expected to read them alike, as vcard4 and ical.js do.
# Seen on 2026-11-30 with vcf 2.1.2, vcard-parser 1.0.0, vcard4 4.0.5, vcard4-ts 0.4.1, ical.js 2.2.1 (npm) and vobject
# 0.9.6 (Python, Debian 12):
# - vcard-parser splits the number before its extension, the address "erika;muster"@example.org, and a URL at a comma.
# - vobject cuts the URL at the comma.
# - vcf and vcard-parser end a parameter at the colon within its quotes, so that a part of it becomes the value. vcf
#   leaves the backslash in the name.
# - vcard-parser, vcard4-ts and vobject read TYPE="voice,home" as one type.
# For an identity server: when you import address books, check each number and address that a package returns, and
# report what you reject.
source "$(dirname "$0")/support/setup.sh"

debian_packages python3-vobject=0.9.6.1-2
npm_packages vcf@2.1.2 vcard-parser@1.0.0 vcard4@4.0.5 vcard4-ts@0.4.1 ical.js@2.2.1
sed 's/$/\r/' >"$work/card.vcf" <<'VCARD'
BEGIN:VCARD
VERSION:4.0
FN:Muster\, Erika
TEL;VALUE=uri;PREF=1;TYPE="voice,home":tel:+1-555-555-5555;ext=5555
EMAIL:"erika;muster"@example.org
ADR;GEO="geo:12.3457,78.910":;;123 Main Street;Any Town;CA;91921;U.S.A.
URL:https://example.org/a,b
END:VCARD
VCARD
cat >"$work/read.js" <<'JS'
import { readFileSync } from 'node:fs';
import ICAL from 'ical.js';
import vcardParser from 'vcard-parser';
import { parse } from 'vcard4';
import { parseVCards } from 'vcard4-ts';
import Vcf from 'vcf';

const text = readFileSync('card.vcf', 'utf8');
const [vcf, parsed, card, ical] = [new Vcf().parse(text), vcardParser.parse(text), parse(text), new ICAL.Component(ICAL.parse(text))];
const { vCards: [typed] } = parseVCards(text);
// Each returns the value and the types of a property.
const packages = {
  vcf: (name) => [vcf.get(name).valueOf(), vcf.get(name).type],
  'vcard-parser': (name) => [parsed[name][0].value, parsed[name][0].meta?.type],
  vcard4: (name) => [card.getProperty(name.toUpperCase())[0].value, card.getProperty(name.toUpperCase())[0].parameters?.TYPE],
  'vcard4-ts': (name) => [[typed[name.toUpperCase()]].flat()[0].value, [typed[name.toUpperCase()]].flat()[0].parameters?.TYPE],
  'ical.js': (name) => [ical.getFirstProperty(name).getFirstValue(), ical.getFirstProperty(name).getParameter('type')],
};
for (const name of ['fn', 'tel', 'email', 'adr', 'url'])
  for (const [reader, read] of Object.entries(packages)) {
    const [value, types] = read(name);
    console.log(`${name} by ${reader}: ${JSON.stringify(value)}${types ? `, types ${JSON.stringify(types)}` : ''}`);
  }
JS
cat >"$work/read.py" <<'PYTHON'
import json
import vobject

card = vobject.readOne(open('card.vcf', newline='').read())
for name in ('fn', 'tel', 'email', 'adr', 'url'):
    (line,) = card.contents[name]
    value = vars(line.value) if name == 'adr' else line.value
    types = f', types {json.dumps(line.params["TYPE"])}' if 'TYPE' in line.params else ''
    print(f'{name} by vobject: {json.dumps(value)}{types}')
PYTHON
cd "$work"
node read.js >"$seen"
/usr/bin/python3 read.py >>"$seen"
sort --stable --key=1,1 -o "$seen" "$seen"

compare <<'RECORD'
adr by vcf: "12.3457,78.910\":;;123 Main Street;Any Town;CA;91921;U.S.A."
adr by vcard-parser: ["12.3457,78.910\":","","123 Main Street","Any Town","CA","91921","U.S.A."]
adr by vcard4: {"postOfficeBox":"","extendedAddress":"","streetAddress":"123 Main Street","locality":"Any Town","region":"CA","postalCode":"91921","countryName":"U.S.A."}
adr by vcard4-ts: {"postOfficeBox":[""],"extendedAddress":[""],"streetAddress":["123 Main Street"],"locality":["Any Town"],"region":["CA"],"postalCode":["91921"],"countryName":["U.S.A."]}
adr by ical.js: ["","","123 Main Street","Any Town","CA","91921","U.S.A."]
adr by vobject: {"box": "", "extended": "", "street": "123 Main Street", "city": "Any Town", "region": "CA", "code": "91921", "country": "U.S.A."}
email by vcf: "\"erika;muster\"@example.org"
email by vcard-parser: ["\"erika","muster\"@example.org"]
email by vcard4: "\"erika;muster\"@example.org"
email by vcard4-ts: "\"erika;muster\"@example.org"
email by ical.js: "\"erika;muster\"@example.org"
email by vobject: "\"erika;muster\"@example.org"
fn by vcf: "Muster\\, Erika"
fn by vcard-parser: "Muster, Erika"
fn by vcard4: "Muster, Erika"
fn by vcard4-ts: "Muster, Erika"
fn by ical.js: "Muster, Erika"
fn by vobject: "Muster, Erika"
tel by vcf: "tel:+1-555-555-5555;ext=5555", types ["voice","home"]
tel by vcard-parser: ["tel:+1-555-555-5555","ext=5555"], types ["\"voice,home\""]
tel by vcard4: "tel:+1-555-555-5555;ext=5555", types ["voice","home"]
tel by vcard4-ts: "tel:+1-555-555-5555;ext=5555", types ["voice,home"]
tel by ical.js: "tel:+1-555-555-5555;ext=5555", types ["voice","home"]
tel by vobject: "tel:+1-555-555-5555;ext=5555", types ["voice,home"]
url by vcf: "https://example.org/a,b"
url by vcard-parser: ["https://example.org/a","b"]
url by vcard4: "https://example.org/a,b"
url by vcard4-ts: "https://example.org/a,b"
url by ical.js: "https://example.org/a,b"
url by vobject: "https://example.org/a"
RECORD
