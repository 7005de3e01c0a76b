"""The checker of histories itself, on histories made by hand: a good one passes, and every kind of bad one is found."""

import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "lib"))

import checker  # noqa: E402
from history import (  # noqa: E402
    ACTIVE, ENDED, FAIL, NEVER, OK, TERMINATED, TERMINATING, UNKNOWN, Attempt, Event, History, Write,
)  # fmt: skip

CUSTOMER, RELATIONSHIP = "partners/p/customers/c", "partners/p/customerRelationships/c"
HOLDS = f"{RELATIONSHIP}/terminationHolds"
HOLD = f"{HOLDS}/h1"


class Story:
    """A history that grows: a customer is created from 0 to 1, as revision 2."""

    def __init__(self):
        self.history = History()
        self.feed = []
        self.write("create", 0, 1, value=("a", ACTIVE), domain="d.example")
        self.event("customer.created", CUSTOMER, 2, "create", ("a", ACTIVE))
        self.event("relationship.activated", RELATIONSHIP, 1, "create", ACTIVE)

    def write(self, kind, called, answered=NEVER, outcome=OK, request="", **what) -> Write:
        attempts = [Attempt(called, answered, outcome)]
        return self.history.write(Write(kind, request or kind, attempts=attempts, **what))

    def event(self, type, subject, revision, request, value=None) -> Event:
        self.feed.append(Event(f"e{len(self.feed)}", type, subject, revision, request, value))
        return self.feed[-1]

    def update(self, name, revision, called, answered=NEVER, outcome=OK, etag=0) -> Write:
        self.event("customer.updated", CUSTOMER, revision, name, (name, ACTIVE))
        return self.write("update", called, answered, outcome, name, subject=CUSTOMER, value=(name, ACTIVE), etag=etag)

    def read(self, called, answered, revision, name) -> None:
        self.history.see_state(CUSTOMER, called, answered, revision, (name, ACTIVE))

    def hold(self, revision, called, answered) -> None:
        self.write("hold", called, answered, subject=HOLD, value="Owes.")
        self.event("hold.created", HOLD, revision, "hold", "Owes.")

    def release(self, revision, called, answered) -> None:
        self.write("release", called, answered, subject=HOLD)
        self.event("hold.deleted", HOLD, revision, "release")

    def terminate(self, called, answered) -> None:
        self.write("terminate", called, answered, subject=RELATIONSHIP, value=TERMINATING)
        self.event("relationship.terminating", RELATIONSHIP, 2, "terminate", TERMINATING)
        self.event("customer.ended", CUSTOMER, 3, "terminate", ("a", ENDED))
        self.event("relationship.terminated", RELATIONSHIP, 3, "terminate", TERMINATED)

    def kinds(self, polled=()) -> set:
        self.history.whole, self.history.polled = {"any": self.feed}, {"any": polled or self.feed}
        judge = checker.Checker(self.history)
        judge.check()
        return judge.kinds()


