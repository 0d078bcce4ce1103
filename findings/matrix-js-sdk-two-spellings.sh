#!/usr/bin/env bash
# matrix-js-sdk says that an address is nobody's when the list has a second spelling of it.
#
# Client lists come from address books, which have "Erika@example.org" and "erika@example.org" side by side. The
# function identityHashedLookup returns what was found of the pairs that it was given, so both were
# expected; matrix-bot-sdk's lookup answers both.
# Seen on 2026-11-29 with matrix-js-sdk 37.5.0: it lower-cases before it hashes and keeps one spelling
# per hash: that of the digest which is ready last, mostly but not always the last of the list. The other is not
# answered (43.0.0 and bulkLookupThreePids, which calls it, likewise), while the hash stands twice in the request.
# For an identity server: the same hash twice in one lookup is ordinary, and counts against limits as
# two; "I am in the directory, but not found" may be this.
source "$(dirname "$0")/support/setup.sh"

npm_packages matrix-js-sdk@37.5.0
cat >"$work/ask.js" <<'JS'
import { createServer } from 'node:http';
import { createClient } from 'matrix-js-sdk';

const server = createServer(async (request, response) => {
  let body = '';
  for await (const chunk of request) body += chunk;
  response.setHeader('Content-Type', 'application/json');
  if (request.url.includes('/hash_details')) {
    response.end(JSON.stringify({ lookup_pepper: 'p', algorithms: ['sha256'] }));
    return;
  }
  const { addresses } = JSON.parse(body);
  console.log('hashes asked:', addresses.length, 'different:', new Set(addresses).size);
  response.end(JSON.stringify({ mappings: Object.fromEntries(addresses.map((hash) => [hash, '@erika:example.org'])) }));
});
server.listen(0, '127.0.0.1', async () => {
  const url = `http://127.0.0.1:${server.address().port}`;
  const quiet = Object.fromEntries(['trace', 'debug', 'info', 'warn', 'error'].map((level) => [level, () => {}]));
  quiet.getChild = () => quiet;
  const client = createClient({ baseUrl: url, idBaseUrl: url, logger: quiet });
  for (const spellings of [['Erika@example.org', 'erika@example.org'], ['Erika@example.org']]) {
    const found = await client.identityHashedLookup(spellings.map((address) => [address, 'email']), 'token');
    console.log('asked:', ...spellings, 'answered:', found.length, 'of', spellings.length);
  }
  process.exit();
});
JS
node "$work/ask.js" >"$seen"

compare <<'RECORD'
hashes asked: 2 different: 1
asked: Erika@example.org erika@example.org answered: 1 of 2
hashes asked: 1 different: 1
asked: Erika@example.org answered: 1 of 1
RECORD
