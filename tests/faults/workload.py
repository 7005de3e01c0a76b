"""Clients and readers of the feeds at work on a cell, and the history that they leave.

    workload = Workload(chance("x")).start()
    …faults…
    history = workload.finish(cell)
"""

import random
import sys
import threading
import time

from partner import Partner
from suite import PLACES, CallError, eventually

from actions import MIX, Client
from cell import Cell
from clients import BUSY, DOUBT, Replicas, World, broken
from history import UNKNOWN, Event, History

EVENTS = "event.v1.EventService/ListEvents"


def plain(event, messages) -> Event:
    """What an event says of its resource, as the checker compares it."""
    value = None
    if event.after.type_url:
        after = messages(event.after.type_url.rpartition("/")[2])()
        event.after.Unpack(after)
        kind = event.type.partition(".")[0]
        if kind == "customer":
            value = (after.company_name, after.state)
        elif kind == "relationship":
            value = after.state
        elif kind == "hold" and event.type != "hold.deleted":
            value = after.description
    return Event(event.id, event.type, event.subject, event.revision, event.request_id, value,
                 tuple(event.changed_fields), event.generation)  # fmt: skip


class Reader:
    """Reads a service's feed from position to position, at any replica, in pages of any size."""

    def __init__(self, suite: Replicas, service: str, partners: set, seed: int):
        self._suite, self._service, self._partners, self._random = suite, service, partners, random.Random(seed)
        self._token = suite.operator()
        self.start = self._position = eventually(lambda: self._page(from_end=True)).position
        self.events = []

    def _page(self, **fields):
        try:
            return self._suite.call(EVENTS, {"parent": "partners/-", **fields}, service=self._service,
                                    token=self._token, timeout=5)  # fmt: skip
        except CallError as error:
            if error.code not in DOUBT and error.reason not in BUSY and not broken(error):
                raise
            return None

    def step(self) -> bool:
        """Whether the feed's end was reached."""
        page = self._page(after_position=self._position, page_size=self._random.choice([1, 7, 50]), wait_seconds=1)
        if page is None:
            time.sleep(0.05)
            return False
        self._position = page.position
        self.events += self._events(page)
        return page.at_end

    def _events(self, page) -> list:
        """Those of the partners' customers."""
        return [plain(event, self._suite.contract.message) for event in page.events
                if event.partner in self._partners and event.subject != event.partner]  # fmt: skip

    def whole(self) -> list:
        """Everything since its start, read anew."""
        again, found = self.start, []
        while True:
            page = eventually(lambda: self._page(after_position=again, page_size=1000))
            found += self._events(page)
            again = page.position
            if page.at_end:
                return found


def wait_for_transactions(cell: Cell) -> None:
    """Until all have ended that have begun: those of killed processes too, and feeds go on to where they are."""

    def edge(which: str) -> int:
        return int(cell.postgres.sql(f"SELECT pg_snapshot_{which}(pg_current_snapshot())")[0][0])

    begun = edge("xmax")
    eventually(lambda: edge("xmin") >= begun, 30)


class Workload:
    def __init__(self, chances: random.Random, clients: int = 4, mix=None, duplicates: float = 0.15, hot: int = 4):
        self.history = History()
        self._suite = Replicas(random.Random(chances.random()))
        partners = [Partner(), Partner()]
        of = {partner.name for partner in partners}
        self._readers = {name: Reader(self._suite, name, of, chances.randrange(2**32)) for name in PLACES}
        self.world = World(self._suite, self.history, partners, hot)
        self._clients = [Client(self.world, chances.randrange(2**32), mix or MIX, duplicates) for _ in range(clients)]
        self._stop, self._drain, self._broken = threading.Event(), threading.Event(), []
        self._writers = [self._thread(self._work, client) for client in self._clients]
        self._followers = [self._thread(self._follow, reader) for reader in self._readers.values()]

    def _thread(self, run, of) -> threading.Thread:
        def guarded():
            try:
                run(of)
            except Exception as error:  # whoever ends fails the test
                self._broken.append(error)

        return threading.Thread(target=guarded, daemon=True)

    def start(self) -> "Workload":
        for thread in self._writers + self._followers:
            thread.start()
        return self

    def _work(self, client: Client) -> None:
        while not self._stop.is_set():
            client.step()
            time.sleep(0.005)

    def _follow(self, reader: Reader) -> None:
        # Once nothing is written any more, the end that it reaches is the last one.
        drained = False
        while not drained:
            last = self._drain.is_set()
            drained = reader.step() and last

    def answered(self) -> int:
        """Calls with a definite outcome."""
        if self._broken:
            raise self._broken[0]
        return sum(count for (_, outcome), count in list(self.history.count.items()) if outcome != UNKNOWN)

    def close(self) -> None:
        self._stop.set()
        self._drain.set()

    def _join(self, threads: list, seconds: float) -> None:
        until = time.monotonic() + seconds
        for thread in threads:
            thread.join(max(0.0, until - time.monotonic()))
        if self._broken:
            raise self._broken[0]
        assert not any(thread.is_alive() for thread in threads), "a thread hangs"

    def finish(self, cell: Cell) -> History:
        """Ends the clients, waits for the sagas they left behind, and reads everything once more."""
        self._stop.set()
        self._join(self._writers, 90)
        cell.expire_leases()
        cell.settle(60)
        wait_for_transactions(cell)
        self._drain.set()
        self._join(self._followers, 30)
        self._clients[0].read_all()
        self.history.polled = {name: reader.events for name, reader in self._readers.items()}
        self.history.whole = {name: reader.whole() for name, reader in self._readers.items()}
        print(f"{sum(self.history.count.values())} calls: {dict(sorted(self.history.count.items()))}", file=sys.stderr)
        return self.history
