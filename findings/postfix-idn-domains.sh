#!/usr/bin/env bash
# Postfix treats bücher.example and xn--bcher-kva.example as two domains, so that it refuses the mail that nodemailer
# sends to its own domain.
#
# RFC 5890, 2.3.2.1 and 2.3.2.4: both are forms of one name, an A-label and its U-label, and are equivalent. RFC 6531, 3.2:
# without the extension SMTPUTF8, a client uses the A-label. A server was expected to accept its domain in both.
# Seen on 2026-11-30 with Postfix 3.7.11 and nodemailer 10.6.1:
# - Postfix is configured for bücher.example: nodemailer sends xn--bcher-kva.example, and the answer is 554 5.7.1 "Relay
#   access denied". A client that uses SMTPUTF8 is served.
# - Postfix is configured for xn--bcher-kva.example: the other way round.
# - for both, with addresses below bücher.example only: nodemailer's mail is for an unknown user.
# For an identity server: list such a domain and its addresses in both forms at the mail server. Treat both forms of an
# address as one, whichever is in the directory.
source "$(dirname "$0")/support/setup.sh"

debian_packages postfix=3.7.11-0+deb12u1
npm_packages nodemailer@10.6.1
[[ $(id -u) = 0 ]] || cannot 'Postfix needs root'
cat >"$work/send.js" <<'JS'
import net from 'node:net';
import nodemailer from 'nodemailer';

const port = process.argv[2];
const transport = nodemailer.createTransport({ host: '127.0.0.1', port, ignoreTLS: true });
const short = (response) => response.replace(/(<.*>): Recipient address rejected: .*/, '$1 unknown').replace(/<.*>: (Relay access denied)/, '$1').replace(/^250.*/, 'accepted');

/** A client with SMTPUTF8, which sends the domain as it is written. */
const byUtf8 = (address) =>
  new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1');
    const lines = ['EHLO client.example.org', 'MAIL FROM:<id@example.org> SMTPUTF8', `RCPT TO:<${address}>`];
    let received = '';
    socket.on('data', (data) => {
      received += data;
      if (!/^\d{3} [^\n]*\n$/m.test(received.slice(received.lastIndexOf('\n', received.length - 2) + 1))) return;
      if (lines.length) {
        received = '';
        return socket.write(`${lines.shift()}\r\n`);
      }
      resolve(received.trim());
      socket.destroy();
    });
  });
const address = 'erika@bücher.example';
const { response } = await transport.sendMail({ from: 'id@example.org', to: address, text: 'text' }).catch((error) => error);
console.log(`by nodemailer: ${short(response)}; with SMTPUTF8: ${short(await byUtf8(address))}`);
process.exit();
JS
at_end() { postfix -c "$work/postfix" stop; }
queue=$work/queue
# try CASE DOMAINS DOMAIN: Postfix receives mail for the domains, and knows erika below the last one.
try() {
  local name=$1 domains=$2 domain=$3 folder=$work/postfix port
  port=$(free_port)
  rm -rf "$folder" "$queue" "$work/data"
  mkdir -p "$folder" "$queue" "$work/data"
  chown postfix "$work/data"
  cat >"$folder/main.cf" <<CONFIGURATION
compatibility_level = 3.6
queue_directory = $queue
data_directory = $work/data
maillog_file = $work/postfix.log
maillog_file_prefixes = $work
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = mx.example.org
mydestination =
virtual_alias_domains = $domains
virtual_alias_maps = inline:{ { erika@$domain = out@example.net } }
smtpd_relay_restrictions = reject_unauth_destination
default_transport = discard
CONFIGURATION
  sed "s/^smtp *inet.*/127.0.0.1:$port inet n - n - - smtpd/; /^[a-z].* y  *-/s/ y / n /; /^[a-z].*-  *y  /s/ y / n /" /usr/share/postfix/master.cf.dist >"$folder/master.cf"
  postfix -c "$folder" start >"$work/start.log" 2>&1 || cannot "postfix: $(tail -n 1 "$work/start.log")"
  answers 127.0.0.1 "$port"
  echo "$name: $(node "$work/send.js" "$port")"
  postfix -c "$folder" stop >/dev/null 2>&1
}
{
  try 'bücher.example' bücher.example bücher.example
  try 'xn--bcher-kva.example' xn--bcher-kva.example xn--bcher-kva.example
  try 'both domains, addresses below bücher.example' 'bücher.example xn--bcher-kva.example' bücher.example
} >"$seen"

compare <<'RECORD'
bücher.example: by nodemailer: 554 5.7.1 Relay access denied; with SMTPUTF8: accepted
xn--bcher-kva.example: by nodemailer: accepted; with SMTPUTF8: 554 5.7.1 Relay access denied
both domains, addresses below bücher.example: by nodemailer: 550 5.1.1 <erika@xn--bcher-kva.example> unknown; with SMTPUTF8: accepted
RECORD
