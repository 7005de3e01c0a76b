# shellcheck shell=bash disable=SC2034
# What the launcher says, and where things are. Sourced by the commands in tools/; never run.

# Without links: who comes by another path comes to the same suite.
COMMAND="$(readlink -f "$0")"
ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)"
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

# usage: the comment that the command begins with.
usage() { sed -n '2,/^set/p' "$COMMAND" | sed '$d; s/^# \{0,1\}//'; }
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

# An interrupt or an end from outside ends the step that runs, with all that it started, before it ends the command. A
# step in the background is deaf to Ctrl-C, so it is told by SIGTERM; `timeout` passes that on to its whole group.
watch_step() {
  STEP=$1
  trap 'end_with_step INT' INT
  trap 'end_with_step TERM' TERM
  trap 'end_with_step HUP' HUP
}
leave_step() { trap - INT TERM HUP; }
end_with_step() {
  leave_step
  printf '\n  Interrupted: ending what runs.\n' >&2
  kill -s TERM "$STEP" 2>/dev/null || true
  wait "$STEP" 2>/dev/null || true
  kill -s "$1" "$BASHPID"
}

# supervise COMMAND...: runs a step to its end, interruptible. Give it a `timeout`, for its own sake and its children's.
# No step holds the lock of the suite (9).
supervise() {
  local code=0
  "$@" <&0 9>&- &
  watch_step $!
  wait "$STEP" || code=$?
  leave_step
  return "$code"
}

# run_long SECONDS LABEL LOG COMMAND...: runs a long step with its output in LOG, shows how far it is (the last "[n/m]"
# that the step printed, else the time), and ends it after SECONDS.
run_long() {
  local limit=$1 label=$2 log=$3 started=$SECONDS shown=0 progress code=0
  shift 3
  mkdir -p "$(dirname "$log")"
  timeout --kill-after=10 "$limit" "$@" >"$log" 2>&1 </dev/null 9>&- &
  watch_step $!
  while kill -0 "$STEP" 2>/dev/null; do
    sleep 0.2 || true
    progress="$(tail -c 4000 "$log" 2>/dev/null | grep -aoE '^\[[0-9]+/[0-9]+\]' | tail -n 1 || true)"
    if [ -t 1 ]; then
      printf '\r\e[K  %s%s %s (%d s)%s' "$DIM" "$label" "$progress" "$((SECONDS - started))" "$PLAIN"
    elif [ $((SECONDS - started - shown)) -ge 15 ]; then
      shown=$((SECONDS - started))
      say "$label $progress ($shown s)"
    fi
  done
  wait "$STEP" || code=$?
  leave_step
  if [ -t 1 ]; then printf '\r\e[K'; fi
  if [ "$code" = 124 ]; then fail "$label: not done after $limit seconds." "$log"; fi
  if [ "$code" != 0 ]; then fail "$label: failed (exit code $code)." "$log"; fi
  [ $((SECONDS - started)) -lt 2 ] || say "$label: done in $((SECONDS - started)) s"
}
