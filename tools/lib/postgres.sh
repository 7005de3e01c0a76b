# shellcheck shell=bash
# A private PostgreSQL 15 cluster: its own folder, its own socket, no TCP. Sourced after suite.sh.

PG_BIN=/usr/lib/postgresql/15/bin
PG_ADMIN=clientele_admin

# PostgreSQL refuses to run as root: then it runs as the user that Debian's package made for it.
if [ "$(id -u)" = 0 ]; then PG_USER=postgres; else PG_USER="$(id -un)"; fi

AS_POSTGRES=(env --chdir=/ LC_ALL=C.UTF-8)
if [ "$(id -u)" = 0 ]; then
  AS_POSTGRES+=(HOME=/ setpriv --reuid="$PG_USER" --regid="$PG_USER" --init-groups)
fi

as_postgres() { "${AS_POSTGRES[@]}" "$@" 9>&-; }

pg_directory() { readlink -f "$STATE/postgres"; }

# The folder of the cluster: in the suite's own folder, or under /var/lib where a closed parent keeps the user out.
make_pg_directory() {
  [ -d "$STATE/postgres/" ] && return
  rm -f "$STATE/postgres"
  if as_postgres test -x "$(state_path)"; then
    mkdir "$STATE/postgres"
  else
    local elsewhere
    elsewhere="/var/lib/clientele-$(state_path | sha256sum | cut -c1-12)"
    # What is there already is of a suite that was moved, or whose own folder was removed: who can tell? It is left.
    while [ -e "$elsewhere" ]; do
      say "$elsewhere is of another suite; if that is gone, the folder can be removed."
      elsewhere+="-other"
    done
    mkdir "$elsewhere"
    ln -s "$elsewhere" "$STATE/postgres"
    say "The database lies in $elsewhere: a parent of $(state_path) is closed to the user $PG_USER."
  fi
  chmod 700 "$(pg_directory)"
  if [ "$(id -u)" = 0 ]; then chown "$PG_USER:" "$(pg_directory)"; fi
}

# A Unix socket's path holds 107 bytes, so the sockets lie in a short temporary folder, renewed after a reboot.
make_socket_directory() {
  local file="$STATE/run/socket_directory" directory
  directory="$(cat "$file" 2>/dev/null || true)"
  [ -n "$directory" ] && [ -d "$directory" ] && [ "$(stat -c %U "$directory")" = "$PG_USER" ] && return
  directory="$(TMPDIR=/tmp mktemp -d)"
  chmod 755 "$directory"
  if [ "$(id -u)" = 0 ]; then chown "$PG_USER:" "$directory"; fi
  printf '%s\n' "$directory" >"$file"
}

pg_runs_in() { as_postgres "$PG_BIN/pg_ctl" -D "$1" status >/dev/null 2>&1; }
pg_is_running() { pg_runs_in "$(pg_directory)/data"; }

# end_postgres DATA: ends the server of this folder, if one runs; its clients are sent away.
end_postgres() {
  pg_runs_in "$1" || return 0
  as_postgres "$PG_BIN/pg_ctl" -D "$1" -m fast -w -t 60 stop >/dev/null ||
    as_postgres "$PG_BIN/pg_ctl" -D "$1" -m immediate -w -t 20 stop >/dev/null
}

# A process that runs is no server that answers: it may be recovering from a crash, which takes its time, or be stopping
# and wait for clients who never leave. What does not answer in time is ended.
heal_postgres() {
  local started=$SECONDS limit phase
  while pg_is_running; do
    as_postgres "$PG_BIN/pg_isready" --quiet --timeout=3 --host="$(cat "$STATE/run/socket_directory")" && return
    phase="$(as_postgres sed -n 8p "$(pg_directory)/data/postmaster.pid" 2>/dev/null || true)"
    case "$phase" in starting*) limit=120 ;; *) limit=5 ;; esac
    if [ $((SECONDS - started)) -ge "$limit" ]; then
      say "PostgreSQL runs, but takes no call: starting it anew."
      stop_postgres
      return
    fi
    sleep 0.5
  done
}

# Settings of a small machine that keeps its promises: fsync and synchronous commits stay on.
write_pg_settings() {
  local directory memory_mb shared
  directory="$(pg_directory)"
  memory_mb=$(($(awk '/^MemTotal/ {print $2}' /proc/meminfo) / 1024))
  shared=$((memory_mb / 4 < 2048 ? memory_mb / 4 : 2048))
  cat <<SETTINGS | as_postgres tee "$directory/data/postgresql.auto.conf" >/dev/null
listen_addresses = ''
unix_socket_directories = '$(cat "$STATE/run/socket_directory")'
max_connections = 120
shared_buffers = ${shared}MB
effective_cache_size = $((memory_mb / 2))MB
fsync = on
synchronous_commit = on
full_page_writes = on
max_wal_size = 2GB
checkpoint_timeout = 15min
wal_compression = lz4
random_page_cost = 1.1
jit = off
max_parallel_workers_per_gather = 0
password_encryption = 'scram-sha-256'
timezone = 'UTC'
log_timezone = 'UTC'
log_line_prefix = '%m [%p] %q%u@%d '
log_lock_waits = on
log_min_duration_statement = 1000
log_parameter_max_length = 0
SETTINGS
  # The launcher enters by its user's name on this machine; each service by its role's password; nobody else at all.
  cat <<RULES | as_postgres tee "$directory/data/pg_hba.conf" >/dev/null
local all         $PG_ADMIN                                             peer map=launcher
local $DATABASE   customer_service,relationship_service,invitation_service    scram-sha-256
RULES
  printf 'launcher %s %s\n' "$PG_USER" "$PG_ADMIN" | as_postgres tee "$directory/data/pg_ident.conf" >/dev/null
}

