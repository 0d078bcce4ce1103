#!/usr/bin/env bash
# matrix-js-sdk sends the send attempt as a string to the identity server, and as a number to the homeserver.
#
# Matrix identity service API, POST /validate/email/requestToken and /validate/msisdn/requestToken: send_attempt is
# an integer, as in the requestToken endpoints of the homeserver.
# Seen on 2026-11-29 with matrix-js-sdk 37.5.0: requestEmailToken and requestMsisdnToken send "1", a string;
# requestAdd3pidEmailToken sends 1 to the homeserver. The id_server that inviteByThreePid sends to the homeserver
# is the URL without its scheme, including port and path, where the specification has a name and an optional port.
# For an identity server: a server that accepts only integers rejects the requests by which Element finds people by
# email. Accept digits in a string, too, and accept your own name with its port.
source "$(dirname "$0")/support/setup.sh"

npm_packages matrix-js-sdk@37.5.0
cat >"$work/ask.js" <<'JS'
import { createServer } from 'node:http';
import { createClient } from 'matrix-js-sdk';

const server = createServer(async (request, response) => {
  let body = '';
  for await (const chunk of request) body += chunk;
  const { send_attempt, id_server } = JSON.parse(body);
  console.log(decodeURIComponent(request.url), JSON.stringify({ send_attempt, id_server }));
  response.setHeader('Content-Type', 'application/json').end('{"sid":"s"}');
});
server.listen(0, '127.0.0.1', async () => {
  const url = `http://127.0.0.1:${server.address().port}`;
  const quiet = Object.fromEntries(['trace', 'debug', 'info', 'warn', 'error'].map((level) => [level, () => {}]));
  quiet.getChild = () => quiet;
  const client = createClient({ baseUrl: url, idBaseUrl: url, accessToken: 'token', logger: quiet });
  await client.requestEmailToken('erika@example.org', 'secret', 1, undefined, 'token');
  await client.requestMsisdnToken('DE', '030 123456', 'secret', 1, undefined, 'token');
  await client.requestAdd3pidEmailToken('erika@example.org', 'secret', 1);
  client.setIdentityServerUrl('https://matrix.example.org:8090/identity');
  await client.inviteByThreePid('!room:example.org', 'email', 'erika@example.org');
  process.exit();
});
JS
node "$work/ask.js" >"$seen"

compare <<'RECORD'
/_matrix/identity/v2/validate/email/requestToken {"send_attempt":"1"}
/_matrix/identity/v2/validate/msisdn/requestToken {"send_attempt":"1"}
/_matrix/client/v3/account/3pid/email/requestToken {"send_attempt":1}
/_matrix/client/v3/rooms/!room:example.org/invite {"id_server":"matrix.example.org:8090/identity"}
RECORD
