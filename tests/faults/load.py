"""A write load of several clients, each of which repeats what was not done under the same request_id, as a good client
does; and what it must have come to in the end: every acknowledged write is there, none was applied twice.

    load = Load(chance("postgres")).start()
    …the fault…
    load.stop()          ends when every write that was begun has been acknowledged
    load.verify(test)
"""

import collections
import dataclasses
import random
import threading
import time

from partner import CUSTOMERS, HOLDS, INVITATIONS, Partner, key, relationship_of, suite
from suite import PLACES, CallError, new_customer, unique

from told import audit_of, events_after, feed_end, pages

# What a client may be told while something is away; after each of them the same request is sent again.
PASSING = {
    ("UNAVAILABLE", "DATABASE_UNAVAILABLE"), ("UNAVAILABLE", "SERVICE_UNAVAILABLE"), ("UNAVAILABLE", "SAGA_RUNNING"),
    ("UNAVAILABLE", "CONSISTENCY_NOT_REACHED"), ("ABORTED", "WRITE_CONFLICT"), ("UNKNOWN", "COMMIT_UNKNOWN"),
    ("DEADLINE_EXCEEDED", "DEADLINE_EXCEEDED"), ("RESOURCE_EXHAUSTED", "OVERLOADED"),
}  # fmt: skip
# What is told besides, by the service or by gRPC, where a process of ours ends.
ENDING = {("UNAVAILABLE", "SHUTTING_DOWN"), ("UNAVAILABLE", ""), ("CANCELLED", "")}
PAUSE = 0.1
# Above the 2 s of a write in one service, and the 10 s of a saga: whoever is told nothing by then hangs.
TIMEOUT, SAGA_TIMEOUT = 6, 15


def insist(ask, seconds: float = 60, passing=PASSING, note=lambda error: None):
    """The answer of `ask`, repeated while something is away."""
    until = time.monotonic() + seconds
    while True:
        try:
            return ask()
        except CallError as error:
            note(error)
            if (error.code, error.reason) not in passing or time.monotonic() > until:
                raise
        time.sleep(PAUSE)


@dataclasses.dataclass
class Write:
    """One write, under one request_id."""

    path: str
    fields: dict
    how: dict  # who asks
    effects: object  # of the answer: (type, subject) of each event that tells it
    errors: list = dataclasses.field(default_factory=list)  # of the tries before
    answer: object = None  # once acknowledged

    @property
    def request_id(self) -> str:
        return self.fields["request_id"]


class Client:
    """Writes what no other client writes, but for the customer that all share; knows what it must find in the end."""

    def __init__(self, load, seed: int):
        self._load, self._random = load, random.Random(seed)
        self.customers, self.drafts, self.holds = {}, {}, {}

    def write(self) -> None:
        choices = [self._create, self._draft]
        if self.customers:
            choices += [self._update, self._update, self._update_shared, self._hold]
        self._random.choice(choices)()

    def _create(self) -> None:
        made = self._load.create()
        self.customers[made.name] = made

    def _update(self) -> None:
        name = self._random.choice(list(self.customers))
        # Nobody else changes it: not even a repeat may find that its etag has aged.
        etag = self._random.choice(["", self.customers[name].etag])
        self.customers[name] = self._rename(name, etag)

    def _update_shared(self) -> None:
        self._rename(self._load.shared, "")

    def _rename(self, name: str, etag: str):
        return self._load.do(
            f"{CUSTOMERS}/UpdateCustomer",
            {"customer": {"name": name, "etag": etag, "company_name": f"Contoso {unique()}"}, "update_mask": "companyName"},
            lambda _: [("customer.updated", name)],
        )

    def _draft(self) -> None:
        text = f"Join us: {unique()}"
        made = self._load.do(f"{INVITATIONS}/CreateInvitation", {
            "parent": self._load.partner.name,
            "invitation": {"kind": "INVITATION_KIND_RESELLER", "target": {"email": "ann@contoso.example"}, "message": text},
        }, lambda made: [("invitation.created", made.name)])  # fmt: skip
        self.drafts[made.name] = text

    def _hold(self) -> None:
        parent = relationship_of(self._random.choice(list(self.customers)))
        name, text = f"{parent}/terminationHolds/{self._random.choice(['h1', 'h2'])}", f"Owes {unique()}."
        kind = "hold.updated" if name in self.holds else "hold.created"
        held = self._load.do(f"{HOLDS}/UpsertTerminationHold", {
            "termination_hold": {"name": name, "kind": "HOLD_KIND_BILLING", "description": text},
        }, lambda _: [(kind, name)], certificate="billing")  # fmt: skip
        self.holds[name] = (held.revision, text)


