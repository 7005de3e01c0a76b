"""Clients do random operations at two replicas of each service while replicas are killed, connections thrown out and
PostgreSQL crashes; the history they leave is judged: every resource is linearizable with its etag as compare-and-set,
each request has one effect, the feeds tell every write once and in order, and no relationship ends under a hold."""

import collections
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "lib"))

from cell import MAX_REPLICAS, SERVICES, Cell  # noqa: E402
from chance import LONG, chance  # noqa: E402
from checker import Checker  # noqa: E402
from history import FAIL, OK, UNKNOWN  # noqa: E402
from suite import eventually  # noqa: E402
from workload import Workload  # noqa: E402

HISTORIES = 5 if LONG else 1
ROUNDS = 3 if LONG else 2  # of every fault
CALLS = 40  # that are answered between two faults
CALM_CALLS = 100


class HistoryTest(unittest.TestCase):
    def setUp(self):
        self.cell = Cell()
        self.addCleanup(self.cell.close)
        self.addCleanup(self.cell.postgres.start)
        self.cell.start(replicas=MAX_REPLICAS)

    # Faults ----------------------------------------------------------------------------------------------------------

    def kill(self, replica, workload):
        replica.kill()
        # Mostly the other replica goes on alone for a while.
        if self.random.random() < 0.7:
            self.work(workload, 10)
        replica.start(*self.cell.targets(replica.service, MAX_REPLICAS))

    def kill_postgres(self):
        self.cell.postgres.kill()
        self.cell.postgres.start()

    def faults(self, workload) -> list:
        """(kind, what does it), each kind as often as it is to happen, in any order."""
        postgres = self.cell.postgres
        faults = [("replica killed", lambda each=each: self.kill(each, workload)) for each in self.cell.all()]
        faults += [("connections ended", lambda service=service: postgres.throw_out(service)) for service in SERVICES]
        faults += [("PostgreSQL crashed", postgres.crash)]
        if LONG:
            faults += [("PostgreSQL killed", self.kill_postgres)]
        faults *= ROUNDS
        self.random.shuffle(faults)
        return faults

    # Judgement -------------------------------------------------------------------------------------------------------

    def work(self, workload, calls: int) -> None:
        """Until so many more have been answered, whatever replica they went to."""
        wanted = workload.answered() + calls
        eventually(lambda: workload.answered() >= wanted, 60)

    def judge(self, history) -> None:
        findings = Checker(history).check()
        self.assertEqual(findings, [])

    def calm(self) -> bool:
        """Everything works at every replica, and nothing is left in doubt."""
        workload = Workload(self.random).start()
        self.addCleanup(workload.close)
        self.work(workload, CALM_CALLS)
        history = workload.finish(self.cell)
        self.judge(history)
        return not any(outcome == UNKNOWN for _, outcome in history.count)

    def assert_recovered(self):
        for replica in self.cell.all():
            eventually(replica.serves, 30)
        eventually(self.calm, 60)
        self.assertEqual(self.cell.open_sagas(), [])

    def test_a_history_under_faults(self):
        for number in range(HISTORIES):
            self.random = chance(f"history {number}")
            workload = Workload(self.random).start()
            self.addCleanup(workload.close)
            faults = self.faults(workload)
            for _, strike in faults:
                self.work(workload, CALLS)
                strike()
            self.work(workload, CALLS)
            history = workload.finish(self.cell)
            kinds = dict(collections.Counter(kind for kind, _ in faults))
            print(f"{kinds}, {len(history.writes)} writes, {len(history.seen)} answers", file=sys.stderr)
            self.judge(history)
            for outcome in (OK, FAIL, UNKNOWN):
                self.assertTrue(any(each == outcome for _, each in history.count), outcome)
            self.assert_recovered()


if __name__ == "__main__":
    unittest.main()
