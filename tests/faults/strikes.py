"""Kills at a chosen place, and the proof that the state is the one that comes without a kill."""

import contextlib
import subprocess
import threading
import unittest

from cell import SERVICES, Cell
from chance import LONG, chance
from picture import difference, picture
from stories import UNDECIDED, set_clock_ahead
from suite import eventually

KILLED = -9


class StrikeTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.chance = chance(cls.__name__)
        cls.references = {}
        cls.cell = Cell()
        cls.addClassCleanup(cls.cell.close)
        set_clock_ahead()
        cls.cell.start()

    def selected(self, cases: list, part: int = 5) -> list:
        """All of them, or one of `part` chosen by chance."""
        return cases if LONG else self.chance.sample(cases, -(-len(cases) // part))

    def restart(self, service: str, *flags: str, failpoints: str = "") -> None:
        replica = self.cell[service]
        replica.close()
        replica.start(*flags, failpoints=failpoints)

    @contextlib.contextmanager
    def on_stage(self, kind):
        """The services with the flags that the story wants."""
        for service, flags in kind.flags.items():
            self.restart(service, *flags)
        try:
            yield
        finally:
            for service in kind.flags:
                self.restart(service)

    @contextlib.contextmanager
    def armed(self, kind, victim: str, failpoint: str = ""):
        """A service that dies where it passes `failpoint`, and runs without it afterwards."""
        self.still_armed = True
        self.restart(victim, *kind.flags.get(victim, ()), failpoints=failpoint)
        try:
            yield self.cell[victim]
        finally:
            if self.still_armed:
                self.restart(victim, *kind.flags.get(victim, ()))

    def revive(self, kind, victim: str) -> None:
        self.cell[victim].start(*kind.flags.get(victim, ()))
        self.still_armed = False

    def expected(self, kind, sagas: int) -> dict:
        """The picture without a kill, where the request was made and answered `sagas` times."""
        if (kind, sagas) not in self.references:
            self.references[kind, sagas] = eventually(lambda: self.agreed(kind, sagas), 30)
        return self.references[kind, sagas]

    def agreed(self, kind, sagas: int):
        """Of two runs that are alike: what a picture shows by chance, or before all of it is there, is not expected."""
        runs = [kind(), kind()]
        for story in runs:
            for _ in range(sagas):
                story.ask()
        self.cell.settle()
        first, second = (picture(story, self.cell) for story in runs)
        return first if first == second else None

    def sagas_of(self, story) -> int:
        rows = self.cell.postgres.sql(f"SELECT count(*) FROM saga WHERE kind = '{story.kind}' AND subject LIKE "
                                      f"'%{story.partner.name.rpartition('/')[2]}%'", story.coordinator)  # fmt: skip
        return int(rows[0][0])

    def check(self, story) -> None:
        """Nothing lost, nothing twice: the picture is the one of a run without a kill."""
        self.cell.settle()
        # Only a refusal that was final can be asked for again: its caller did not hear of the first.
        sagas = self.sagas_of(story)
        self.assertIn(sagas, (1, 2) if story.refused else (1,))
        self.compare(story, self.expected(type(story), sagas))

    def compare(self, story, expected: dict) -> None:
        got = []

        def same() -> bool:
            got.append(picture(story, self.cell))
            return got[-1] == expected

        try:
            eventually(same, 15)
        except AssertionError:
            self.fail(difference(expected, got[-1]))

    def strike_coordinator(self, kind, failpoint: str, wait_for_lease: bool = False) -> None:
        """The service that runs the saga dies; its caller repeats the request."""
        story = kind()
        with self.armed(kind, kind.coordinator, f"{failpoint}=crash") as victim:
            eventually(lambda: self.dies_of(victim, story), 30)
            self.assertEqual(victim.wait(), KILLED)
            self.revive(kind, kind.coordinator)
            if not wait_for_lease:
                self.cell.expire_leases()
            story.ask()
            self.check(story)

    def dies_of(self, victim, story) -> bool:
        """True when a request of the story has killed it; it may have been told first to come again."""
        self.assertIn(story.call(), UNDECIDED, story.outcome)
        try:
            victim.process.wait(timeout=1)
            return True
        except subprocess.TimeoutExpired:
            return False

    def strike_peer(self, kind, victim: str, commit: int) -> None:
        """The service that a step asks dies between its commit and its answer; the caller just waits."""
        story = kind()
        with self.armed(kind, victim, f"pg.write.committed=crash:{commit}") as peer:
            with self.asking(story):
                self.assertEqual(peer.wait(), KILLED)
                self.revive(kind, victim)
            self.check(story)

    def peer_away(self, kind, victim: str) -> None:
        """The service that a step asks is not there, and comes back when the step has failed twice."""
        story = kind()
        with self.armed(kind, victim) as peer:
            story.be_known()
            peer.kill()
            with self.asking(story):
                eventually(lambda: self.has_failed(story), 30)
                self.revive(kind, victim)
            self.check(story)

    def has_failed(self, story) -> bool:
        return any(row[1] == story.kind and int(row[4]) >= 2 for row in self.cell.open_sagas())

    @contextlib.contextmanager
    def asking(self, story):
        failures = []

        def ask():
            try:
                story.ask()
            except Exception as failure:  # told where the test waits for it
                failures.append(failure)

        caller = threading.Thread(target=ask)
        caller.start()
        try:
            yield
        finally:
            caller.join()
        self.assertEqual(failures, [])

    def prove_recovery(self, kind) -> None:
        """The same works as before, without another restart."""
        story = kind()
        story.ask()
        self.check(story)
        for service in SERVICES:
            self.assertTrue(self.cell[service].serves())
