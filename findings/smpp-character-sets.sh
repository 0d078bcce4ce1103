#!/usr/bin/env bash
# node-smpp labels GSM octets as ASCII, writes "@" for unsupported characters, and garbles flash messages.
#
# SMPP 3.4, 5.2.19: data_coding 0 is the alphabet of the message centre, 1 is IA5/ASCII, 3 Latin-1, 8 UCS2; 3GPP TS
# 23.038, 4: 0x10 to 0x1F are the same alphabets with a message class (0x18: UCS2, shown immediately).
# Seen on 2026-11-29 with node-smpp 0.5.1, if only short_message is given:
# - "ä" is sent as octet 7b (GSM 7 bit) with data_coding 1, in whose alphabet 7b is "{"; "@" is sent as 00.
# - with data_coding 0, characters that GSM lacks become 00, which a phone shows as "@", without an error.
# - data_coding 0x18 with Cyrillic text: GSM octets for "@" again, although the same package reads 0x18 as UCS2.
# For an identity server: choose the alphabet yourself (0 if all characters are in GSM, else 8), encode to octets
# yourself, and pass a buffer to the library.
source "$(dirname "$0")/support/setup.sh"

npm_packages smpp@0.5.1
cat >"$work/send.js" <<'JS'
import smpp from 'smpp';

/** All fields before the message are empty here, so they and the header are 33 octets. */
const messageOf = (pdu) => pdu.subarray(33);

for (const [name, options] of [
  ['ä', { short_message: 'ä' }],
  ['@', { short_message: '@' }],
  ['ç', { short_message: 'ç' }],
  ['Cyrillic, data_coding 0', { data_coding: 0, short_message: 'Да' }],
  ['Cyrillic, data_coding 8', { data_coding: 8, short_message: 'Да' }],
  ['Cyrillic, data_coding 0x18', { data_coding: 0x18, short_message: 'Да' }],
]) {
  const pdu = new smpp.PDU('submit_sm', options).toBuffer();
  // The alphabet, a number that is not used, the length, the message.
  console.log(`${name}: data_coding ${pdu[30]}, octets ${messageOf(pdu).toString('hex')}`);
}
const read = new smpp.PDU('deliver_sm', { data_coding: 0x18, short_message: Buffer.from('04140430', 'hex') }).toBuffer();
console.log('0x18 received as UCS2:', new smpp.PDU(read).short_message.message);
JS
node "$work/send.js" >"$seen"

compare <<'RECORD'
ä: data_coding 1, octets 7b
@: data_coding 1, octets 00
ç: data_coding 3, octets e7
Cyrillic, data_coding 0: data_coding 0, octets 0000
Cyrillic, data_coding 8: data_coding 8, octets 04140430
Cyrillic, data_coding 0x18: data_coding 24, octets 0000
0x18 received as UCS2: Да
RECORD
