"""Races as schedules that chance makes: calls at both replicas of a service at once, each a little before or after the
others; and rows that another transaction holds, until all the commands have loaded and wait for them.

A call of a race is a function of the suite, as one replica shows it: `lambda at: at.call(path, fields)`, or `ask(…)`.
"""

import concurrent.futures
import contextlib
import random
import time
import unittest

import grpc
from suite import CallError, Suite, eventually, new_customer

from cell import MAX_REPLICAS, Cell, host, service_port
from chance import LONG, SEED, chance
from partner import CUSTOMERS, RELATIONSHIPS, Partner, key, relationship_of
from told import audit_of, events_after

ROUNDS = 30 if LONG else 3
LONGEST_DELAY = 0.03
TIMEOUT = 20


class At(Suite):
    """The suite as the replicas at one place show it."""

    def __init__(self, place: int):
        super().__init__()
        self.place = place

    def channel(self, service: str, certificate: str = ""):
        key = (service, certificate)
        if key not in self._channels:
            name = [("grpc.ssl_target_name_override", f"{service}-service")]
            self._channels[key] = grpc.secure_channel(
                f"{host(self.place)}:{service_port(service)}", self.credentials(certificate), name)  # fmt: skip
        return self._channels[key]


def ask(path: str, fields: dict, **how):
    return lambda at: at.call(path, fields, **how)


def by(partner, path: str, fields: dict, **how):
    """As the partner's administrator, who has seen what it has."""
    return ask(path, fields, token=partner.token, consistency=partner.seen, **how)


def reasons(errors: list) -> set:
    return {error.reason for error in errors}


class Holder:
    """A transaction of somebody else, in a service's schema, that stays open."""

    def __init__(self, process, service: str):
        self._process = process
        self.rows(f"SET search_path = {service}, extensions; BEGIN;")

    def rows(self, statements: str) -> list:
        self._process.stdin.write(f"{statements}\n\\echo done\n")
        self._process.stdin.flush()
        found = []
        for line in self._process.stdout:
            if line == "done\n":
                return found
            found.append(line.rstrip("\n").split("\t"))
        raise AssertionError(self._process.stderr.read())

    def waiting(self) -> int:
        """Backends of the cluster that wait for a lock."""
        return int(self.rows("SELECT count(DISTINCT pid) FROM pg_locks WHERE NOT granted;")[0][0])

    def commit(self) -> None:
        self.rows("COMMIT;")


class Schedule:
    def __init__(self, cell: Cell, purpose: str):
        self.cell, self.random, self._purpose = cell, chance(purpose), purpose
        self.places = [At(place) for place in range(MAX_REPLICAS)]
        self._pool = concurrent.futures.ThreadPoolExecutor(16)

    def stream(self, name: str) -> random.Random:
        """A source of chance for a thread of its own."""
        return random.Random(f"{SEED}/{self._purpose}/{name}")

    def begin(self, *calls) -> list:
        """Starts the calls, at one replica and the other in turn; answers their futures."""
        first = self.random.randrange(MAX_REPLICAS)
        return [self._pool.submit(self._call, call, self.places[(first + number) % MAX_REPLICAS],
                                  self.random.uniform(0, LONGEST_DELAY))
                for number, call in enumerate(self.random.sample(calls, len(calls)))]  # fmt: skip

    def _call(self, call, at: At, delay: float):
        time.sleep(delay)
        try:
            return call(at)
        except CallError as error:
            return error

    def race(self, *calls, hold: tuple = (), waiting: int = 0) -> list:
        """What each call answered, in the order given: an answer or a CallError. With `hold`, a service and a
        statement, a transaction that has run the statement ends only when `waiting` commands (or all) wait for it."""
        outcomes = {}

        def numbered(number: int):
            def call(at: At):
                try:
                    outcomes[number] = calls[number](at)
                except CallError as error:
                    outcomes[number] = error

            return call

        with self.holding(*hold) if hold else contextlib.nullcontext() as holder:
            futures = self.begin(*map(numbered, range(len(calls))))
            if hold:
                wanted = waiting or len(calls)
                # A command waits 50 ms, lets its backend go, and tries again: all of them wait only for moments.
                eventually(lambda: holder.waiting() >= wanted, 8, every=0.002)
                holder.commit()
            for future in futures:
                future.result(TIMEOUT)
        return [outcomes[number] for number in range(len(calls))]

    @contextlib.contextmanager
    def holding(self, service: str, statement: str):
        """Another transaction that has run `statement`; it ends by `commit`, or is rolled back with the block."""
        with self.cell.postgres.session() as process:
            try:
                holder = Holder(process, service)
                holder.rows(f"{statement};")
                yield holder
            finally:
                process.stdin.close()

    def everywhere(self, path: str, fields: dict, **how):
        """What both replicas answer: the same, at once or when the news has come."""

        def same():
            answers = [at.call(path, fields, **how) for at in self.places]
            return answers[0] if len({answer.SerializeToString() for answer in answers}) == 1 else None

        return eventually(same)


class RaceTest(unittest.TestCase):
    """Two replicas of each service, and a schedule. Each test ends with the proof that nothing is left behind."""

    @classmethod
    def setUpClass(cls):
        cls.cell = Cell()
        cls.addClassCleanup(cls.cell.close)
        cls.cell.start(replicas=MAX_REPLICAS)
        cls.schedule = Schedule(cls.cell, cls.__name__)

    def tearDown(self):
        self.cell.settle()
        for replica in self.cell.running():
            eventually(replica.serves)
        partner = Partner()
        for at in self.schedule.places:
            made = at.call(f"{CUSTOMERS}/CreateCustomer", new_request(partner), token=partner.token)
            self.assertEqual(made.state, 1)

    def race(self, *calls, **how) -> list:
        return self.schedule.race(*calls, **how)

    def told(self, partner, service: str, subject: str = "") -> list:
        """The partner's events, each once and in the order of its subject's revisions; the audit says the same."""
        (seen,) = eventually(lambda: self._complete(partner, service))
        last = {}
        for event in seen:
            place = event.generation, event.revision
            self.assertLess(last.get(event.subject, (-1, 0)), place, f"{event.type} of {event.subject}")
            last[event.subject] = place
        self.assertEqual(len({event.id for event in seen}), len(seen))
        return [event for event in seen if not subject or event.subject == subject]

    def types(self, partner, service: str, subject: str = "") -> list:
        return [event.type for event in self.told(partner, service, subject)]

    def _complete(self, partner, service: str) -> tuple:
        audit = sorted((record.resource, record.revision, record.operation) for record in audit_of(partner, service))
        events = events_after(partner, service)
        return (events,) if sorted((e.subject, e.revision, e.type) for e in events) == audit else ()

    def customers(self, partner) -> list:
        """Those in the partner's list, at both replicas, each with a relationship that stands."""
        how = {"token": partner.token, "consistency": partner.seen}
        page = {"parent": partner.name, "page_size": 1000}
        listed = self.schedule.everywhere(f"{CUSTOMERS}/ListCustomers", page, **how)
        standing = self.schedule.everywhere(f"{RELATIONSHIPS}/ListCustomerRelationships",
                                            {**page, "filter": "state = RELATIONSHIP_STATE_ACTIVE"}, **how)  # fmt: skip
        names = sorted(customer.name for customer in listed.customers)
        self.assertEqual(list(map(relationship_of, names)), sorted(one.name for one in standing.customer_relationships))
        return names


def new_request(partner, **changes) -> dict:
    return {"parent": partner.name, "customer": new_customer(**changes), "request_id": key()}
