#!/usr/bin/env bash
# Samba and 389 Directory Server compare the times in a filter wrongly, in forms that are valid: without ".0", with a
# fraction, with an offset.
#
# RFC 4517, 3.3.13 and 4.2.16, 4.2.17: a generalized time may have a fraction, may lack minutes and seconds, and may
# have an offset to UTC; generalizedTimeMatch and generalizedTimeOrderingMatch compare the instants. Below, T is the
# time of the entry; each filter is a valid notation of T or of an instant before or after it.
# Seen on 2026-11-29:
# - OpenLDAP 2.5.13 compares the instants.
# - 389 Directory Server 2.3.1 compares text: an offset makes the result wrong by hours, T.0Z is before TZ, and an
#   hour without minutes is after all of its minutes.
# - Samba 4.17.12 understands only the form with ".0Z" and reads every other one as 1970, without an error: even
#   (whenChanged>=...Z) with a time in the far future finds all entries. A fraction is ignored.
# For an identity server: a filter with an expiry date may include everybody or nobody. YYYYMMDDhhmmss.0Z is the only
# form that is right on all three, to the second.
source "$(dirname "$0")/support/setup.sh"
source "$(dirname "$0")/support/directories.sh"

start_directories

try() {
  local server=$1 base=$2 class=$3 time=modifyTimestamp text seconds
  shift 3
  if [[ $server = Samba ]]; then time=whenChanged; fi
  printf 'dn: cn=erika,%s\nobjectClass: %s\nsn: Muster\n' "$base" "$class" | ldapadd -x "$@" >/dev/null
  text=$(ldapsearch -x -LLL "$@" -b "cn=erika,$base" -s base '(objectClass=*)' "$time" | sed -n "s/^$time: //Ip")
  seconds=$(date -u -d "${text:0:8} ${text:8:2}:${text:10:2}:${text:12:2}" +%s)
  at() { date -u -d "@$((seconds + $1))" +%Y%m%d%H%M%S; }
  # Description, comparison, and how many entries match by the standard.
  while IFS='|' read -r description comparison expected; do
    local found
    found=$(ldapsearch -x -LLL "$@" -b "cn=erika,$base" -s base "($time$comparison)" 1.1 | grep -c ^dn: || true)
    echo "$server $description: $found$([[ $found = "$expected" ]] || echo ', expected '"$expected")"
  done <<FORMS
= T.0Z|=$(at 0).0Z|1
<= T.0Z|<=$(at 0).0Z|1
>= T.0Z|>=$(at 0).0Z|1
>= T+1s .0Z|>=$(at 1).0Z|0
= TZ|=$(at 0)Z|1
<= T+1h Z|<=$(at 3600)Z|1
>= T+1h Z|>=$(at 3600)Z|0
>= year 2099 Z|>=20990101000000Z|0
>= T+0.5s|>=$(at 0).5Z|0
<= T+1h with a comma|<=$(at 3600),0Z|1
= T in +0100|=$(at 3600)+0100|1
<= T-30min in +0100|<=$(at 1800)+0100|0
>= T+30min in -0100|>=$(at -1800)-0100|0
>= hour of T|>=$(at 0 | cut -c 1-10)Z|1
<= hour of T+2h|<=$(at 7200 | cut -c 1-10)Z|1
FORMS
}
on_each_directory try >"$seen"

compare <<'RECORD'
OpenLDAP = T.0Z: 1
OpenLDAP <= T.0Z: 1
OpenLDAP >= T.0Z: 1
OpenLDAP >= T+1s .0Z: 0
OpenLDAP = TZ: 1
OpenLDAP <= T+1h Z: 1
OpenLDAP >= T+1h Z: 0
OpenLDAP >= year 2099 Z: 0
OpenLDAP >= T+0.5s: 0
OpenLDAP <= T+1h with a comma: 1
OpenLDAP = T in +0100: 1
OpenLDAP <= T-30min in +0100: 0
OpenLDAP >= T+30min in -0100: 0
OpenLDAP >= hour of T: 1
OpenLDAP <= hour of T+2h: 1
389 = T.0Z: 0, expected 1
389 <= T.0Z: 0, expected 1
389 >= T.0Z: 1
389 >= T+1s .0Z: 0
389 = TZ: 1
389 <= T+1h Z: 1
389 >= T+1h Z: 0
389 >= year 2099 Z: 0
389 >= T+0.5s: 1, expected 0
389 <= T+1h with a comma: 1
389 = T in +0100: 0, expected 1
389 <= T-30min in +0100: 1, expected 0
389 >= T+30min in -0100: 1, expected 0
389 >= hour of T: 0, expected 1
389 <= hour of T+2h: 1
Samba = T.0Z: 1
Samba <= T.0Z: 1
Samba >= T.0Z: 1
Samba >= T+1s .0Z: 0
Samba = TZ: 0, expected 1
Samba <= T+1h Z: 0, expected 1
Samba >= T+1h Z: 1, expected 0
Samba >= year 2099 Z: 1, expected 0
Samba >= T+0.5s: 1, expected 0
Samba <= T+1h with a comma: 0, expected 1
Samba = T in +0100: 0, expected 1
Samba <= T-30min in +0100: 0
Samba >= T+30min in -0100: 1, expected 0
Samba >= hour of T: 1
Samba <= hour of T+2h: 0, expected 1
RECORD
