"""What clients of a cell share that record what they do in a history: calls at any replica, what each has seen,
requests that are repeated after a doubt, and some that are sent twice at once under one request_id."""

import concurrent.futures
import itertools
import random
import threading
import time

import grpc
from suite import CallError, Suite, unique

from cell import MAX_REPLICAS, host, service_port
from history import FAIL, OK, UNKNOWN, History, Write

# What leaves a caller in doubt; INTERNAL where gRPC says it, of a connection that broke.
DOUBT = {"UNAVAILABLE", "UNKNOWN", "DEADLINE_EXCEEDED", "CANCELLED"}
# Refusals that depend on nothing that a history holds.
BUSY = {"WRITE_CONFLICT", "OVERLOADED"}
TIMEOUT = 12
RECONNECT = [("grpc.initial_reconnect_backoff_ms", 100), ("grpc.max_reconnect_backoff_ms", 500)]


class Replicas(Suite):
    """Calls go to any replica of a service."""

    def __init__(self, chances: random.Random):
        super().__init__()
        self._chances, self._lock = chances, threading.Lock()

    def channel(self, service: str, certificate: str = ""):
        with self._lock:
            place = self._chances.randrange(MAX_REPLICAS)
            key = (service, place, certificate)
            if key not in self._channels:
                name = ("grpc.ssl_target_name_override", f"{service}-service")
                address = f"{host(place)}:{service_port(service)}"
                self._channels[key] = grpc.secure_channel(address, self.credentials(certificate), [name, *RECONNECT])
            return self._channels[key]


def broken(error: CallError) -> bool:
    return error.code == "INTERNAL" and not error.reason


class World:
    """What the clients share. They work on the newest customers of each partner: `hot` of them."""

    def __init__(self, suite: Replicas, history: History, partners: list, hot: int):
        self.suite, self.history, self.partners, self.hot = suite, history, partners, hot
        self.customers = {partner.name: [] for partner in partners}
        self.domains = [f"contoso-{unique()}.example"]
        self._contests = itertools.count(1)
        self.lock = threading.Lock()

    def add(self, partner, name: str) -> None:
        with self.lock:
            if name not in self.customers[partner.name]:
                self.customers[partner.name].append(name)

    def contested_domain(self) -> str:
        """The same one for three clients."""
        with self.lock:
            if next(self._contests) % 3 == 0:
                self.domains.append(f"contoso-{unique()}.example")
            return self.domains[-1]


class Caller:
    def __init__(self, world: World, seed: int, duplicates: float):
        self.world, self.history = world, world.history
        self.random = random.Random(seed)
        self._duplicates = duplicates
        self._seen = {partner.name: partner.seen for partner in world.partners}

    def _call(self, partner, path: str, fields: dict, certificate: str = ""):
        how = {"certificate": certificate} if certificate else {"token": partner.token}
        return self.world.suite.call(path, fields, consistency=self._seen[partner.name], timeout=TIMEOUT, **how)

    def read(self, partner, path: str, fields: dict):
        """(time of the call, time of the answer, the answer), or None."""
        operation, called = path.rpartition("/")[2], time.monotonic()
        try:
            answer = self._call(partner, path, fields)
        except CallError as error:
            if error.code not in DOUBT and error.reason not in BUSY and not broken(error):
                raise
            self.history.note(operation, UNKNOWN)
            return None
        self.history.note(operation, OK)
        self._seen[partner.name] = answer.consistency or self._seen[partner.name]
        return called, time.monotonic(), answer

    def write(self, partner, write: Write, path: str, fields: dict, learn, refusals: dict, certificate: str = ""):
        """Sends a request, perhaps twice at once, perhaps again after a doubt. `learn` records what an answer says,
        `refusals` what a refusal does, by its reason."""
        self.history.write(write)
        fields["request_id"] = write.request_id
        send = lambda: self._attempt(partner, write, path, fields, learn, refusals, certificate)  # noqa: E731
        if self.random.random() < self._duplicates:
            with concurrent.futures.ThreadPoolExecutor(2) as pool:
                outcomes = [future.result() for future in [pool.submit(send), pool.submit(send)]]
        else:
            outcomes = [send()]
        while UNKNOWN in outcomes and self.random.random() < 0.7:
            time.sleep(0.2)
            outcomes = [send()]

    def _attempt(self, partner, write: Write, path: str, fields: dict, learn, refusals: dict, certificate: str) -> str:
        called = time.monotonic()
        attempt = self.history.attempt(write, called)
        try:
            answer = self._call(partner, path, fields, certificate)
            attempt.answered, attempt.resource, attempt.outcome = time.monotonic(), getattr(answer, "name", ""), OK
            self._seen[partner.name] = answer.consistency or self._seen[partner.name]
            learn(called, attempt.answered, answer)
        except CallError as error:
            attempt.answered = time.monotonic()
            if error.reason in refusals:
                # True: the request has been done before, and what it made is gone.
                attempt.outcome = OK if refusals[error.reason](called, attempt.answered) else FAIL
            elif error.reason in BUSY:
                attempt.outcome = FAIL
            elif error.code not in DOUBT and not broken(error):
                raise
        self.history.note(write.kind, attempt.outcome)
        return attempt.outcome
