#!/usr/bin/env bash
# Matrix SDKs hash an address in lower case, although the specification requires case folding.
#
# Matrix specification, appendix "3PID types" (since 1.1, MSC2265): mail addresses are case-folded as defined by
# Unicode for caseless matching. For most addresses the result is the lower-case address.
# Seen on 2026-11-29 with matrix-js-sdk 37.5.0 (43.0.0 has the same code) and matrix-bot-sdk 0.8.0: "strauß" and a
# final sigma are not changed, so that the hash differs from that of the folded address; blanks around an address
# are hashed, too; a phone number is hashed as it was typed, with "+" and blanks.
# For an identity server: answer the hash of the lower-case spelling as well as that of the folded one. For a
# program that uses an SDK: trim addresses, and pass numbers as digits.
source "$(dirname "$0")/support/setup.sh"

# The install script of the SDK would download a binary for encryption; lookups do not need it.
npm_packages matrix-js-sdk@37.5.0 matrix-bot-sdk@0.8.0
mkdir -p "$work/node_modules/@matrix-org/matrix-sdk-crypto-nodejs"
echo 'module.exports = { StoreType: {}, RequestType: {} };' >"$work/node_modules/@matrix-org/matrix-sdk-crypto-nodejs/index.js"
cat >"$work/fold.py" <<'PYTHON'
import sys

for line in sys.stdin:
    print(line.rstrip('\n').casefold())
PYTHON
cat >"$work/ask.js" <<'JS'
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import { IdentityClient } from 'matrix-bot-sdk/lib/identity/IdentityClient.js';
import { createClient } from 'matrix-js-sdk';

let asked;
const server = createServer(async (request, response) => {
  let body = '';
  for await (const chunk of request) body += chunk;
  response.setHeader('Content-Type', 'application/json');
  if (request.url.includes('/lookup')) [asked] = JSON.parse(body).addresses;
  response.end(JSON.stringify({ lookup_pepper: 'p', algorithms: ['sha256'], mappings: {} }));
});
const hash = (address, medium) => createHash('sha256').update(`${address} ${medium} p`).digest('base64url');
const fold = (text) => execFileSync('/usr/bin/python3', ['fold.py'], { input: `${text}\n` }).toString().slice(0, -1);

server.listen(0, '127.0.0.1', async () => {
  const url = `http://127.0.0.1:${server.address().port}`;
  const quiet = Object.fromEntries(['trace', 'debug', 'info', 'warn', 'error'].map((level) => [level, () => {}]));
  quiet.getChild = () => quiet;
  const client = createClient({ baseUrl: url, idBaseUrl: url, logger: quiet });
  const bot = new IdentityClient('token', url);
  for (const [medium, address] of [
    ['email', 'Erika@example.org'],
    ['email', 'STRAUẞ@example.org'],
    ['email', 'strauß@example.org'],
    ['email', 'ΓΙΏΡΓΟΣ@example.org'],
    ['email', ' erika@example.org '],
    ['msisdn', '+49 30 123456'],
  ]) {
    const forms = {
      folded: hash(fold(address), medium),
      'lower case': hash(address.toLowerCase(), medium),
      'as typed': hash(address, medium),
    };
    const formAsked = () => Object.entries(forms).filter(([, one]) => one === asked).map(([name]) => name).join(' = ');
    await client.identityHashedLookup([[address, medium]], 'token');
    const byClient = formAsked();
    await bot.lookup([{ kind: medium, address }]);
    console.log(`"${address}": matrix-js-sdk: ${byClient}; matrix-bot-sdk: ${formAsked()}`);
  }
  process.exit();
});
JS
(cd "$work" && node ask.js) >"$seen"

compare <<'RECORD'
"Erika@example.org": matrix-js-sdk: folded = lower case; matrix-bot-sdk: folded = lower case
"STRAUẞ@example.org": matrix-js-sdk: lower case; matrix-bot-sdk: lower case
"strauß@example.org": matrix-js-sdk: lower case = as typed; matrix-bot-sdk: lower case = as typed
"ΓΙΏΡΓΟΣ@example.org": matrix-js-sdk: lower case; matrix-bot-sdk: lower case
" erika@example.org ": matrix-js-sdk: folded = lower case = as typed; matrix-bot-sdk: folded = lower case = as typed
"+49 30 123456": matrix-js-sdk: folded = lower case = as typed; matrix-bot-sdk: folded = lower case = as typed
RECORD
