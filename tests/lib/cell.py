"""The processes of a cell in a test's own hand: replicas that can be killed, gates between them, a PostgreSQL to stop.

A test of faults takes over the suite that ctest started: Cell() ends the services that tools/up runs and starts its own
on the same database, keys and ports. Replica 0 of each service has the suite's port, so that `suite.call` finds it.
"""

import os
import pathlib
import pwd
import signal
import subprocess
import tempfile
import time

import grpc
from suite import PLACES, PORTS, ROOT, STATE, eventually

from gate import Gate
from name_server import NameServer

PRESET = os.environ.get("CLIENTELE_PRESET", "dev")
SERVICES = tuple(PLACES)
# The services that each calls.
PEERS = {
    "customer": ("relationship",),
    "relationship": ("customer", "invitation"),
    "invitation": ("customer", "relationship"),
}
SERVING = b"\x08\x01"  # grpc.health.v1.HealthCheckResponse
NOT_SERVING = b"\x08\x02"
LIVENESS = b"\x0a\x08liveness"  # grpc.health.v1.HealthCheckRequest{service: "liveness"}
MAX_REPLICAS = 2
NAMES_PORT = PORTS + 75


# A child ends with the thread that started it. Set by a program, for a fork that runs Python is one that gRPC's threads
# may not survive.
ENDS_WITH_US = ("setpriv", "--pdeathsig=KILL")


def service_port(service: str) -> int:
    return PORTS + 10 + PLACES[service]


def host(place: int) -> str:
    """Replicas of a service differ in their address, not in their port: so a name can stand for all of them."""
    return f"127.0.0.{1 + place}"


def name_of(service: str) -> str:
    """What a channel is made to, that finds every replica of a service; a certificate holds the same name."""
    return f"dns://127.0.0.1:{NAMES_PORT}/{service}-service:{service_port(service)}"


class Replica:
    """One process of a service. It ends with the thread that started it: that is what the kernel goes by."""

    def __init__(self, service: str, place: int = 0):
        self.service, self.place = service, place
        self.address, self.metrics, self.admin = (
            f"{host(place)}:{service_port(service) + step}" for step in (0, 10, 20)
        )  # fmt: skip
        self.log_file = STATE / f"log/{service}-replica-{place}.log"
        self.process = None

    def start(self, *flags: str, failpoints: str = "", wait: bool = True) -> "Replica":
        assert self.process is None, "it runs"
        command = [
            *ENDS_WITH_US, ROOT / "build" / PRESET / f"services/{self.service}/{self.service}-service",
            f"--flagfile={STATE}/config/{self.service}-service.flags", f"--listen={self.address}",
            f"--metrics_listen={self.metrics}", f"--admin_listen={self.admin}", *flags,
        ]  # fmt: skip
        with open(self.log_file, "a") as log:
            self.process = subprocess.Popen(
                command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env={**os.environ, "CLIENTELE_FAILPOINTS": failpoints},
            )  # fmt: skip
        if wait:
            eventually(self.serves, 30)
        return self

    def serves(self) -> bool:
        assert self.process.poll() is None, f"it ended by itself: see {self.log_file}"
        return self.health() == SERVING

    def health(self, question: bytes = b"") -> bytes:
        """What the probe's port answers; empty where it does not."""
        # A channel of its own: one that was refused once waits a second before it tries again.
        with grpc.insecure_channel(self.admin) as channel:
            try:
                return channel.unary_unary("/grpc.health.v1.Health/Check")(question, timeout=1)
            except grpc.RpcError:
                return b""

    def lives(self) -> bool:
        return self.health(LIVENESS) == SERVING

    def signal(self, number: int) -> None:
        self.process.send_signal(number)

    def wait(self, seconds: float = 20) -> int:
        """Its exit code (-9: killed), once it has ended."""
        code = self.process.wait(timeout=seconds)
        self.process = None
        return code

    def kill(self) -> None:
        self.signal(signal.SIGKILL)
        self.wait()

    def stop(self, seconds: float = 20) -> int:
        self.signal(signal.SIGTERM)
        return self.wait(seconds)

    def close(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None


class Postgres:
    """The suite's cluster: asked as its administrator, stopped, killed and started again."""

    def __init__(self):
        self.sockets = (STATE / "run/socket_directory").read_text().strip()
        self.data = (STATE / "postgres").resolve() / "data"
        self._user = pwd.getpwnam("postgres") if os.getuid() == 0 else None

    def _as_owner(self, *command) -> list:
        if self._user is None:
            return [*ENDS_WITH_US, *command]
        return [*ENDS_WITH_US, "--reuid=postgres", "--regid=postgres", "--init-groups", *command]

    def session(self, database: str = "clientele", **how) -> subprocess.Popen:
        """psql, that takes statements at its standard input."""
        command = self._as_owner("psql", "--no-psqlrc", "--quiet", "--no-align", "--tuples-only",
                                 "--field-separator=\t", "--set=ON_ERROR_STOP=1", f"--host={self.sockets}",
                                 "--username=clientele_admin", f"--dbname={database}")  # fmt: skip
        return subprocess.Popen(command, cwd="/", stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True, **how)  # fmt: skip

    def sql(self, statements: str, service: str = "") -> list:
        """Rows, each a list of texts; unqualified names are those of the service's schema."""
        with self.session() as process:
            head = f"SET search_path = {service}, extensions;\n" if service else ""
            rows, errors = process.communicate(head + statements, timeout=60)
        assert process.returncode == 0, errors
        return [line.split("\t") for line in rows.splitlines()]

    def server(self) -> int:
        return int((self.data / "postmaster.pid").read_text().split()[0])

    def processes(self) -> list:
        """The server and its children."""
        server, found = self.server(), []
        for status in pathlib.Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = status.read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[1]) == server:
                found.append(int(status.parent.name))
        return [server, *found]

    def _signal_all(self, number: int) -> None:
        for pid in self.processes():
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                pass

    def pause(self) -> None:
        self._signal_all(signal.SIGSTOP)

    def resume(self) -> None:
        self._signal_all(signal.SIGCONT)

    def kill(self) -> None:
        """As when the machine's memory ran out: everything at once, nothing flushed."""
        self._signal_all(signal.SIGKILL)

    def crash(self) -> None:
        """One process dies; the server throws everybody out, recovers, and goes on."""
        self.sql("SELECT 1")
        victim = self.sql("SELECT pid FROM pg_stat_activity WHERE usename LIKE '%_service' LIMIT 1")
        os.kill(int(victim[0][0]), signal.SIGKILL)

    def start(self) -> None:
        script = ("set -euo pipefail; cd \"$0\"; for part in console suite process postgres; do . tools/lib/$part.sh; done;"
                  " start_postgres")  # fmt: skip
        subprocess.run(["bash", "-c", script, str(ROOT)], check=True, stdout=subprocess.DEVNULL, timeout=120,
                       stdin=subprocess.DEVNULL)  # fmt: skip

    def throw_out(self, service: str = "%") -> int:
        """Ends the connections of a service, or of all; answers how many."""
        return len(self.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                            f"WHERE usename LIKE '{service}_service'"))  # fmt: skip


