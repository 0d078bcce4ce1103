#!/usr/bin/env bash
# Packages for Node that count text messages disagree: one or two for 81 euro signs, two or three for 305 characters
# with a euro sign in the middle.
#
# 3GPP TS 23.038, 6.2.1.1: the euro sign, brackets and braces take two septets. TS 23.040, 9.2.3.24.1: a message has 160
# septets or 70 words of UCS-2, a part of several has 153 or 67, and an escape may not be split from its character. The
# packages were expected to agree on the number.
# Seen on 2026-11-30 with the npm packages below:
# - sms-counter 1.0.0 counts one septet for the euro sign and for brackets.
# - sms-length 0.2.2 and sms-counter only divide the length, and smshelper 0.1.0 does so for UCS-2.
# - gsm 0.1.4 returns the parts, and an emoji at their border as two halves, which are not Unicode.
# For an identity server: to promise one message per code, count septets yourself, and let the gateway split.
source "$(dirname "$0")/support/setup.sh"

npm_packages gsm@0.1.4 sms-counter@1.0.0 sms-length@0.2.2 sms-segments-calculator@1.3.0 smshelper@0.1.0 @trt2/gsm-charset-utils@1.0.13
cat >"$work/count.cjs" <<'JS'
const gsm = require('gsm');
const counter = require('sms-counter').default;
const smsLength = require('sms-length');
const { SegmentedMessage } = require('sms-segments-calculator');
const smshelper = require('smshelper');
const { getCharCount } = require('@trt2/gsm-charset-utils');

const letters = (text, count) => text.repeat(count);
for (const [name, text] of Object.entries({
  '160 a': letters('a', 160),
  '161 a': letters('a', 161),
  '81 €': letters('€', 81),
  '81 [': letters('[', 81),
  '152 a, €, 152 a': `${letters('a', 152)}€${letters('a', 152)}`,
  '66 я, emoji, 66 я': `${letters('я', 66)}🔑${letters('я', 66)}`,
})) {
  const { parts } = gsm(text);
  const counts = {
    gsm: parts.every((part) => !/\p{Surrogate}/u.test(part)) ? parts.length : `${parts.length}, one with half of a character`,
    'gsm-charset-utils': getCharCount(text).msgCount,
    'sms-counter': counter.count(text).messages,
    'sms-length': smsLength.count(text).messages,
    'sms-segments-calculator': new SegmentedMessage(text, 'auto', false).segmentsCount,
    smshelper: smshelper.parts(text),
  };
  console.log(`${name}: ${Object.entries(counts).map(([of, count]) => `${of} ${count}`).join(', ')}`);
}
JS
node "$work/count.cjs" >"$seen"

compare <<'RECORD'
160 a: gsm 1, gsm-charset-utils 1, sms-counter 1, sms-length 1, sms-segments-calculator 1, smshelper 1
161 a: gsm 2, gsm-charset-utils 2, sms-counter 2, sms-length 2, sms-segments-calculator 2, smshelper 2
81 €: gsm 2, gsm-charset-utils 2, sms-counter 1, sms-length 2, sms-segments-calculator 2, smshelper 2
81 [: gsm 2, gsm-charset-utils 2, sms-counter 1, sms-length 2, sms-segments-calculator 2, smshelper 2
152 a, €, 152 a: gsm 3, gsm-charset-utils 3, sms-counter 2, sms-length 2, sms-segments-calculator 3, smshelper 3
66 я, emoji, 66 я: gsm 2, one with half of a character, gsm-charset-utils 3, sms-counter 2, sms-length 2, sms-segments-calculator 3, smshelper 2
RECORD
