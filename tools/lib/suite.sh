# shellcheck shell=bash disable=SC2034
# The local suite: its services, their ports, and where its state lies. Sourced after console.sh.
# The three settings serve a second suite beside the first, in a test for example; nobody needs them for one.

STATE="${CLIENTELE_STATE:-.local}"         # everything the suite keeps: database, keys, tokens, mail, logs
PRESET="${CLIENTELE_PRESET:-release}"      # which build runs
PORTS="${CLIENTELE_PORTS:-7400}"           # ports are counted from here
if ! [[ $PORTS =~ ^[1-9][0-9]{3,4}$ ]] || [ "$PORTS" -gt 65400 ]; then
  fail "CLIENTELE_PORTS counts ports from a number between 1000 and 65400, not from $PORTS."
fi

TRUST_DOMAIN=clientele.local
TOKEN_ISSUER=https://issuer.clientele.local
CELL=global
DATABASE=clientele
SERVICES=(customer relationship invitation)

declare -A PLACE=([customer]=1 [relationship]=2 [invitation]=3)
service_port() { printf '%d' $((PORTS + 10 + PLACE[$1])); }
metrics_port() { printf '%d' $((PORTS + 20 + PLACE[$1])); }
admin_port() { printf '%d' $((PORTS + 30 + PLACE[$1])); }
smtp_port() { printf '%d' $((PORTS + 25)); }
service_binary() { printf 'build/%s/services/%s/%s-service' "$PRESET" "$1" "$1"; }

# An absolute path: other users' processes and flag files name files below it.
state_path() { case "$STATE" in /*) printf '%s' "$STATE" ;; *) printf '%s/%s' "$ROOT" "$STATE" ;; esac; }

# The database's name for libpq: a socket folder, a role, and the file that holds its password.
conninfo() {
  printf 'host=%s port=5432 dbname=%s user=%s_service passfile=%s/secrets/%s_service.pgpass connect_timeout=5' \
    "$(cat "$STATE/run/socket_directory")" "$DATABASE" "$1" "$(state_path)" "$1"
}

# original: the folder that the state's folder is a copy of; nothing if it was made here, or moved here. What a copy
# says of processes and of the database is the original's: its pid files, its sockets, its files under /var/lib. Two
# folders of one suite_id are original and copy; another suite that stands where this one was made is neither.
original() {
  local made_at
  made_at="$(cat "$STATE/made_at" 2>/dev/null || true)"
  if [ -n "$made_at" ] && cmp -s "$made_at/suite_id" "$STATE/suite_id" && ! [ "$made_at" -ef "$STATE" ]; then
    printf '%s' "$made_at"
  fi
}

# leave_the_original: a copy begins with an empty database of its own.
leave_the_original() {
  if [ -n "$(original)" ]; then
    say "$STATE is a copy of $(original): it begins with an empty database of its own."
    rm -rf "${STATE:?}"/{run,log,scenario,postgres,suite_id}
  fi
  state_path >"$STATE/made_at"
  [ -s "$STATE/suite_id" ] || cat /proc/sys/kernel/random/uuid >"$STATE/suite_id"
}

# Only one command at a time changes the suite. The lock is held by this shell, never by what it starts (9>&-).
hold_lock() {
  mkdir -p "$STATE"
  exec 9>"$STATE/lock"
  flock --wait 5 9 || fail "Another tools/up or tools/down is at work on $STATE. Try again when it is done."
}