class Load:
    def __init__(self, chances: random.Random, clients: int = 4, passing=frozenset()):
        self.writes = []
        self.partner = Partner()
        self._seen = self.partner.seen
        # The feed's end may lie before what was just written: what is told from there on is compared with every write.
        self._positions = {service: feed_end(self.partner, service) for service in PLACES}
        self._passing = PASSING | passing
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._broken = []
        self.shared = self.create().name
        self._clients = [Client(self, chances.randrange(2**32)) for _ in range(clients)]
        self._threads = [threading.Thread(target=self._run, args=(each,), daemon=True) for each in self._clients]

    def start(self) -> "Load":
        for thread in self._threads:
            thread.start()
        return self

    def close(self) -> None:
        """Begins no write any more."""
        self._stop.set()

    def stop(self, seconds: float = 90) -> None:
        """Waits, besides, for the writes that are not acknowledged."""
        self.close()
        until = time.monotonic() + seconds
        for thread in self._threads:
            thread.join(max(0.0, until - time.monotonic()))
        assert not self._broken, self._broken
        waiting = [write for write in self.writes if write.answer is None]
        assert not waiting, f"not acknowledged: {waiting}"

    def acknowledged(self) -> int:
        return sum(write.answer is not None for write in list(self.writes))

    def repeated(self) -> collections.Counter:
        """What clients were told before they sent a request again."""
        return collections.Counter((error.code, error.reason) for write in self.writes for error in write.errors)

    def _run(self, client: Client) -> None:
        try:
            while not self._stop.is_set():
                client.write()
                time.sleep(0.03)
        except Exception as error:  # a client that ends fails the test
            self._broken.append(repr(error))

    def create(self):
        return self.do(
            f"{CUSTOMERS}/CreateCustomer", {"parent": self.partner.name, "customer": new_customer()},
            lambda made: [("customer.created", made.name), ("relationship.activated", relationship_of(made.name))],
        )  # fmt: skip

    def do(self, path: str, fields: dict, effects, certificate: str = ""):
        how = {"certificate": certificate} if certificate else {"token": self.partner.token}
        timeout = SAGA_TIMEOUT if path.endswith("/CreateCustomer") else TIMEOUT
        write = Write(path, {**fields, "request_id": key()}, how, effects)
        with self._lock:
            self.writes.append(write)
        write.answer = insist(
            lambda: suite.call(path, write.fields, consistency=self._seen, timeout=timeout, **how),
            passing=self._passing, note=write.errors.append,
        )  # fmt: skip
        return write.answer

    # What it came to -------------------------------------------------------------------------------------------------

    def verify(self, test) -> None:
        """Feeds and audit tell each write once and nothing else, in the order in which its client made them."""
        expected = collections.Counter(
            (*effect, write.request_id) for write in self.writes for effect in write.effects(write.answer)
        )
        events = [each for service, start in self._positions.items()
                  for each in events_after(self.partner, service, start)
                  if each.subject != self.partner.name]  # fmt: skip
        told = collections.Counter((event.type, event.subject, event.request_id) for event in events)
        test.assertEqual(dict(expected - told), {}, "acknowledged and lost")
        test.assertEqual(dict(told - expected), {}, "applied twice, or nobody's request")
        asked = {write.request_id for write in self.writes}
        audited = collections.Counter(
            (record.operation, record.resource, record.request_id)
            for service in PLACES for record in audit_of(self.partner, service) if record.request_id in asked
        )  # fmt: skip
        test.assertEqual(audited, expected)
        self._verify_order(test, events)
        self._verify_resources(test)

    def _verify_order(self, test, events: list) -> None:
        told, made = collections.defaultdict(list), collections.defaultdict(list)
        for event in events:
            told[event.subject].append(event)
        for write in self.writes:
            for _, subject in write.effects(write.answer):
                made[subject].append(write)
        for subject, writes in made.items():
            places = [(event.generation, event.revision) for event in told[subject]]
            test.assertEqual(places, sorted(set(places)), subject)
            order = [event.request_id for event in told[subject]]
            asked = [write.request_id for write in writes]
            if subject == self.shared:
                test.assertEqual(set(order), set(asked))
            else:
                test.assertEqual(order, asked, subject)

    def _verify_resources(self, test) -> None:
        parent, how = {"parent": self.partner.name}, {"token": self.partner.token}
        listed = {each.name: each for each in pages(f"{CUSTOMERS}/ListCustomers", "customers", parent, **how)}
        listed.pop(self.shared)
        test.assertEqual({name: (each.revision, each.company_name) for name, each in listed.items()},
                         {name: (each.revision, each.company_name)
                          for client in self._clients for name, each in client.customers.items()})  # fmt: skip
        drafts = pages(f"{INVITATIONS}/ListInvitations", "invitations", parent, **how)
        test.assertEqual({each.name: each.message for each in drafts},
                         {name: text for client in self._clients for name, text in client.drafts.items()})  # fmt: skip
        holds = {name: hold for client in self._clients for name, hold in client.holds.items()}
        for relationship in {name.partition("/terminationHolds/")[0] for name in holds}:
            for hold in pages(f"{HOLDS}/ListTerminationHolds", "termination_holds", {"parent": relationship}, **how):
                test.assertEqual((hold.revision, hold.description), holds.pop(hold.name), hold.name)
        test.assertEqual(holds, {}, "acknowledged and lost")
