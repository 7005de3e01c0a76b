"""Kill -9 at every boundary of every saga: the state is then the same as without the kill.

The boundaries of a step: before it is taken, after it was taken, after its result was stored. And before the first one:
after the commit of the request that starts the saga, before it is answered.
"""

import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "lib"))

from stories import STORIES, Create  # noqa: E402
from strikes import StrikeTest  # noqa: E402

EDGES = ("before", "after", "stored")
REQUEST_COMMITTED = "pg.write.committed"


def boundaries(kind) -> list:
    return [REQUEST_COMMITTED, *(f"saga.{kind.kind}.{step}.{edge}" for step in kind.steps for edge in EDGES)]


class KillTest(StrikeTest):
    def test_the_coordinator_dies_at_each_boundary(self):
        for kind in STORIES:
            with self.on_stage(kind):
                for failpoint in self.selected(boundaries(kind)):
                    with self.subTest(story=kind.__name__, failpoint=failpoint):
                        self.strike_coordinator(kind, failpoint)
                self.prove_recovery(kind)

    def test_what_a_dead_replica_leaves_is_taken_over_when_its_lease_has_run_out(self):
        self.strike_coordinator(Create, "saga.customer.create.establish.after", wait_for_lease=True)
        self.prove_recovery(Create)


if __name__ == "__main__":
    unittest.main()
