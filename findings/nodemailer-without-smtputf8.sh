#!/usr/bin/env bash
# nodemailer sends a mail to an address with an umlaut to a server without SMTPUTF8.
#
# RFC 6531, 3.2: a client must not send such an address to a server that does not offer SMTPUTF8; if the server
# offers it, MAIL FROM has the parameter. RFC 5321 allows only ASCII.
# Seen on 2026-11-29 with nodemailer 10.6.1: the address is sent as non-ASCII octets without the parameter, and any
# response of 250 counts as success. The domain, in contrast, is converted to its xn-- form. Postfix 3.7.11 with
# smtputf8_enable=no and Exim 4.96 in the configuration of Debian answer 250.
# For an identity server: success means nothing for such an address. Check the response to EHLO yourself, and
# report that this server does not accept the address.
source "$(dirname "$0")/support/setup.sh"

npm_packages nodemailer@10.6.1
cat >"$work/send.js" <<'JS'
import { createServer } from 'node:net';
import nodemailer from 'nodemailer';

/** Offers nothing, and takes everything but the text as a line. */
const server = createServer((socket) => {
  let inText = false;
  let rest = '';
  socket.write('220 mail.example.org\r\n');
  socket.on('data', (chunk) => {
    const lines = (rest + chunk.toString('latin1')).split('\r\n');
    rest = lines.pop();
    for (const line of lines) {
      if (inText) {
        if (line !== '.') continue;
        inText = false;
        socket.write('250 taken\r\n');
      } else {
        if (/^(MAIL|RCPT)/.test(line)) console.log(JSON.stringify(line));
        inText = line === 'DATA';
        socket.write(inText ? '354 go on\r\n' : line === 'QUIT' ? '221 bye\r\n' : '250 mail.example.org\r\n');
      }
    }
  });
  socket.on('error', () => {});
}).listen(0, '127.0.0.1', async () => {
  const transport = nodemailer.createTransport({ host: '127.0.0.1', port: server.address().port, ignoreTLS: true });
  for (const to of ['jürgen@example.org', 'info@bücher.example'])
    await transport.sendMail({ from: 'id@example.org', to, subject: 's', text: 't' }).then(
      ({ accepted }) => console.log('said to be sent:', ...accepted),
      (error) => console.log(error.code),
    );
  process.exit();
});
JS
node "$work/send.js" >"$seen"

compare <<'RECORD'
"MAIL FROM:<id@example.org>"
"RCPT TO:<jÃ¼rgen@example.org>"
said to be sent: jürgen@example.org
"MAIL FROM:<id@example.org>"
"RCPT TO:<info@xn--bcher-kva.example>"
said to be sent: info@xn--bcher-kva.example
RECORD
