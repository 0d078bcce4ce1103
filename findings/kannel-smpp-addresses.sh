#!/usr/bin/env bash
# Kannel sends a number without a plus as a national one, a number with blanks as several messages, and a sender with an
# umlaut as other letters; all are "Accepted for delivery".
#
# SMPP 3.4, 5.2.5 and 5.2.6: an address has a type of number, 0 unknown, 1 international, 2 national, 3 for a short
# code, 5 alphanumeric, and a numbering plan, 1 for telephone numbers. 00 is a prefix for dialling, no part of a number.
# Kannel was expected to say "unknown" about what it does not know, and to send the sender as it is or to refuse it.
# Seen on 2026-11-30 with Kannel 1.4.5 and the default options of its SMPP connection, to a message centre by node-smpp
# 0.5.1:
# - 491701234567 and 00491701234567 are national numbers (type 2), with a plus it is international (1). The same holds
#   for the sender: 4930123456, and the short code 12345 is a national telephone number.
# - "+49 170 1234567" is three messages, to +49, 170 and 1234567, with one answer.
# - the sender "Müller" is sent as "MC<ller", the octets of UTF-8 without their highest bit.
# For an identity server: give numbers to sendsms with a plus and without blanks, also the sender if it is a full number,
# and use names in ASCII. For a short code set source-addr-ton and source-addr-npi in the group smsc.
source "$(dirname "$0")/support/setup.sh"

debian_packages kannel=1.4.5-12
npm_packages smpp@0.5.1
[[ -x $(command -v curl) ]] || cannot "curl is missing"
cat >"$work/centre.js" <<'JS'
import smpp from 'smpp';

const address = (ton, npi, text) => `"${text}" (type ${ton}, plan ${npi})`;
smpp
  .createServer({}, (session) => {
    session.on('error', () => {});
    session.on('pdu', (pdu) => {
      if (pdu.isResponse()) return;
      session.send(pdu.response({ message_id: '1' }));
      if (pdu.command === 'bind_transceiver') console.error('bound');
      if (pdu.command !== 'submit_sm') return;
      const from = address(pdu.source_addr_ton, pdu.source_addr_npi, pdu.source_addr);
      const to = address(pdu.dest_addr_ton, pdu.dest_addr_npi, pdu.destination_addr);
      console.log(`${pdu.short_message.message} arrives from ${from} to ${to}`);
    });
  })
  .listen(process.argv[2]);
JS
box=$(free_port) admin=$(free_port) http=$(free_port) centre=$(free_port)
node "$work/centre.js" "$centre" >"$work/arrived" 2>"$work/bound" &
stop_at_end $!
answers 127.0.0.1 "$centre"
cat >"$work/kannel.conf" <<CONFIGURATION
group = core
admin-port = $admin
admin-password = admin
smsbox-port = $box
box-allow-ip = "127.0.0.1"

group = smsc
smsc = smpp
smsc-id = centre
host = 127.0.0.1
port = $centre
smsc-username = islet
smsc-password = secret
system-type = ""
transceiver-mode = true

group = smsbox
bearerbox-host = 127.0.0.1
sendsms-port = $http

group = sendsms-user
username = islet
password = secret

group = sms-service
keyword = default
text = "none"
CONFIGURATION
cd "$work"
/usr/sbin/bearerbox kannel.conf >bearerbox.log 2>&1 &
stop_at_end $!
answers 127.0.0.1 "$box"
/usr/sbin/smsbox kannel.conf >smsbox.log 2>&1 &
stop_at_end $!
answers 127.0.0.1 "$http"
for _ in $(seq 100); do [[ -s bound ]] && break || sleep 0.1; done

count=0
# send FROM TO
send() {
  local answer
  count=$((count + 1))
  answer=$(curl --silent --get "http://127.0.0.1:$http/cgi-bin/sendsms" \
    --data "username=islet&password=secret&charset=UTF-8&text=$count" --data-urlencode "from=$1" --data-urlencode "to=$2")
  echo "$count from $1 to $2: $answer"
}
{
  for to in +491701234567 491701234567 00491701234567 '+49 170 1234567'; do send +4930123456 "$to"; done
  for from in 4930123456 12345 Muller Müller; do send "$from" +491701234567; done
  for _ in $(seq 100); do grep -q "^$count " arrived && break || sleep 0.1; done
  cat arrived
} >"$seen"

compare <<'RECORD'
1 from +4930123456 to +491701234567: 0: Accepted for delivery
2 from +4930123456 to 491701234567: 0: Accepted for delivery
3 from +4930123456 to 00491701234567: 0: Accepted for delivery
4 from +4930123456 to +49 170 1234567: 0: Accepted for delivery
5 from 4930123456 to +491701234567: 0: Accepted for delivery
6 from 12345 to +491701234567: 0: Accepted for delivery
7 from Muller to +491701234567: 0: Accepted for delivery
8 from Müller to +491701234567: 0: Accepted for delivery
1 arrives from "4930123456" (type 1, plan 1) to "491701234567" (type 1, plan 1)
2 arrives from "4930123456" (type 1, plan 1) to "491701234567" (type 2, plan 1)
3 arrives from "4930123456" (type 1, plan 1) to "00491701234567" (type 2, plan 1)
4 arrives from "4930123456" (type 1, plan 1) to "49" (type 1, plan 1)
4 arrives from "4930123456" (type 1, plan 1) to "170" (type 2, plan 1)
4 arrives from "4930123456" (type 1, plan 1) to "1234567" (type 2, plan 1)
5 arrives from "4930123456" (type 2, plan 1) to "491701234567" (type 1, plan 1)
6 arrives from "12345" (type 2, plan 1) to "491701234567" (type 1, plan 1)
7 arrives from "Muller" (type 5, plan 0) to "491701234567" (type 1, plan 1)
8 arrives from "MC<ller" (type 5, plan 0) to "491701234567" (type 1, plan 1)
RECORD
