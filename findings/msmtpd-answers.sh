#!/usr/bin/env bash
# msmtpd, a local server in front of msmtp, refuses o'hara@example.org, reports a wrong login as a rejected mail, and a
# rejected mail as a temporary error.
#
# RFC 5321, 4.1.2: an apostrophe and ! # $ % & * / = ? ^ _ ` { | } ~ need no quotes in a local part; 4.5.1: every server
# supports RSET; 4.2.1: 4yz means "try again", 5yz "do not", and 4.5.4.1 that a client retries only after the first.
# Seen on 2026-11-30 with msmtp and msmtpd 1.8.23 and nodemailer 10.6.1, in front of a mail server that is a script:
# - the address is refused with "501 Invalid address", and so are those with & and !. RSET is refused with 500.
# - the mail server says 550 after the text, for example about spam: 451. It refuses the password of msmtp, or asks to
#   try the login again later (454): 554 for this mail.
# - 550 5.1.1 for the recipient: 554 after the text, as "Pipe command reported error 65".
# For an identity server: use a relay that forwards answers, such as Postfix, or the mail server itself. With msmtpd, a
# mail is lost while the password is wrong, and is tried again although it was refused.
source "$(dirname "$0")/support/setup.sh"

debian_packages msmtp=1.8.23-1
# The server is in a package that conflicts with other mail servers.
(cd "$work" && apt-get download msmtp-mta=1.8.23-1 >apt.log 2>&1 && dpkg --extract msmtp-mta_*.deb mta) || cannot 'apt-get download msmtp-mta'
echo 'Debian: msmtp-mta=1.8.23-1'
npm_packages nodemailer@10.6.1
relay=$(free_port) port=$(free_port)
cat >"$work/msmtprc" <<CONFIGURATION
account default
host 127.0.0.1
port $relay
from id@example.org
auth plain
user islet
password secret
tls off
CONFIGURATION
chmod 600 "$work/msmtprc"
"$work/mta/usr/bin/msmtpd" --interface=127.0.0.1 --port="$port" --command="/usr/bin/msmtp -C $work/msmtprc -f %F --" 2>/dev/null &
stop_at_end $!
answers 127.0.0.1 "$port"
cat >"$work/send.js" <<'JS'
import net from 'node:net';
import nodemailer from 'nodemailer';

const [relay, port] = process.argv.slice(2);
let refusals = {};
net
  .createServer((socket) => {
    const answer = (command, normal) => socket.write(`${refusals[command] ?? normal}\r\n`);
    let isText = false;
    let received = '';
    socket.on('error', () => {});
    socket.write('220 relay.example.org\r\n');
    socket.on('data', (data) => {
      const lines = (received + data).split('\r\n');
      received = lines.pop();
      for (const line of lines) {
        const command = line.slice(0, 4).toUpperCase();
        if (isText && line !== '.') continue;
        if (isText) answer('text', '250 2.0.0 Ok');
        else if (command === 'EHLO') socket.write('250-relay.example.org\r\n250 AUTH PLAIN\r\n');
        else if (command === 'QUIT') socket.end('221 2.0.0 Bye\r\n');
        else answer(command, command === 'DATA' ? '354 go ahead' : command === 'AUTH' ? '235 2.7.0 Ok' : '250 2.1.0 Ok');
        isText = command === 'DATA';
      }
    });
  })
  .listen(relay, '127.0.0.1', async () => {
    const transport = nodemailer.createTransport({ host: '127.0.0.1', port });
    const send = (to) =>
      transport.sendMail({ from: 'id@example.org', to, text: 'text' }).then(
        ({ response }) => response,
        ({ response }) => response,
      );
    for (const to of ['erika@example.org', 'erika+x@example.org', "o'hara@example.org", 'a&b@example.org', 'a!b@example.org'])
      console.log(`to ${to}: ${await send(to)}`);
    for (const [name, said] of [
      ['sender', { MAIL: '451 4.3.0 Try again later' }],
      ['recipient', { RCPT: '450 4.2.0 Greylisted' }],
      ['recipient', { RCPT: '550 5.1.1 User unknown' }],
      ['text', { text: '550 5.7.1 Spam' }],
      ['login', { AUTH: '535 5.7.8 Authentication failed' }],
      ['login', { AUTH: '454 4.7.0 Temporary authentication failure' }],
    ]) {
      refusals = said;
      console.log(`${name}, ${Object.values(said)[0]}: ${await send('erika@example.org')}`);
    }
    const socket = net.connect(port, '127.0.0.1');
    const commands = ['EHLO client.example.org', 'MAIL FROM:<id@example.org>', 'RCPT TO:<erika@example.org>', 'RSET'];
    socket.on('data', (data) => {
      if (commands.length) return socket.write(`${commands.shift()}\r\n`);
      console.log(`RSET: ${String(data).trim()}`);
      process.exit();
    });
  });
JS
node "$work/send.js" "$relay" "$port" >"$seen"

compare <<'RECORD'
to erika@example.org: 250 Ok, mail was piped
to erika+x@example.org: 250 Ok, mail was piped
to o'hara@example.org: 501 Invalid address
to a&b@example.org: 501 Invalid address
to a!b@example.org: 501 Invalid address
sender, 451 4.3.0 Try again later: 451 Pipe command reported error 69
recipient, 450 4.2.0 Greylisted: 451 Pipe command reported error 69
recipient, 550 5.1.1 User unknown: 554 Pipe command reported error 65
text, 550 5.7.1 Spam: 451 Pipe command reported error 69
login, 535 5.7.8 Authentication failed: 554 Pipe command reported error 77
login, 454 4.7.0 Temporary authentication failure: 554 Pipe command reported error 77
RSET: 500 Expected RCPT TO:<addr> or DATA
RECORD
