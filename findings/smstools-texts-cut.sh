#!/usr/bin/env bash
# smstools drops an emoji with everything after it, and cuts the euro sign into halves; the message counts as sent.
#
# 3GPP TS 23.038, 6.2.1.1: the euro sign and brackets are two septets, an escape and another one; TS 23.040, 9.2.3.24.1
# forbids to split them between two parts. Phones read UCS-2 as UTF-16, so that an emoji is two words. A gateway was
# expected to send the whole text, or to refuse it.
# Seen on 2026-11-30 with smstools 3.1.21 and, for comparison, gammu 1.42.0, in front of a modem that is a Python script:
# - "🔑 4711" with "Alphabet: UTF-8" is sent as a message without text, and "Код 🔑 4711" without the code. gammu sends
#   both as they are.
# - 152 letters, a euro sign and more letters: the first part ends with the escape, the second begins with "e". gammu
#   begins the second part with the euro sign.
# For an identity server: no characters beyond U+FFFF in a text message, and the code in the first part, before them.
source "$(dirname "$0")/support/setup.sh"
source "$(dirname "$0")/support/modem.sh"

start_gammu
start_smstools
long=$(printf 'a%.0s' $(seq 152))€bbbbbbbbb
{
  for text in '🔑 4711' 'Код 🔑 4711'; do
    by_gammu +491701234567 "$text" -autolen 500
    by_smstools +491701234567 "$text" 'Alphabet: UTF-8'
  done
  by_gammu +491701234567 "$long" -autolen 500
  by_smstools +491701234567 "$long" 'Alphabet: UTF-8'
} >"$seen"

compare <<'RECORD'
gammu -autolen 500: 491701234567 of type 91, UCS-2, "🔑 4711", exit code 0
smstools Alphabet: UTF-8: 491701234567 of type 91, UCS-2, "", in the folder sent
gammu -autolen 500: 491701234567 of type 91, UCS-2, "Код 🔑 4711", exit code 0
smstools Alphabet: UTF-8: 491701234567 of type 91, UCS-2, "Код ", in the folder sent
gammu -autolen 500: 491701234567 of type 91, GSM, part 1 of 2, 152 characters, the last three "aaa", exit code 0
gammu -autolen 500: 491701234567 of type 91, GSM, part 2 of 2, "€bbbbbbbbb", exit code 0
smstools Alphabet: UTF-8: 491701234567 of type 91, GSM, part 1 of 2, 153 characters, the last three "aa␛", in the folder sent
smstools Alphabet: UTF-8: 491701234567 of type 91, GSM, part 2 of 2, "ebbbbbbbbb", in the folder sent
RECORD