start_postgres() {
  local directory log
  make_pg_directory
  make_socket_directory
  directory="$(pg_directory)"
  if [ -L "$STATE/postgres" ]; then state_path >"$directory/suite"; fi
  log="$directory/postgresql.log"
  ln -sfn "$log" "$STATE/log/postgresql.log"
  as_postgres test -f "$directory/data/PG_VERSION" || make_cluster "$directory"
  heal_postgres
  pg_is_running && return
  write_pg_settings
  launch_postgres "$directory/data" "$log" || fail "PostgreSQL did not start." "$log"
}

# make_cluster DIRECTORY: a new one, whole or not at all.
make_cluster() {
  stop_process initdb # of a run that was killed
  as_postgres rm -rf "$1/data" "$1/unfinished"
  start_process initdb new "${AS_POSTGRES[@]}" timeout 120 "$PG_BIN/initdb" -D "$1/unfinished" \
    --username="$PG_ADMIN" --encoding=UTF8 --locale=C.UTF-8 --data-checksums --auth=reject
  watch_step "$PROCESS"
  wait "$PROCESS" || fail "The database cluster could not be made." "$STATE/log/initdb.log"
  leave_step
  rm -f "$STATE/run/initdb.pid"
  as_postgres mv "$1/unfinished" "$1/data"
}

# launch_postgres DATA LOG: for a while after a crash, the processes that outlived their server keep a new one out.
launch_postgres() {
  local attempt
  for attempt in 1 2 3 4 5; do
    supervise "${AS_POSTGRES[@]}" "$PG_BIN/pg_ctl" -D "$1" -l "$2" -w -t 90 start >"$STATE/log/pg_ctl.log" 2>&1 && return
    # Still recovering: that is no failure to be repeated.
    if pg_is_running; then fail "PostgreSQL is still recovering: run tools/up again in a while." "$2"; fi
    sleep "$attempt"
  done
  return 1
}

stop_postgres() {
  stop_process initdb
  [ -d "$STATE/postgres/" ] || return 0
  end_postgres "$(pg_directory)/data"
}

remove_cluster() {
  [ -d "$STATE/postgres/" ] || return 0
  stop_postgres
  as_postgres rm -rf "$(pg_directory)/data"
}

# admin_sql DATABASE: runs the statements that it reads.
admin_sql() {
  local log="$STATE/log/prepare.log"
  supervise "${AS_POSTGRES[@]}" timeout 60 env PGOPTIONS='-c client_min_messages=warning' \
    psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1 --host="$(cat "$STATE/run/socket_directory")" \
    --username="$PG_ADMIN" --dbname="$1" >"$log" 2>&1 || fail "The database could not be prepared." "$log"
}

# The password of a role, in a file that libpq reads; made once.
make_passfile() {
  local file="$STATE/secrets/$1.pgpass"
  [ -s "$file" ] || (umask 077 && printf '*:*:%s:%s:%s\n' "$DATABASE" "$1" "$(openssl rand -hex 24)" >"$file")
  cut -d: -f5 "$file"
}

database_statements() {
  printf "SELECT 'CREATE DATABASE %s TEMPLATE template0 ENCODING ''UTF8'' LOCALE ''C.UTF-8''' " "$DATABASE"
  printf "WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = '%s') \\\\gexec\n" "$DATABASE"
  printf 'REVOKE ALL ON DATABASE postgres, template1 FROM PUBLIC;\n'
}

role_statements() {
  local service role
  printf 'REVOKE ALL ON DATABASE %s FROM PUBLIC;\nREVOKE ALL ON SCHEMA public FROM PUBLIC;\n' "$DATABASE"
  printf 'CREATE SCHEMA IF NOT EXISTS extensions;\n'
  printf 'CREATE EXTENSION IF NOT EXISTS %s SCHEMA extensions;\n' pg_trgm unaccent
  for service in "${SERVICES[@]}"; do
    role="${service}_service"
    printf "SELECT 'CREATE ROLE %s' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '%s') \\\\gexec\n" \
      "$role" "$role"
    printf "ALTER ROLE %s LOGIN NOINHERIT CONNECTION LIMIT 35 PASSWORD '%s';\n" "$role" "$(make_passfile "$role")"
    printf 'ALTER ROLE %s IN DATABASE %s SET search_path = %s, extensions;\n' "$role" "$DATABASE" "$service"
    printf 'GRANT CONNECT ON DATABASE %s TO %s;\n' "$DATABASE" "$role"
    printf 'GRANT USAGE ON SCHEMA extensions TO %s;\n' "$role"
    printf 'CREATE SCHEMA IF NOT EXISTS %s AUTHORIZATION %s;\n' "$service" "$role"
  done
}

# One login role and one schema a service; a role reaches its own schema only. Repeating this changes nothing.
prepare_database() {
  # No pipelines: a step has to be this shell's own, to be ended with it.
  admin_sql postgres < <(database_statements)
  admin_sql "$DATABASE" < <(role_statements)
}
