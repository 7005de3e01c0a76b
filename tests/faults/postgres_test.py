"""PostgreSQL killed, crashed, stopped, throwing everybody out or taking nobody in, all under write load: every replica
says that it is not ready and lives on, is back within five seconds without a restart, and no acknowledged write is lost
or applied twice."""

import contextlib
import pathlib
import signal
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "lib"))

from cell import NOT_SERVING, SERVICES, SERVING, Cell  # noqa: E402
from chance import LONG, chance  # noqa: E402
from load import ENDING, Load, insist  # noqa: E402
from partner import CUSTOMERS, HOLDS, INVITATIONS, RELATIONSHIPS, Partner, key, relationship_of, suite  # noqa: E402
from suite import eventually, new_customer  # noqa: E402
from told import feed_end  # noqa: E402
from watch import Watch, every_lane_connected, rests  # noqa: E402

REPLICAS = 2 if LONG else 1
RECOVERY = 5  # seconds from the first connection that PostgreSQL takes
SHUTDOWN_GRACE = 5  # of the suite's services
CONNECTION_LIMIT = 35  # as tools/up grants it to each service


class PostgresTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cell = Cell()
        cls.postgres = cls.cell.postgres

    def setUp(self):
        self.addCleanup(self.cell.close)
        self.addCleanup(self.mend)
        self.cell.start(replicas=REPLICAS)
        self.random = chance(self.id().rpartition(".")[2])
        # A channel that was refused by the replica before tries again by and by.
        self.partner = insist(Partner, passing=ENDING)
        for service in SERVICES:
            insist(lambda service=service: feed_end(self.partner, service), passing=ENDING)
        insist(lambda: suite.call("relationship.v1.PartnerService/ListPartners", {"page_size": 1}, certificate="billing"),
               passing=ENDING)  # fmt: skip
        self.customer = self.partner.create()

    def mend(self):
        self.postgres.resume()
        self.postgres.start()
        self.limit_connections(CONNECTION_LIMIT)

    def limit_connections(self, limit: int) -> None:
        self.postgres.sql("".join(f"ALTER ROLE {service}_service CONNECTION LIMIT {limit};\n" for service in SERVICES))

    # What every fault is surrounded by -------------------------------------------------------------------------------

    @contextlib.contextmanager
    def under_load(self, ends: bool = False):
        """A write load, whose outcome is judged at the end; the fault is the block's. `ends`: processes of ours end."""
        load = Load(self.random, passing=ENDING if ends else frozenset())
        self.addCleanup(load.close)
        with contextlib.nullcontext() if ends else Watch(self.cell) as watch:
            load.start()
            eventually(lambda: load.acknowledged() > 20, 30)
            yield load
            acknowledged = load.acknowledged()
            eventually(lambda: load.acknowledged() > acknowledged + 20, 30)
            load.stop()
        if not ends:
            self.assertEqual((watch.deaths, watch.polls > 0), ([], True))
        self.cell.settle(60)
        load.verify(self)
        self.assert_rests()
        print(f"{len(load.writes)} writes, repeated after {dict(load.repeated())}", file=sys.stderr)

    def assert_rests(self):
        for replica in self.cell.running():
            eventually(lambda replica=replica: rests(replica), 15)
            self.assertEqual(replica.health(), SERVING)
        every_lane_connected(self.cell, REPLICAS)

    def all_are(self, health: bytes) -> bool:
        return all(replica.health() == health for replica in self.cell.running())

    def assert_away(self, since: float, seconds: float = 5):
        """Readiness is gone, everywhere."""
        eventually(lambda: self.all_are(NOT_SERVING), max(0.1, since + seconds - time.monotonic()))

    def accepts(self) -> bool:
        try:
            return bool(self.postgres.sql("SELECT 1"))
        except AssertionError:
            return False

    def assert_recovers(self, back: float):
        """Readiness, and an operation in every lane of every service, within RECOVERY of `back`."""
        eventually(lambda: self.all_are(SERVING), max(0.1, back + RECOVERY - time.monotonic()))
        for ask in self.operations():
            insist(ask, max(0.1, back + RECOVERY - time.monotonic()))
        self.assertLess(time.monotonic() - back, RECOVERY)

    def operations(self) -> list:
        """A saga across services and a copy that follows another's feed first, then what each lane has to do."""
        customer, token, request = self.customer.name, self.partner.token, key()
        new = {"parent": self.partner.name, "customer": new_customer(), "request_id": request}
        draft = {"parent": self.partner.name, "request_id": request, "invitation": {
            "kind": "INVITATION_KIND_RESELLER", "target": {"email": "ann@contoso.example"}, "message": "Join us."}}  # fmt: skip
        hold = {"request_id": request, "termination_hold": {
            "name": f"{relationship_of(customer)}/terminationHolds/h1", "kind": "HOLD_KIND_BILLING",
            "description": "Owes money."}}  # fmt: skip
        return [
            lambda: self.partner.call(f"{CUSTOMERS}/CreateCustomer", new),
            *[lambda method=method: self.partner.call(method, {"parent": self.partner.name}) for method in (
                f"{CUSTOMERS}/ListCustomers", f"{RELATIONSHIPS}/ListCustomerRelationships",
                f"{INVITATIONS}/ListInvitations")],
            lambda: suite.call(f"{CUSTOMERS}/GetCustomer", {"name": customer}, token=token),
            lambda: suite.call(f"{RELATIONSHIPS}/GetCustomerRelationship", {"name": relationship_of(customer)}, token=token),
            lambda: suite.call(f"{INVITATIONS}/GetInvitation", {
                "name": suite.call(f"{INVITATIONS}/CreateInvitation", draft, token=token).name}, token=token),
            lambda: suite.call(f"{HOLDS}/UpsertTerminationHold", hold, certificate="billing"),
            *[lambda service=service: feed_end(self.partner, service) for service in SERVICES],
        ]

    # The faults ------------------------------------------------------------------------------------------------------

    def test_killed_and_started_again(self):
        with self.under_load():
            for _ in range(6 if LONG else 1):
                self.postgres.kill()
                self.assert_away(time.monotonic())
                time.sleep(self.random.uniform(0, 4))
                self.postgres.start()
                self.assert_recovers(time.monotonic())

    def test_one_of_its_processes_dies(self):
        with self.under_load():
            for _ in range(12 if LONG else 2):
                self.postgres.crash()
                eventually(self.accepts, 30)
                self.assert_recovers(time.monotonic())
                time.sleep(self.random.uniform(0, 1))

    def test_stopped_for_ten_seconds(self):
        with self.under_load():
            for _ in range(3 if LONG else 1):
                self.postgres.pause()
                stopped = time.monotonic()
                self.assert_away(stopped)
                while time.monotonic() < stopped + 10:
                    self.assertTrue(self.all_are(NOT_SERVING), "ready again, with a database that does not answer")
                    time.sleep(0.2)
                self.postgres.resume()
                self.assert_recovers(time.monotonic())

    def test_everybody_is_thrown_out_again_and_again(self):
        with self.under_load():
            for _ in range(40 if LONG else 8):
                self.assertGreater(self.postgres.throw_out(self.random.choice(["%", *SERVICES])), 0)
                time.sleep(self.random.uniform(0.05, 1))
            self.assert_recovers(time.monotonic())

    def test_nobody_is_let_in(self):
        with self.under_load():
            for _ in range(5 if LONG else 1):
                self.limit_connections(0)
                self.postgres.throw_out()
                self.assert_away(time.monotonic())
                time.sleep(self.random.uniform(0, 3))
                self.limit_connections(CONNECTION_LIMIT)
                self.assert_recovers(time.monotonic())

    def test_services_end_in_time_while_it_is_stopped(self):
        with self.under_load(ends=True):
            self.postgres.pause()
            time.sleep(self.random.uniform(0, 3))
            told = time.monotonic()
            for replica in self.cell.running():
                replica.signal(signal.SIGTERM)
            for replica in self.cell.running():
                left = told + SHUTDOWN_GRACE + 10 - time.monotonic()
                self.assertEqual(replica.wait(max(0.1, left)), 0, replica.service)
            self.postgres.resume()
            self.cell.expire_leases()
            self.cell.start(replicas=REPLICAS)


if __name__ == "__main__":
    unittest.main()
