# shellcheck shell=bash disable=SC2034
# What the launcher says, and where things are. Sourced by the commands in tools/; never run.

ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)"
cd "$ROOT" || exit 1

# Debian's own interpreter: another python3 in the PATH may lack Debian's modules.
PYTHON=/usr/bin/python3
BUF=node_modules/.bin/buf
CORES="$(nproc)"

if [ -t 1 ]; then
  BOLD=$'\e[1m' DIM=$'\e[2m' RED=$'\e[31m' PLAIN=$'\e[0m'
else
  BOLD='' DIM='' RED='' PLAIN=''
fi

heading() { printf '\n%s%s%s\n' "$BOLD" "$*" "$PLAIN"; }
say() { printf '  %s\n' "$*"; }
# fail WHAT [LOG]: says what went wrong, shows the log's tail, ends the command.
fail() {
  printf '\n%s%s%s\n' "$RED" "$1" "$PLAIN" >&2
  if [ $# -gt 1 ] && [ -s "$2" ]; then
    printf '%s\n' "The last lines of $2:" >&2
    tail -n 30 "$2" | sed 's/^/  | /' >&2
  fi
  exit 1
}

# run_long SECONDS LABEL LOG COMMAND...: runs a long step with its output in LOG, shows how far it is (the last "[n/m]"
# that the step printed, else the time), and ends it after SECONDS.
run_long() {
  local limit=$1 label=$2 log=$3 started=$SECONDS shown=0 pid progress code=0
  shift 3
  mkdir -p "$(dirname "$log")"
  timeout --kill-after=10 "$limit" "$@" >"$log" 2>&1 </dev/null &
  pid=$!
  while kill -0 "$pid" 2>/dev/null; do
    sleep 0.2
    progress="$(tail -c 4000 "$log" 2>/dev/null | grep -aoE '^\[[0-9]+/[0-9]+\]' | tail -n 1 || true)"
    if [ -t 1 ]; then
      printf '\r\e[K  %s%s %s (%d s)%s' "$DIM" "$label" "$progress" "$((SECONDS - started))" "$PLAIN"
    elif [ $((SECONDS - started - shown)) -ge 15 ]; then
      shown=$((SECONDS - started))
      say "$label $progress ($shown s)"
    fi
  done
  wait "$pid" || code=$?
  if [ -t 1 ]; then printf '\r\e[K'; fi
  if [ "$code" = 124 ]; then fail "$label: not done after $limit seconds." "$log"; fi
  if [ "$code" != 0 ]; then fail "$label: failed (exit code $code)." "$log"; fi
  [ $((SECONDS - started)) -lt 2 ] || say "$label: done in $((SECONDS - started)) s"
}