class CheckerTest(unittest.TestCase):
    def setUp(self):
        self.story = Story()

    def found(self, *kinds, **how):
        self.assertEqual(self.story.kinds(**how), set(kinds))

    # What is good ----------------------------------------------------------------------------------------------------

    def test_a_replaced_etag(self):
        self.story.update("b", 3, 2, 3, etag=2)
        self.story.read(4, 5, 3, "b")
        self.found()

    def test_one_after_the_other(self):
        self.story.read(4, 5, 2, "a")
        self.story.hold(1, 6, 7)
        self.story.release(2, 8, 9)
        self.story.terminate(10, 11)
        self.found()

    def test_writes_at_once_in_either_order(self):
        self.story.update("c", 3, 3, 8)
        self.story.update("b", 4, 2, 9)
        self.story.read(2, 9, 2, "a")
        self.story.read(4, 5, 3, "c")
        self.found()

    def test_a_doubt_that_happens_late_or_never(self):
        self.story.update("b", 3, 2, 3, UNKNOWN)
        self.story.read(4, 5, 2, "a")
        self.story.read(6, 7, 3, "b")
        self.story.write("update", 8, 9, UNKNOWN, "c", subject=CUSTOMER, value=("c", ACTIVE))
        self.found()

    def test_a_repeat_is_answered_what_stands_by_then(self):
        written = self.story.update("b", 3, 2, 3, UNKNOWN)
        self.story.update("c", 4, 4, 5)
        written.attempts.append(Attempt(6, 7, OK))
        self.story.read(6, 7, 4, "c")
        self.found()

    def test_a_true_mismatch_and_a_true_refusal(self):
        self.story.update("b", 3, 2, 5)
        self.story.history.see_later(CUSTOMER, 3, 4, 2)
        self.story.hold(1, 6, 9)
        self.story.release(2, 8, 12)
        self.story.history.see(HOLDS, 10, 11, bool, "held")
        self.found()

    def test_refused_writes_leave_nothing(self):
        self.story.write("update", 2, 3, FAIL, "b", subject=CUSTOMER, value=("b", ACTIVE), etag=1)
        self.story.write("create", 2, 3, FAIL, "second", domain="d.example")
        self.found()

    # What is bad -----------------------------------------------------------------------------------------------------

    def test_lost(self):
        self.story.write("update", 2, 3, request="b", subject=CUSTOMER, value=("b", ACTIVE))
        self.found(checker.LOST)

    def test_twice(self):
        self.story.update("b", 3, 2, 3)
        self.story.event("customer.updated", CUSTOMER, 4, "b", ("b", ACTIVE))
        self.found(checker.TWICE)

    def test_two_resources_for_one_request(self):
        for resource in ("c", "other"):
            self.story.history.writes[0].attempts.append(Attempt(0, 1, OK, f"partners/p/customers/{resource}"))
        self.found(checker.TWICE)

    def test_done_although_refused(self):
        self.story.update("b", 3, 2, 3, FAIL)
        self.found(checker.GHOST)

    def test_done_for_nobody(self):
        self.story.event("customer.updated", CUSTOMER, 3, "nobody", ("b", ACTIVE))
        self.found(checker.GHOST)

    def test_done_in_part(self):
        self.story.write("terminate", 2, 3, UNKNOWN, subject=RELATIONSHIP, value=TERMINATING)
        self.story.event("relationship.terminating", RELATIONSHIP, 2, "terminate", TERMINATING)
        self.found(checker.PARTIAL)

    def test_another_value(self):
        self.story.update("b", 3, 2, 3).value = ("c", ACTIVE)
        self.found(checker.VALUE)

    def test_other_fields_named(self):
        self.story.update("b", 3, 2, 3).changed = ("company_name",)
        self.found(checker.VALUE)

    def test_another_revision_replaced(self):
        self.story.update("b", 3, 2, 5)
        self.story.update("c", 4, 2, 5, etag=2)
        self.found(checker.COMPARE)

    def test_a_gap_or_a_revision_twice(self):
        for name in ("b", "c"):
            self.story.update(name, 4, 2, 5)
            self.found(checker.ORDER)

    def test_events_out_of_order(self):
        self.story.update("b", 3, 2, 5)
        self.story.update("c", 4, 2, 5)
        self.found()
        self.found(checker.ORDER, polled=sorted(self.story.feed, key=lambda event: -event.revision))

    def test_an_acknowledged_write_is_not_read(self):
        self.story.update("b", 3, 2, 3)
        self.story.read(4, 5, 2, "a")
        self.found(checker.TIME)

    def test_a_write_is_read_before_it_was_asked_for(self):
        self.story.read(2, 3, 3, "b")
        self.story.update("b", 3, 4, 5)
        self.found(checker.TIME)

    def test_a_read_goes_back(self):
        self.story.update("b", 3, 2, 9)
        self.story.read(3, 4, 3, "b")
        self.story.read(5, 6, 2, "a")
        self.found(checker.TIME)

    def test_writes_took_effect_in_the_wrong_order(self):
        self.story.update("b", 3, 4, 5)
        self.story.update("c", 4, 2, 3)
        self.found(checker.TIME)

    def test_a_value_that_never_was(self):
        self.story.read(2, 3, 2, "b")
        self.found(checker.TIME)

    def test_a_list_without_an_acknowledged_customer(self):
        self.story.history.see_absent(CUSTOMER, 2, 3)
        self.found(checker.TIME)

    def test_a_mismatch_of_the_current_etag(self):
        self.story.history.see_later(CUSTOMER, 2, 3, 2)
        self.story.update("b", 3, 4, 5)
        self.found(checker.TIME)

    def test_refused_for_a_hold_that_did_not_stand(self):
        self.story.hold(1, 2, 3)
        self.story.release(2, 4, 5)
        self.story.write("hold", 8, 9, request="again", subject=HOLD, value="Owes.")
        self.story.event("hold.created", HOLD, 3, "again", "Owes.")
        self.story.history.see(HOLDS, 6, 7, bool, "held")
        self.found(checker.TIME)

    def test_an_event_that_the_reader_missed(self):
        self.story.update("b", 3, 2, 3)
        self.found(checker.FEED, polled=self.story.feed[:-1])

    def test_an_event_that_only_the_reader_got(self):
        polled = [*self.story.feed, Event("x", "customer.updated", CUSTOMER, 3, "create")]
        self.found(checker.FEED, polled=polled)

    def test_a_domain_given_twice(self):
        self.story.write("create", 2, 3, request="second", value=("b", ACTIVE), domain="d.example")
        self.story.event("customer.created", "partners/p/customers/d", 2, "second", ("b", ACTIVE))
        self.story.event("relationship.activated", "partners/p/customerRelationships/d", 1, "second", ACTIVE)
        self.found(checker.DOMAIN)

    def test_a_free_domain_refused(self):
        self.story.write("create", 2, 3, FAIL, "second", domain="free.example")
        self.found(checker.DOMAIN)

    def test_an_end_under_a_hold(self):
        self.story.hold(1, 2, 3)
        self.story.terminate(4, 5)
        self.found(checker.HOLD)

    def test_an_end_under_a_hold_that_was_removed_later(self):
        self.story.hold(1, 2, 3)
        self.story.terminate(4, 5)
        self.story.release(2, 6, 7)
        self.found(checker.HOLD)

    def test_a_copy_behind_what_was_seen(self):
        self.story.history.copy(RELATIONSHIP, ACTIVE, TERMINATED)
        self.found(checker.STALE)


if __name__ == "__main__":
    unittest.main()
