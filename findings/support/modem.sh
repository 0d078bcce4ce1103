# Sourced after setup.sh. start_gammu and start_smstools: programs for text messages, each in front of a modem that is a
# Python script. by_gammu and by_smstools send a text and print what the modem was given.

GAMMU=1.42.0-8
SMSTOOLS=3.1.21-4+b1

cat >"$work/modem.py" <<'PYTHON'
"""A modem on a pseudo-terminal. Prints the path of the terminal, then each message that it is given."""

import os
import pty
import tty

GSM = '@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà'
EXTENSION = {0x3C: '[', 0x3E: ']', 0x65: '€'}
ESCAPE = '␛'
ANSWERS = {
    'AT+CREG?': '+CREG: 0,1',
    'AT+CPIN?': '+CPIN: READY',
    'AT+CSQ': '+CSQ: 20,0',
    'AT+CGMI': 'Fake',
    'AT+CGMM': 'Fake',
    'AT+CGMR': '1',
    'AT+CSCA?': '+CSCA: "+491710000000",145',
    'AT+CMGF=?': '+CMGF: (0,1)',
    'AT+CPMS=?': '+CPMS: ("SM"),("SM"),("SM")',
    'AT+CSCS=?': '+CSCS: ("GSM","UCS2")',
    'AT+CSCS?': '+CSCS: "GSM"',
    'AT+CSMS?': '+CSMS: 0,1,1,1',
}


def described(pdu):
    at = 1 + pdu[0]
    first, digits, kind = pdu[at], pdu[at + 2], pdu[at + 3]
    at += 4 + (digits + 1) // 2
    number = pdu[at - (digits + 1) // 2 : at]
    alphabet, length = pdu[at + 1], pdu[at + 3 if first & 0x18 else at + 2]
    text = pdu[at + 4 if first & 0x18 else at + 3 :]
    header = text[0] + 1 if first & 0x40 else 0
    if alphabet == 8:
        words = text[header:].decode('utf-16-be')
    else:
        bits = int.from_bytes(text, 'little')
        septets = [bits >> 7 * at & 127 for at in range((header * 8 + 6) // 7, length)]
        words = ''
        while septets:
            one = septets.pop(0)
            words += (EXTENSION[septets.pop(0)] if septets else ESCAPE) if one == 0x1B else GSM[one]
    digits = ''.join(f'{octet & 15:x}{octet >> 4:x}' for octet in number)[:digits]
    part = f', part {text[5]} of {text[4]}' if header else ''
    shown = f'{len(words)} characters, the last three "{words[-3:]}"' if len(words) > 40 else f'"{words}"'
    return f'{digits} of type {kind:x}, {"UCS-2" if alphabet == 8 else "GSM"}{part}, {shown}'


modem, terminal = pty.openpty()
tty.setraw(terminal)
print(os.ttyname(terminal), flush=True)
received, in_message = b'', False
while True:
    received += os.read(modem, 1024)
    while (end := received.find(b'\x1a' if in_message else b'\r')) >= 0:
        line, received = received[:end].decode('latin1').strip('\n \x1b\x1a'), received[end + 1 :]
        if in_message:
            print(described(bytes.fromhex(line)), flush=True)
            answer = '\r\n+CMGS: 1\r\n\r\nOK\r\n'
        elif line.startswith('AT+CMGS='):
            answer = f'{line}\r\r\n> '
        else:
            words = ANSWERS.get(line.upper())
            answer = f'{line}\r\r\n' + (f'{words}\r\n\r\n' if words else '') + 'OK\r\n'
        in_message = line.startswith('AT+CMGS=')
        if line:
            os.write(modem, answer.encode())
PYTHON

# start_modem NAME: its messages go to $work/NAME. Sets $terminal.
start_modem() {
  /usr/bin/python3 "$work/modem.py" >"$work/$1" &
  stop_at_end $!
  for _ in $(seq 50); do [[ -s $work/$1 ]] && break || sleep 0.1; done
  terminal=$(head -n 1 "$work/$1")
}

# report PROGRAM LINES FILE RESULT: what arrived after this number of lines.
report() {
  local arrived
  arrived=$(tail -n "+$(($2 + 1))" "$3")
  sed "s/^/${1% }: /; s/\$/, $4/" <<<"${arrived:-nothing}"
}

start_gammu() {
  debian_packages "gammu=$GAMMU"
  start_modem by-gammu
  printf '[gammu]\ndevice = %s\nconnection = at115200\nmodel = at\n' "$terminal" >"$work/gammurc"
}

# by_gammu NUMBER TEXT OPTION...
by_gammu() {
  local number=$1 text=$2 before code=0
  shift 2
  before=$(wc -l <"$work/by-gammu")
  timeout 30 gammu -c "$work/gammurc" sendsms TEXT "$number" "$@" -text "$text" >"$work/gammu.log" 2>&1 || code=$?
  report "gammu $*" "$before" "$work/by-gammu" "exit code $code"
}

# start_smstools: its daemon.
start_smstools() {
  debian_packages "smstools=$SMSTOOLS"
  start_modem by-smstools
  mkdir "$work"/{outgoing,checked,failed,incoming,sent}
  cat >"$work/smsd.conf" <<CONFIGURATION
devices = modem
outgoing = $work/outgoing
checked = $work/checked
failed = $work/failed
incoming = $work/incoming
sent = $work/sent
logfile = $work/smsd.log
infofile = $work/smsd.running
pidfile = $work/smsd.pid
delaytime = 1
receive_before_send = no
[modem]
device = $terminal
incoming = no
baudrate = 115200
check_network = 0
CONFIGURATION
  /usr/sbin/smsd -t -c "$work/smsd.conf" >"$work/smsd.out" 2>&1 &
  stop_at_end $!
}

# by_smstools NUMBER TEXT [HEADER]
by_smstools() {
  local number=$1 text=$2 header=${3-} before
  before=$(wc -l <"$work/by-smstools")
  printf 'To: %s\n%s\n%s' "$number" "${header:+$header
}" "$text" >"$work/message"
  mv "$work/message" "$work/outgoing/message"
  for _ in $(seq 100); do
    [[ -e $work/sent/message || -e $work/failed/message ]] && break || sleep 0.1
  done
  local folder=failed
  if [[ -e $work/sent/message ]]; then folder=sent; fi
  rm -f "$work/$folder/message"
  report "smstools $header" "$before" "$work/by-smstools" "in the folder $folder"
}
