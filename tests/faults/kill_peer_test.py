"""Kill -9 of the service that a saga's step asks: its caller gets the one answer, and each effect is there once."""

import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "lib"))

from stories import STORIES  # noqa: E402
from strikes import StrikeTest  # noqa: E402


class KillPeerTest(StrikeTest):
    def for_each_write(self, strike) -> None:
        for kind in STORIES:
            with self.on_stage(kind):
                for step in self.selected(list(kind.writes)):
                    with self.subTest(story=kind.__name__, step=step):
                        strike(kind, step)
                if kind.writes:
                    self.prove_recovery(kind)

    def test_a_peer_dies_between_its_commit_and_its_answer(self):
        self.for_each_write(lambda kind, step: self.strike_peer(kind, *kind.writes[step]))

    def test_a_peer_is_away_when_a_step_is_taken(self):
        self.for_each_write(lambda kind, step: self.peer_away(kind, kind.writes[step][0]))


if __name__ == "__main__":
    unittest.main()
