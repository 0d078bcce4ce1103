#!/usr/bin/env bash
# Mail packages for Node disagree about quoted local parts, IP addresses and IDN domains in addresses.
#
# RFC 5321, 4.1.2 and 4.1.3 allow "erika muster"@example.org and erika@[IPv6:2001:db8::1]; in RFC 5322, 3.4.1 the
# quotes are part of the address, so that a header parser should return an address to which mail can be sent.
# Seen on 2026-11-29:
# - smtp-server 3.21.6 answers 501 to a quoted local part with a blank; nodemailer sends it correctly.
# - postal-mime 4.0.0 removes the quotes (the rest is not an address), and parses an IPv6 address as the beginning
#   of a group.
# - mailparser 3.14.2 keeps both, but writes xn--bcher-kva.example as bücher.example, which postal-mime does not
#   change, so that the two return different addresses for one mailbox.
# For an identity server: compare addresses only after the domain was converted to one form, and do not test such
# addresses with smtp-server.
source "$(dirname "$0")/support/setup.sh"

npm_packages nodemailer@10.6.1 smtp-server@3.21.6 mailparser@3.14.2 postal-mime@4.0.0
cat >"$work/read.js" <<'JS'
import { simpleParser } from 'mailparser';
import nodemailer from 'nodemailer';
import PostalMime from 'postal-mime';
import { SMTPServer } from 'smtp-server';

const server = new SMTPServer({ authOptional: true, disabledCommands: ['STARTTLS'], onData: (stream, _, done) => stream.resume().on('end', done) });
server.on('error', () => {});
server.listen(0, '127.0.0.1', async () => {
  const transport = nodemailer.createTransport({ host: '127.0.0.1', port: server.server.address().port });
  for (const address of ['"erika muster"@example.org', 'erika@[IPv6:2001:db8::1]', 'erika@xn--bcher-kva.example']) {
    const message = `From: ${address}\r\n\r\ntext`;
    console.log(address);
    console.log('  mailparser:', (await simpleParser(message)).from.value[0].address);
    console.log('  postal-mime:', JSON.stringify((await PostalMime.parse(message)).from));
    await transport.sendMail({ from: 'id@example.org', to: address, text: 't' }).then(
      () => console.log('  smtp-server: taken'),
      (error) => console.log('  smtp-server:', error.response),
    );
  }
  process.exit();
});
JS
node "$work/read.js" >"$seen"

compare <<'RECORD'
"erika muster"@example.org
  mailparser: "erika muster"@example.org
  postal-mime: {"address":"erika muster@example.org","name":""}
  smtp-server: 501 Error: Bad recipient address syntax
erika@[IPv6:2001:db8::1]
  mailparser: erika@[IPv6:2001:db8::1]
  postal-mime: {"name":"erika@[IPv6","group":[{"address":"","name":"1]"}]}
  smtp-server: taken
erika@xn--bcher-kva.example
  mailparser: erika@bücher.example
  postal-mime: {"address":"erika@xn--bcher-kva.example","name":""}
  smtp-server: taken
RECORD
