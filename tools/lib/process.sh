# shellcheck shell=bash
# Starts and stops processes that outlive the command. A process is known by its id, the time it started and the boot
# it started in, so that an id that was given to another process since is never taken for ours. Sourced after suite.sh.

# born PID: the start time of a living process (in ticks after boot); nothing for a dead or unreaped one.
born() {
  local stat fields
  stat="$(cat "/proc/$1/stat" 2>/dev/null)" || return 1
  read -ra fields <<<"${stat##*) }"
  [ "${fields[0]}" != Z ] && [ "${fields[0]}" != X ] || return 1
  printf '%s' "${fields[19]}"
}

# pid_of NAME: the id of the living process that was started under this name.
pid_of() {
  local pid start boot rest
  read -r pid start boot rest 2>/dev/null <"$STATE/run/$1.pid" || return 1
  [ "$boot" = "$(cat /proc/sys/kernel/random/boot_id)" ] && [ "$(born "$pid")" = "$start" ] && printf '%s' "$pid"
}

# runs_as NAME IDENTITY: the process lives and was started with this identity (a digest of binary and configuration).
runs_as() {
  local recorded
  pid_of "$1" >/dev/null && read -r _ _ _ recorded <"$STATE/run/$1.pid" && [ "$recorded" = "$2" ]
}

# start_process NAME IDENTITY COMMAND...: in a session of its own, with its output in the log folder. PROCESS is its id.
start_process() {
  local name=$1 identity=$2 log="$STATE/log/$1.log"
  shift 2
  if [ "$(stat -c %s "$log" 2>/dev/null || echo 0)" -gt 50000000 ]; then mv "$log" "$log.1"; fi
  setsid "$@" >>"$log" 2>&1 </dev/null 9>&- &
  PROCESS=$!
  printf '%s %s %s %s\n' "$PROCESS" "$(born "$PROCESS" || echo 0)" "$(cat /proc/sys/kernel/random/boot_id)" "$identity" \
    >"$STATE/run/$name.pid"
}

# wait_for_end NAME SECONDS
wait_for_end() {
  local until=$((SECONDS + $2))
  while pid_of "$1" >/dev/null; do
    [ "$SECONDS" -lt "$until" ] || return 1
    sleep 0.1
  done
}

# stop_process NAME: asks, asks again (a service then skips its grace), ends it. Says nothing if it does not run.
stop_process() {
  local name=$1 pid signal
  for signal in TERM TERM KILL; do
    pid="$(pid_of "$name")" || break
    kill -s "$signal" "$pid" 2>/dev/null || true
    wait_for_end "$name" 12 || true
  done
  rm -f "$STATE/run/$name.pid"
}
