#!/usr/bin/env bash
# gammu and smstools send the same text to the same number differently, both without an error.
#
# 3GPP TS 23.040, 9.1.2.5: a number has a type, international (91) or unknown (81: dialled as on the phone). Its
# 9.2.3.24.1 allows texts in several parts, and TS 23.038 UCS-2 for letters beyond GSM. Both programs were expected to
# choose the alphabet and the parts, or to refuse what does not fit.
# Seen on 2026-11-29 with gammu 1.42.0 and smstools 3.1.21, in front of a modem that is a Python script:
# - 49170... without a plus is an unknown number for gammu and an international one for smstools, and so is 0170..., so
#   that smstools dials +0170.... With a plus they agree.
# - Cyrillic: gammu sends question marks and smstools nothing in place of the letters; both report success. With
#   -autolen, and with "Alphabet: UTF-8", they use UCS-2.
# - 155 letters and three euro signs (161 septets): gammu drops the last sign, smstools sends two parts.
# - "ç" becomes "c" with the one and "Ç" with the other.
# For an identity server: send numbers to such a gateway with their plus, and name the alphabet in each request. That
# a message was accepted does not mean that it can be read: receive one in every language before you rely on it.
source "$(dirname "$0")/support/setup.sh"
source "$(dirname "$0")/support/modem.sh"

start_gammu
start_smstools
long=$(printf 'a%.0s' $(seq 155))€€€
{
  for number in +491701234567 491701234567 01701234567; do
    by_gammu "$number" 'für reçu'
    by_smstools "$number" 'für reçu'
  done
  by_gammu +491701234567 'Код 4711'
  by_smstools +491701234567 'Код 4711'
  by_gammu +491701234567 'Код 4711' -autolen 500
  by_smstools +491701234567 'Код 4711' 'Alphabet: UTF-8'
  by_gammu +491701234567 "$long"
  by_smstools +491701234567 "$long"
} >"$seen"

compare <<'RECORD'
gammu: 491701234567 of type 91, GSM, "für recu", exit code 0
smstools: 491701234567 of type 91, GSM, "für reÇu", in the folder sent
gammu: 491701234567 of type 81, GSM, "für recu", exit code 0
smstools: 491701234567 of type 91, GSM, "für reÇu", in the folder sent
gammu: 01701234567 of type 81, GSM, "für recu", exit code 0
smstools: 01701234567 of type 91, GSM, "für reÇu", in the folder sent
gammu: 491701234567 of type 91, GSM, "??? 4711", exit code 0
smstools: 491701234567 of type 91, GSM, " 4711", in the folder sent
gammu -autolen 500: 491701234567 of type 91, UCS-2, "Код 4711", exit code 0
smstools Alphabet: UTF-8: 491701234567 of type 91, UCS-2, "Код 4711", in the folder sent
gammu: 491701234567 of type 91, GSM, 157 characters, the last three "a€€", exit code 0
smstools: 491701234567 of type 91, GSM, part 1 of 2, 153 characters, the last three "aaa", in the folder sent
smstools: 491701234567 of type 91, GSM, part 2 of 2, "aa€€€", in the folder sent
RECORD
