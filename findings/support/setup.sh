# Sourced by every script of this folder. Sets up $work, a folder that goes away at the end, with
# what the processes of the script that `stop_at_end` was told of.
#
# A script ends with 0 where the software still does what is on record, with 1 where it does
# something else, with 2 where it could not be tried (packages missing, another version installed).

set -euo pipefail
export LC_ALL=C.UTF-8

work=$(mktemp -d "${TMPDIR:-/tmp}/finding-XXXXXX")
chmod 755 "$work"
seen=$work/seen.txt
started=()
at_end() { :; }

finish() {
  local code=$?
  at_end >/dev/null 2>&1 || true
  for process in "${started[@]}"; do kill "$process" 2>/dev/null || true; done
  for process in "${started[@]}"; do wait "$process" 2>/dev/null || true; done
  rm -rf "$work"
  exit "$code"
}
trap finish EXIT

cannot() {
  echo "cannot be tried: $*" >&2
  exit 2
}

# The processes of this shell, by id.
stop_at_end() {
  started+=("$@")
}

# npm_packages NAME@VERSION...: from the npm registry into $work, without install scripts.
npm_packages() {
  (cd "$work" && echo '{"private":true,"type":"module"}' >package.json &&
    npm install --no-audit --no-fund --ignore-scripts --save-exact --loglevel=error "$@" >npm.log 2>&1) ||
    { cat "$work/npm.log" >&2; cannot "npm install $*"; }
  echo "npm: $* (Node $(node --version))"
}

# debian_packages NAME=VERSION...: installs missing packages on this machine, which needs root, and
# prevents Debian from starting their services.
debian_packages() {
  local missing=() package has
  for package; do
    has=$(dpkg-query --show --showformat='${db:Status-Status} ${Version}' "${package%%=*}" 2>/dev/null || true)
    case $has in
      "installed ${package#*=}") ;;
      installed*) cannot "${package%%=*} is here as ${has#installed }, the record is of ${package#*=}" ;;
      *) missing+=("$package") ;;
    esac
  done
  if ((${#missing[@]})); then
    echo "installing on this machine: ${missing[*]}"
    without_services apt-get install --yes --no-install-recommends "${missing[@]}" ||
      cannot "apt-get install ${missing[*]}"
  fi
  echo "Debian: $*"
}

without_services() {
  local policy=/usr/sbin/policy-rc.d own=no code=0
  if [[ ! -e $policy ]]; then
    own=yes
    printf '#!/bin/sh\nexit 101\n' >$policy && chmod 755 $policy
  fi
  DEBIAN_FRONTEND=noninteractive "$@" >"$work/apt.log" 2>&1 || code=$?
  if [[ $own = yes ]]; then rm $policy; fi
  if ((code)); then tail -n 5 "$work/apt.log" >&2; fi
  return $code
}

free_port() {
  /usr/bin/python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# answers HOST PORT: waits until something accepts connections.
answers() {
  for _ in $(seq 150); do
    if (exec 3<>"/dev/tcp/$1/$2") 2>/dev/null; then return; fi
    sleep 0.2
  done
  cannot "nothing listens on $1:$2"
}

# Compares $seen with the recorded output on standard input.
compare() {
  cat >"$work/recorded.txt"
  echo '--- seen'
  cat "$seen"
  echo '---'
  if diff --unified "$work/recorded.txt" "$seen"; then
    echo 'as recorded'
  else
    echo 'CHANGED: - is the record, + is what was seen'
    exit 1
  fi
}
