"""What happened between clients and a cell, in plain values: operations with the times of their calls and answers, what
the answers said, and the feeds' events. The checker (checker.py) judges it.

Times are seconds of one clock. A name of a chain is a resource's; the holds of a relationship are one chain,
`<relationship>/terminationHolds`, since their revisions are dense together.
"""

import collections
import dataclasses
import math
import threading

OK, FAIL, UNKNOWN = "ok", "fail", "unknown"
ACTIVE, TERMINATING, TERMINATED = 1, 2, 3  # of a relationship
ENDED = 2  # of an account
NEVER = math.inf


@dataclasses.dataclass
class Attempt:
    """One call. FAIL: refused for good, it changed nothing. UNKNOWN: it may happen, at any time after its call."""

    called: float
    answered: float = NEVER
    outcome: str = UNKNOWN
    resource: str = ""  # that an OK names


@dataclasses.dataclass
class Write:
    """One request_id, sent once or more often."""

    kind: str  # create, update, hold, release, terminate, draft
    request_id: str
    subject: str = ""  # what it changes; empty for what it makes
    value: object = None  # what its event must tell
    etag: int = 0  # the revision that it wants to change; 0: any
    changed: tuple = ()  # fields that its event must name; empty: whatever it names
    domain: str = ""  # of a new customer
    attempts: list = dataclasses.field(default_factory=list)

    def may_have_happened(self) -> bool:
        return any(each.outcome != FAIL for each in self.attempts)

    def acknowledged(self) -> bool:
        return any(each.outcome == OK for each in self.attempts)

    def earliest(self) -> float:
        return min((each.called for each in self.attempts if each.outcome != FAIL), default=NEVER)

    def latest(self) -> float:
        return min((each.answered for each in self.attempts if each.outcome == OK), default=NEVER)


@dataclasses.dataclass
class Event:
    """value: (name, state) of an account, the state of a relationship, the description of a hold, None once removed."""

    id: str
    type: str
    subject: str
    revision: int
    request_id: str
    value: object = None
    changed: tuple = ()
    generation: int = 1

    @property
    def chain(self) -> str:
        head, holds, _ = self.subject.partition("/terminationHolds")
        return head + holds


@dataclasses.dataclass
class Seen:
    """An answer that was true of a chain at some time between call and answer. `fits` judges a state of the chain:
    (revision, value) of a resource, None before it was made; {hold: (revision, description)} of holds."""

    chain: str
    called: float
    answered: float
    fits: object
    text: str


@dataclasses.dataclass
class Copied:
    """The state of a relationship in another service's copy, and the one that its reader had seen before."""

    relationship: str
    state: int
    known: int


class History:
    """Filled by several threads."""

    def __init__(self):
        self.writes, self.seen, self.copied = [], [], []
        # Events by service: as a reader got them meanwhile, and as they stand in the end.
        self.polled, self.whole = {}, {}
        self.count = collections.Counter()  # of outcomes, by operation
        self._lock = threading.Lock()

    def write(self, write: Write) -> Write:
        with self._lock:
            self.writes.append(write)
        return write

    def attempt(self, write: Write, called: float) -> Attempt:
        attempt = Attempt(called)
        with self._lock:
            write.attempts.append(attempt)
        return attempt

    def note(self, operation: str, outcome: str) -> None:
        with self._lock:
            self.count[operation, outcome] += 1

    def see(self, chain: str, called: float, answered: float, fits, text: str) -> None:
        with self._lock:
            self.seen.append(Seen(chain, called, answered, fits, text))

    def see_state(self, chain: str, called: float, answered: float, revision: int, value) -> None:
        self.see(chain, called, answered, lambda state: state == (revision, value), f"{value} at revision {revision}")

    def see_absent(self, chain: str, called: float, answered: float) -> None:
        self.see(chain, called, answered, lambda state: state is None, "absent")

    def see_later(self, chain: str, called: float, answered: float, revision: int) -> None:
        """The etag of a revision that the caller had seen was not the current one any more."""
        self.see(chain, called, answered, lambda state: state is not None and state[0] > revision, f"past {revision}")

    def copy(self, relationship: str, state: int, known: int) -> None:
        with self._lock:
            self.copied.append(Copied(relationship, state, known))
