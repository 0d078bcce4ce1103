#!/usr/bin/env bash
# matrix-js-sdk does not return a user for an address if the list has a second spelling of it.
#
# The lists of clients come from address books, which may contain both "Erika@example.org" and "erika@example.org".
# The function identityHashedLookup returns the given pairs that were found, so that both were expected; the lookup
# of matrix-bot-sdk returns both.
# Seen on 2026-11-29 with matrix-js-sdk 37.5.0: it lower-cases addresses before hashing and keeps one spelling per
# hash: the one whose digest is ready last, which is mostly but not always the last of the list. The other one is
# not returned (the same in 43.0.0 and for bulkLookupThreePids, which calls it), although the request contains the
# hash twice.
# For an identity server: the same hash twice in one lookup is normal, and counts twice against limits; it may be
# the reason if a person in the directory is not found.
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
