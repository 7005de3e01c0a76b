"""Bad networks between the services, to PostgreSQL and to the mail server: a list of faults at a list of places. While
a fault lasts an operation is done, or told a typed error, by its deadline; once it is over the same request is done, has
had one effect, and no saga stays behind."""

import collections
import contextlib
import pathlib
import sys
import threading
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "lib"))

from cell import SERVING, Cell  # noqa: E402
from chance import LONG  # noqa: E402
from gate import Gate  # noqa: E402
from load import PASSING, insist  # noqa: E402
from operations import Accept, Create, Draft, Hold, Send, Terminate, Update  # noqa: E402
from suite import CallError, eventually  # noqa: E402

# Where the gates stand, (from, to), and the operation that goes through each.
PLACES = {
    ("customer", "relationship"): Create,
    ("relationship", "customer"): Terminate,
    ("relationship", "invitation"): Terminate,
    ("invitation", "customer"): Accept,
    ("invitation", "relationship"): Accept,
    ("customer", "postgres"): Update,
    ("relationship", "postgres"): Hold,
    ("invitation", "postgres"): Draft,
    ("invitation", "mail"): Send,
}
# The write statement of each operation: a Bind names it after an unnamed portal.
STATEMENTS = {Create: "customer_provision", Update: "customer_change", Hold: "hold_insert", Draft: "invitation_insert"}
PATIENCE = 4  # seconds that a test waits for a saga while a fault lasts, unless everything is run
MAIL_HEAD = b"Message-ID:"  # what the mail server answers to next is the mail's end
APPLICATION_DATA = b"\x17\x03\x03"  # head of a TLS record


def setting(**values):
    """A fault that is a property of a gate."""

    @contextlib.contextmanager
    def fault(gate: Gate):
        for name, value in values.items():
            setattr(gate, name, value)
        yield

    return fault


@contextlib.contextmanager
def nobody_accepts(gate: Gate):
    gate.ignore()
    yield


@contextlib.contextmanager
def nobody_listens(gate: Gate):
    gate.refuse()
    yield


@contextlib.contextmanager
def cut_again_and_again(gate: Gate):
    over = threading.Event()

    def cut():
        while not over.wait(0.15):
            gate.close_links()

    cutting = threading.Thread(target=cut)
    cutting.start()
    yield
    over.set()
    cutting.join()


FAULTS = {
    "slow": setting(delay=0.3),
    "narrow": setting(bytes_per_second=20_000),
    "cut in the middle of a handshake": setting(cut_after=100),
    "cut in the middle of an answer": setting(cut_after=6_000),
    "nobody accepts": nobody_accepts,
    "nobody listens": nobody_listens,
    "held": setting(hold=True),
    "garbage": setting(garbage=True),
    "byte by byte": setting(chunk=1),
    "cut again and again": cut_again_and_again,
}


class NetworkTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cell = Cell()
        cls.addClassCleanup(cls.cell.close)
        cls.gates, flags = {}, {"customer": [], "relationship": [], "invitation": []}
        for source, target in PLACES:
            if target == "postgres":
                cls.gates[source, target], flag = cls.cell.gate_to_postgres(source)
            elif target == "mail":
                cls.gates[source, target], flag = cls.cell.gate_to_mail()
            else:
                cls.gates[source, target], flag = cls.cell.gate_to(target)
            flags[source].append(flag)
        for service, its_flags in flags.items():
            cls.cell[service].start(*its_flags, wait=False)
        for replica in cls.cell.running():
            eventually(replica.serves, 30)
        for operation in set(PLACES.values()):
            insist(lambda operation=operation: operation().ask(operation.seconds + 3))
        for gate in cls.gates.values():
            eventually(lambda gate=gate: gate.passed > 0)
        cls.outcomes = collections.Counter()
        cls.addClassCleanup(lambda: print("told during the faults:", dict(cls.outcomes), file=sys.stderr))

    def setUp(self):
        self.addCleanup(lambda: [gate.pass_all() for gate in self.gates.values()])

    def ask_during_the_fault(self, operation) -> None:
        """Done, or one of the errors that are documented, by the deadline."""
        patience = operation.seconds + 3 if LONG or operation.seconds < PATIENCE else PATIENCE
        begun = time.monotonic()
        try:
            operation.ask(patience)
            self.outcomes["OK"] += 1
        except CallError as error:
            self.outcomes[f"{error.code}/{error.reason}"] += 1
            # Whose own time was shorter than the contract's may have it run out before it is told.
            ours_ran_out = error.code == "DEADLINE_EXCEEDED" and patience < operation.seconds
            self.assertTrue((error.code, error.reason) in PASSING or ours_ran_out, error)
            if error.code == "UNAVAILABLE":
                self.assertIn("RetryInfo", error.details, error)
        self.assertLess(time.monotonic() - begun, patience + 1)

    def judge(self, operation) -> None:
        """All is well again: the request is done, once, nothing stays behind, every replica is ready."""
        answer = insist(lambda: operation.ask(operation.seconds + 5), 40)
        self.cell.settle(60)
        if isinstance(operation, Send):
            eventually(lambda: self.cell.hurry_mails() or operation.delivered(), 60)
        operation.check(self, answer)
        for replica in self.cell.running():
            eventually(lambda replica=replica: replica.health() == SERVING, 10)

    def run_case(self, operation, gate: Gate, fault) -> None:
        with fault(gate):
            self.ask_during_the_fault(operation)
            if isinstance(operation, Send):
                time.sleep(1.5)  # of which its mail has one to be tried
        gate.pass_all()
        self.judge(operation)

    def test_every_fault_at_every_place(self):
        for row, (place, operation) in enumerate(PLACES.items()):
            for column, (name, fault) in enumerate(FAULTS.items()):
                # The quick selection: each fault at two places, each place with two faults.
                if not LONG and (row - column) % 5:
                    continue
                with self.subTest(place=" to ".join(place), fault=name):
                    self.run_case(operation(), self.gates[place], fault)

    def test_the_answer_to_a_commit_is_lost(self):
        for kind in (Update, Hold, Draft, Create):
            service = "customer" if kind is Create else next(source for source, _ in PLACES if PLACES[source, _] is kind)
            gate = self.gates[service, "postgres"]
            for _ in range(5 if LONG else 1):
                with self.subTest(kind=kind.__name__):
                    operation, lost = kind(), gate.lost_answers
                    gate.lose_next_answer_to(b"\0" + STATEMENTS[kind].encode() + b"\0")
                    # Its record tells the service that it happened: the caller notices nothing.
                    operation.ask(operation.seconds + 3)
                    self.assertEqual(gate.lost_answers, lost + 1)
                    self.judge(operation)

    def test_the_answer_to_a_mail_is_lost(self):
        gate = self.gates["invitation", "mail"]
        operation, lost = Send(), gate.lost_answers
        operation.mails = 2
        gate.lose_next_answer_to(MAIL_HEAD)
        operation.ask(5)
        eventually(lambda: gate.lost_answers > lost)
        self.judge(operation)

    def test_the_answer_of_a_peer_is_lost(self):
        """Whatever was asked on the connection that is cut when the peer has answered."""
        for place, kind in list(PLACES.items())[:5]:
            for _ in range(5 if LONG else 1):
                with self.subTest(place=" to ".join(place)):
                    operation, gate = kind(), self.gates[place]
                    lost = gate.lost_answers
                    gate.lose_next_answer_to(APPLICATION_DATA)
                    insist(lambda: operation.ask(operation.seconds + 3))
                    self.assertEqual(gate.lost_answers, lost + 1)
                    self.judge(operation)


if __name__ == "__main__":
    unittest.main()
