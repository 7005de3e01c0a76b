"""Transactions that take their id early and write late, as a slow writer's do, beside the services' own.

A reader that polls from position to position, at either replica, sees every event once and in the order of its
subject's revisions; the feed waits for a transaction that stays open, answers in time meanwhile, and loses nothing.
"""

import pathlib
import sys
import threading
import time
import unittest
import uuid

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "lib"))

from chance import LONG  # noqa: E402
from partner import CUSTOMERS, INVITATIONS, Partner, key, relationship_of  # noqa: E402
from schedule import RaceTest, ask, by, new_request  # noqa: E402
from suite import eventually, split  # noqa: E402
from told import EVENTS, events_after, feed_end  # noqa: E402

SERVICES = ("customer", "relationship", "invitation")
SECONDS = 60 if LONG else 8
STALL_SECONDS = 20 if LONG else 3
ANSWERED_WITHIN = 5  # the deadline of a call that sets none is shorter; this allows for a busy machine


def late_event(partner: str, subject: str, revision: int) -> str:
    return ("INSERT INTO outbox (id, type, subject, partner, generation, revision, after, changed_fields, request_id, "
            f"trace_id, actor, create_time) VALUES ('{uuid.uuid4()}', 'late.written', '{subject}', '{partner}', 0, "
            f"{revision}, '', '{{}}', '', '', 'test', now());")  # fmt: skip


class Reader:
    """Follows a partner's events, each page at a replica that chance names, until it is told that no more come."""

    def __init__(self, schedule, partner, service: str):
        self._schedule, self._partner, self._service = schedule, partner, service
        self._chances = schedule.stream(f"reader of {service}")
        self.position, self.events, self.slowest = feed_end(partner, service), [], 0.0
        self._last = threading.Event()
        self._future = schedule.begin(lambda _: self._follow())[0]

    def page(self, wait_seconds: int = 0):
        at, asked = self._chances.choice(self._schedule.places), time.monotonic()
        page = at.call(EVENTS, {"parent": self._partner.name, "after_position": self.position,
                                "wait_seconds": wait_seconds, "page_size": self._chances.randint(1, 20)},
                       service=self._service, token=self._partner.token)  # fmt: skip
        self.slowest = max(self.slowest, time.monotonic() - asked)
        self.position = page.position
        self.events += page.events
        return page

    def _follow(self) -> None:
        while not self._last.is_set():
            self.page(wait_seconds=1)

    def stop(self) -> None:
        self._last.set()

    def finish(self) -> list:
        self._future.result(30)
        eventually(lambda: self.page().at_end)
        return self.events


class LateWriterTest(RaceTest):
    def setUp(self):
        self.partner = Partner()
        self.customer = self.partner.create().name
        self.ends = {service: feed_end(self.partner, service) for service in SERVICES}
        after = {service: {event.id for event in events_after(self.partner, service, end)}
                 for service, end in self.ends.items()}  # fmt: skip
        self.before = {service: {event.id for event in events_after(self.partner, service)} - after[service]
                       for service in SERVICES}  # fmt: skip
        self.readers = {service: Reader(self.schedule, self.partner, service) for service in SERVICES}

    def writes(self) -> list:
        """What has an event in each service's feed."""
        hold = {"name": f"{relationship_of(self.customer)}/terminationHolds/h1", "kind": "HOLD_KIND_BILLING",
                "description": "Owes money."}  # fmt: skip
        return [
            by(self.partner, f"{CUSTOMERS}/CreateCustomer", new_request(self.partner)),
            by(self.partner, f"{CUSTOMERS}/UpdateCustomer", {"update_mask": "companyName", "request_id": key(),
               "customer": {"name": self.customer, "company_name": f"Contoso {time.monotonic()}"}}),
            ask("relationship.v1.TerminationHoldService/UpsertTerminationHold",
                {"termination_hold": hold, "request_id": key()}, certificate="billing"),
            by(self.partner, f"{INVITATIONS}/CreateInvitation", {"parent": self.partner.name, "request_id": key(),
               "invitation": {"kind": "INVITATION_KIND_RESELLER", "target": {"email": "ann@contoso.example"}}}),
        ]  # fmt: skip

    def check_readers(self, late: dict) -> None:
        for reader in self.readers.values():
            reader.stop()
        for service, reader in self.readers.items():
            seen = reader.finish()
            at_once = events_after(self.partner, service, self.ends[service])
            self.assertEqual([event.id for event in seen], [event.id for event in at_once], service)
            self.assertEqual(len({event.id for event in seen}), len(seen), service)
            last = {}
            for event in seen:
                place = event.generation, event.revision
                self.assertLess(last.get(event.subject, (-1, 0)), place, event.subject)
                last[event.subject] = place
            self.assertEqual(self.missed(service, seen), [], service)
            for subject, count in late.get(service, {}).items():
                found = [event.revision for event in seen if event.subject == subject]
                self.assertEqual(found, list(range(1, count + 1)), subject)
            self.assertLess(reader.slowest, ANSWERED_WITHIN)

    def missed(self, service: str, seen: list) -> list:
        """What the outbox holds of this partner beside what was told before the readers began."""
        stored = self.cell.postgres.sql(f"SELECT id FROM outbox WHERE partner = '{self.partner.name}'", service)
        return sorted({row[0] for row in stored} - self.before[service] - {event.id for event in seen})

    def test_late_writers_are_neither_missed_nor_told_twice(self):
        late, until = {service: {} for service in SERVICES}, time.monotonic() + SECONDS
        random = self.schedule.random
        while time.monotonic() < until:
            service = random.choice(SERVICES)
            subject, count = f"late/{uuid.uuid4()}", random.randint(1, 3)
            with self.schedule.holding(service, "SELECT pg_current_xact_id()") as writer:
                before = self.race(*random.sample(self.writes(), 2))
                time.sleep(random.uniform(0, 0.2))
                for revision in range(1, count + 1):
                    writer.rows(late_event(self.partner.name, subject, revision))
                during = self.race(*random.sample(self.writes(), 2))
                if random.random() < 0.8:
                    writer.commit()
                    late[service][subject] = count
                else:
                    late[service][subject] = 0
            self.assertEqual(split(before + during)[1], [])
        self.check_readers(late)

    def test_the_feed_waits_for_an_open_transaction_and_loses_nothing(self):
        with self.schedule.holding("relationship", "SELECT pg_current_xact_id()") as writer:
            time.sleep(0.5)  # whatever was committed before has been told
            told = {service: len(reader.events) for service, reader in self.readers.items()}
            until, made = time.monotonic() + STALL_SECONDS, 0
            while time.monotonic() < until:
                _, errors = split(self.race(*self.writes()))
                self.assertEqual(errors, [])
                made += 1
                time.sleep(0.2)
            for service, reader in self.readers.items():
                self.assertEqual(len(reader.events), told[service], f"{service} told what may come in another order")
                self.assertLess(reader.slowest, ANSWERED_WITHIN)
                self.assertEqual(events_after(self.partner, service, self.readers[service].position), [])
            writer.rows(late_event(self.partner.name, "late/one", 1))
            writer.commit()
        self.assertEqual(len(self.customers(self.partner)), made + 1)
        eventually(lambda: any(event.subject == "late/one" for event in self.readers["relationship"].events))
        self.assertEqual(self.readers["relationship"].events[told["relationship"]].subject, "late/one")
        self.check_readers({"relationship": {"late/one": 1}})


if __name__ == "__main__":
    unittest.main()
