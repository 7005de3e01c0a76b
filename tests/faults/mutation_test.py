"""The checker of histories finds what it is for: where a protection of the product is taken away in its database, the
same load that left a faultless history with the protection leaves one in which just that fault is found."""

import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "lib"))

import checker  # noqa: E402
import mutations  # noqa: E402
from cell import MAX_REPLICAS, Cell  # noqa: E402
from chance import LONG, chance  # noqa: E402
from suite import eventually  # noqa: E402
from workload import Workload  # noqa: E402

REPEATS = 5 if LONG else 1
ROUNDS = 6  # in which the fault must have been found
CALLS = 250  # of each round


class MutationTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.random = chance("mutation")
        cls.cell = Cell()
        cls.addClassCleanup(cls.cell.close)
        cls.cell.start(replicas=MAX_REPLICAS)

    def findings(self, load: dict) -> list:
        """What is found after a round of the load."""
        workload = Workload(self.random, **load).start()
        self.addCleanup(workload.close)
        eventually(lambda: workload.answered() >= CALLS, 60)
        return checker.Checker(workload.finish(self.cell)).check()

    def assert_found(self, mutation, service: str, what: str, **load):
        for _ in range(REPEATS):
            with mutations.slow_commits(self.cell.postgres, service):
                self.assertEqual(self.findings(load), [])
                with mutation(self.cell.postgres):
                    found = next((found for _ in range(ROUNDS) if (found := self.findings(load))), [])
                self.assertEqual({kind for kind, _ in found}, {what}, found)
            print(f"{len(found)} times: {what}", file=sys.stderr)
        # With the protection back, at the same processes.
        self.assertEqual(self.findings(load), [])
        self.assertEqual(self.cell.open_sagas(), [])
        self.assertTrue(all(replica.serves() for replica in self.cell.all()))

    def test_a_feed_in_the_order_of_a_plain_sequence(self):
        self.assert_found(mutations.plain_sequence, "customer", checker.FEED,
                          mix={"create": 1, "update": 6, "get": 1})  # fmt: skip

    def test_a_key_inserted_on_conflict_do_nothing(self):
        self.assert_found(mutations.key_on_conflict_do_nothing, "invitation", checker.TWICE,
                          mix={"create": 1, "draft": 6}, duplicates=0.5)  # fmt: skip

    def test_a_hold_looked_up_and_not_counted(self):
        self.assert_found(mutations.holds_looked_up, "relationship", checker.HOLD, hot=1,
                          mix={"create": 2, "hold": 4, "release": 3, "terminate": 2, "relationship": 1})  # fmt: skip


if __name__ == "__main__":
    unittest.main()
