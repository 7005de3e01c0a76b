"""Waits until every named process serves, or says which does not and why.

    health.py SECONDS NAME=PROTOCOL:PORT=PID...        PROTOCOL is grpc (health v1, without TLS) or smtp

Exit code 0 when all serve; 1, with one line "NAME: reason" for the first that ended or never served.
"""

import os
import smtplib
import sys
import time

import grpc

SERVING = b"\x08\x01"  # grpc.health.v1.HealthCheckResponse{status: SERVING}


def lives(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
            return file.read().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def grpc_state(port: int) -> str:
    """Empty when the process serves, else what it answered."""
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        check = channel.unary_unary("/grpc.health.v1.Health/Check")
        try:
            return "" if check(b"", timeout=2) == SERVING else "it answers that it does not serve"
        except grpc.RpcError as error:
            return f"its health check failed: {error.details()}"


def smtp_state(port: int) -> str:
    try:
        with smtplib.SMTP("127.0.0.1", port, timeout=2) as server:
            return "" if server.noop()[0] == 250 else "it does not answer NOOP"
    except OSError as error:
        return f"no answer on port {port}: {error}"


def main(arguments: list) -> int:
    until = time.monotonic() + float(arguments[0])
    waiting = {}
    for argument in arguments[1:]:
        name, target, pid = argument.split("=")
        protocol, port = target.split(":")
        waiting[name] = (grpc_state if protocol == "grpc" else smtp_state, int(port), int(pid))
    while waiting:
        for name, (state, port, pid) in list(waiting.items()):
            # The order matters: a process that is alive after the answer is the one that gave it.
            reason = state(port)
            if not lives(pid):
                print(f"{name}: it ended")
                return 1
            if not reason:
                del waiting[name]
            elif time.monotonic() > until:
                print(f"{name}: {reason}")
                return 1
        if waiting:
            time.sleep(0.1)
    return 0


if __name__ == "__main__":
    os.environ["GRPC_VERBOSITY"] = "NONE"
    sys.exit(main(sys.argv[1:]))
