# shellcheck shell=bash
# The three services and the mail catcher: their configuration, their start, their end. Sourced after postgres.sh.

# write_flags SERVICE: the configuration as an absl flag file, so that it can be read, and used by hand as well.
write_flags() {
  local service=$1 absolute other
  absolute="$(state_path)"
  {
    echo "# $service-service of the local suite; written by tools/up."
    echo "--listen=127.0.0.1:$(service_port "$service")"
    echo "--metrics_listen=127.0.0.1:$(metrics_port "$service")"
    echo "--admin_listen=127.0.0.1:$(admin_port "$service")"
    echo "--cell=$CELL"
    echo "--cloud_file=deploy/clouds/$CELL.json"
    echo "--markets_file=deploy/markets/markets.json"
    echo "--database=$(conninfo "$service")"
    echo "--tls_directory=$absolute/tls/$service-service"
    echo "--trust_domain=$TRUST_DOMAIN"
    echo "--token_issuer=$TOKEN_ISSUER"
    echo "--token_keys_file=$absolute/keys/token_keys.json"
    echo "--page_token_keys_file=$absolute/keys/page_token_keys"
    echo "--drain_delay=0s"
    echo "--shutdown_grace=5s"
    # customer-service asks relationship-service alone.
    # A test moves the time of a suite by this file; a release has no such flag.
    if [ "$PRESET" != release ]; then echo "--clock_offset_file=$absolute/clock_offset"; fi
    for other in "${SERVICES[@]}"; do
      [ "$other" = "$service" ] || [ "$service-$other" = customer-invitation ] ||
        echo "--${other}_target=127.0.0.1:$(service_port "$other")"
    done
    if [ "$service" = invitation ]; then
      echo "--invitation_token_keys_file=$absolute/keys/invitation_token_keys"
      echo "--smtp_url=smtp://127.0.0.1:$(smtp_port)"
      echo "--smtp_tls=none"
      echo "--mail_from=invitations@clientele.example"
      echo "--templates_directory=deploy/mail"
    fi
  } >"$STATE/config/$service-service.flags"
}

migrate() {
  local service log
  for service in "${SERVICES[@]}"; do
    log="$STATE/log/$service-migrate.log"
    supervise timeout 120 "$(service_binary "$service")" --mode=migrate \
      --flagfile="$STATE/config/$service-service.flags" >"$log" 2>&1 || fail "The tables of $service-service could not be made." "$log"
  done
}

# What a service runs as: its binary, its configuration and its keys. If any of them changed, it is started anew.
service_identity() {
  {
    stat -L -c '%Y %s %i' "$(service_binary "$1")"
    cat "$STATE/config/$1-service.flags" "$STATE/keys/token_keys.json" deploy/clouds/"$CELL".json
    sha256sum deploy/markets/markets.json
    readlink "$STATE/tls/$1-service"
  } | sha256sum | cut -c1-16
}

# expect_free NAME PORT...: another program on a process's port keeps it from starting, or answers for it.
expect_free() {
  local name=$1 port
  shift
  for port in "$@"; do
    if (: 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
      fail "Port $port, where $name would listen, is taken by another program: end that one, or set CLIENTELE_PORTS."
    fi
  done
}

start_mail() {
  local identity
  identity="$(cat tools/lib/mail_catcher.py <(smtp_port) <(state_path) | sha256sum | cut -c1-16)"
  runs_as mail-catcher "$identity" && return
  stop_process mail-catcher
  expect_free mail-catcher "$(smtp_port)"
  start_process mail-catcher "$identity" "$PYTHON" -B tools/lib/mail_catcher.py "$(smtp_port)" "$STATE/mail"
}

start_services() {
  local service identity
  for service in "${SERVICES[@]}"; do
    identity="$(service_identity "$service")"
    runs_as "$service-service" "$identity" && continue
    stop_process "$service-service"
    expect_free "$service-service" "$(service_port "$service")" "$(metrics_port "$service")" "$(admin_port "$service")"
    start_process "$service-service" "$identity" "$(service_binary "$service")" --mode=serve \
      --flagfile="$STATE/config/$service-service.flags"
  done
}

# last_error LOG: what a service that ended said last, of all that stands in its log.
last_error() {
  tail -n 30 "$1" 2>/dev/null | grep -a '"level":"error"' | tail -n 1 |
    sed -E 's/.*"message":"([^"]*)".*"reason":"([^"]*)".*/, \1: \2/' || true
}

# Waits until all of them serve; shows the log of one that does not.
wait_until_healthy() {
  local service checks=() answer log
  for service in "${SERVICES[@]}"; do
    checks+=("$service-service=grpc:$(admin_port "$service")=$(pid_of "$service-service" || echo 0)")
  done
  checks+=("mail-catcher=smtp:$(smtp_port)=$(pid_of mail-catcher || echo 0)")
  supervise "$PYTHON" -B tools/lib/health.py 60 "${checks[@]}" >"$STATE/run/health" || {
    answer="$(cat "$STATE/run/health")"
    log="$STATE/log/${answer%%:*}.log"
    case "$answer" in *"it ended") answer+="$(last_error "$log")" ;; esac
    fail "Not healthy: $answer" "$log"
  }
}

stop_services() {
  local service pid
  # All are asked first, so that they drain side by side.
  for service in "${SERVICES[@]}"; do
    if pid="$(pid_of "$service-service")"; then kill -s TERM "$pid" 2>/dev/null || true; fi
  done
  for service in "${SERVICES[@]}"; do
    wait_for_end "$service-service" 12 || true
    stop_process "$service-service"
  done
  stop_process mail-catcher
}