class Cell:
    """Replicas of the three services, and the gates that a test puts between them."""

    def __init__(self):
        self.postgres = Postgres()
        self.replicas = {service: [Replica(service, place) for place in range(MAX_REPLICAS)] for service in SERVICES}
        self._gates = []
        NameServer(NAMES_PORT, {f"{service}-service": [host(place) for place in range(MAX_REPLICAS)]
                                for service in SERVICES})  # fmt: skip
        self._next_port = PORTS + 76
        self._stop_suite()

    def _stop_suite(self) -> None:
        for service in SERVICES:
            file = STATE / f"run/{service}-service.pid"
            if file.exists():
                pid = int(file.read_text().split()[0])
                command = pathlib.Path(f"/proc/{pid}/cmdline")
                if command.exists() and f"{service}-service".encode() in command.read_bytes():
                    os.kill(pid, signal.SIGTERM)
                    eventually(lambda command=command: not command.exists() or not command.read_bytes(), 20)
                file.unlink()

    def __getitem__(self, service: str) -> Replica:
        return self.replicas[service][0]

    def all(self) -> list:
        return [replica for each in self.replicas.values() for replica in each]

    def running(self) -> list:
        return [replica for replica in self.all() if replica.process is not None]

    def start(self, *flags: str, replicas: int = 1) -> "Cell":
        """Each service, `replicas` times; where there are two, each calls both of its peers."""
        for place in range(replicas):
            for service in SERVICES:
                self.replicas[service][place].start(*self.targets(service, replicas), *flags, wait=False)
        for replica in self.running():
            eventually(replica.serves, 30)
        return self

    def targets(self, service: str, replicas: int) -> list:
        if replicas == 1:
            return []
        return [f"--{peer}_target={name_of(peer)}" for peer in PEERS[service]]

    def gate_to(self, service: str, place: int = 0) -> tuple:
        """A gate before a service, and the flag that sends its callers there."""
        port, self._next_port = self._next_port, self._next_port + 1
        gate = Gate(("127.0.0.1", port), (host(place), service_port(service)))
        self._gates.append(gate)
        return gate, f"--{service}_target=127.0.0.1:{port}"

    def gate_to_postgres(self, service: str) -> tuple:
        """A gate before PostgreSQL, and the flag that sends a service there."""
        folder = tempfile.mkdtemp(prefix="gate-", dir="/tmp")
        gate = Gate(f"{folder}/.s.PGSQL.5432", f"{self.postgres.sockets}/.s.PGSQL.5432")
        self._gates.append(gate)
        for line in (STATE / f"config/{service}-service.flags").read_text().splitlines():
            if line.startswith("--database="):
                return gate, line.replace(f"host={self.postgres.sockets}", f"host={folder}")
        raise AssertionError("no --database")

    def gate_to_mail(self) -> tuple:
        """A gate before the mail server, and the flag of invitation-service that leads there."""
        port, self._next_port = self._next_port, self._next_port + 1
        gate = Gate(("127.0.0.1", port), ("127.0.0.1", PORTS + 25))
        self._gates.append(gate)
        return gate, f"--smtp_url=smtp://127.0.0.1:{port}"

    # What tests of faults ask ----------------------------------------------------------------------------------------

    def expire_leases(self) -> None:
        """As if the leases of sagas had run out by time: whoever died no longer holds one."""
        self.postgres.sql(";".join(f"UPDATE {service}.saga SET lease_until = now() WHERE NOT done" for service in SERVICES))

    def hurry_mails(self) -> None:
        """As if the pause after a failed try had passed for every mail that waits."""
        self.postgres.sql("UPDATE invitation_mail SET next_attempt = now() WHERE state = 1", "invitation")

    def open_sagas(self) -> list:
        return self.postgres.sql(" UNION ALL ".join(
            f"SELECT '{service}', kind, subject, step, attempt_count, last_error FROM {service}.saga WHERE NOT done"
            for service in SERVICES))  # fmt: skip

    def settle(self, seconds: float = 30) -> None:
        """Until no saga runs any more."""
        try:
            eventually(lambda: not self.open_sagas(), seconds)
        except AssertionError:
            raise AssertionError(f"sagas are stuck: {self.open_sagas()}") from None

    def close(self) -> None:
        for replica in self.all():
            replica.close()
        for gate in self._gates:
            gate.close()
        self._gates.clear()
        self._next_port = PORTS + 76
