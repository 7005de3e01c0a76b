"""The end of a relationship beside everything else that happens to the pair, at two replicas of each service.

Whatever the order: nothing ends under a hold; relationship, account, lists and events agree; and an invitation that
waits to be accepted while the pair ends is cancelled with it, or accepted once more.
"""

import pathlib
import sys
import unittest
import uuid

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "lib"))

from partner import (  # noqa: E402
    CUSTOMERS, HOLDS, INVITATIONS, RELATIONSHIPS, Partner, acceptance, key, relationship_of,
)  # fmt: skip
from schedule import ROUNDS, RaceTest, ask, by, reasons, split  # noqa: E402
from suite import CallError, eventually, unique  # noqa: E402

ACTIVE, TERMINATED = 1, 3
ACCEPTED, CANCELLED = 4, 6
NOT_ACTIVE = {"RELATIONSHIP_TERMINATING", "RELATIONSHIP_TERMINATED"}


def row_of(relationship: str) -> tuple:
    """Everybody who has loaded the relationship waits to change it."""
    _, partner, _, customer = relationship.split("/")
    return ("relationship", "SELECT FROM customer_relationship "
                            f"WHERE partner = '{partner}' AND customer = '{customer}' FOR UPDATE")  # fmt: skip


def terminate(partner, relationship: str, **fields):
    return by(partner, f"{RELATIONSHIPS}/TerminateCustomerRelationship",
              {"name": relationship, "request_id": key(), **fields})  # fmt: skip


def upsert(hold: str, description: str = "Owes money."):
    return ask(f"{HOLDS}/UpsertTerminationHold", {"request_id": key(), "termination_hold": {
        "name": hold, "kind": "HOLD_KIND_BILLING", "description": description}}, certificate="billing")  # fmt: skip


def delete(hold: str):
    return ask(f"{HOLDS}/DeleteTerminationHold", {"name": hold, "request_id": key()}, certificate="billing")


class Pair:
    """A partner, and a customer that has accepted one invitation of two to its domain."""

    def __init__(self, schedule):
        self.at, self.partner = schedule.places[0], Partner()
        self.domain = f"contoso-{unique()}.example"
        self.tenant = str(uuid.uuid4())
        links = [self.partner.invite(f"{name}@{self.domain}").accept_uri for name in ("ann", "bob")]
        tokens = [link.rpartition("token=")[2] for link in links]
        accepted = self.accept("ann", tokens[0])(self.at)
        self.partner.seen, self.relationship = accepted.consistency, accepted.customer_relationship
        self.customer = self.relationship.replace("/customerRelationships/", "/customers/")
        self.accept_other = self.accept("bob", tokens[1])

    def accept(self, name: str, token: str):
        admin = self.at.customer(self.tenant, f"{name}@{self.domain}", "global_admin")
        return ask(f"{INVITATIONS}/AcceptInvitation", acceptance(token), token=admin)


class RelationshipRaceTest(RaceTest):
    def check(self, partner, relationship: str) -> tuple:
        """State and generation of the relationship, told the same by every view of both services."""
        how = {"token": partner.token, "consistency": partner.seen}
        got = self.schedule.everywhere(f"{RELATIONSHIPS}/GetCustomerRelationship", {"name": relationship}, **how)
        customer = relationship.replace("/customerRelationships/", "/customers/")
        read = lambda: self.schedule.everywhere(f"{CUSTOMERS}/GetCustomer", {"name": customer}, **how)  # noqa: E731
        eventually(lambda: (read().relationship.state, read().relationship.generation) == (got.state, got.generation))
        self.assertEqual(read().state, 1 if got.state == ACTIVE else 2)
        self.assertEqual(self.customers(partner), [customer] if got.state == ACTIVE else [])
        holds = self.schedule.everywhere(f"{HOLDS}/ListTerminationHolds", {"parent": relationship}, **how)
        self.assertEqual(len(holds.termination_holds), got.termination_hold_count)
        if got.state != ACTIVE:
            self.assertEqual(got.termination_hold_count, 0)
        types = self.types(partner, "relationship", relationship)
        ends = got.generation - (got.state == ACTIVE)
        self.assertEqual(types.count("relationship.activated"), got.generation)
        self.assertEqual([types.count(f"relationship.{word}") for word in ("terminating", "terminated")], [ends, ends])
        return got.state, got.generation

    def invitations(self, partner) -> list:
        """Their states, told the same by both replicas; none is being accepted any more."""
        self.cell.settle()
        listed = self.schedule.everywhere(f"{INVITATIONS}/ListInvitations", {"parent": partner.name},
                                          token=partner.token)  # fmt: skip
        return sorted(one.state for one in listed.invitations)

    def test_no_relationship_ends_under_a_hold(self):
        for number in range(ROUNDS):
            partner = Partner()
            relationship = relationship_of(partner.create().name)
            names = [f"{relationship}/terminationHolds/h{n}" for n in range(2)]
            ended, *held = self.race(terminate(partner, relationship), *map(upsert, names),
                                     hold=row_of(relationship) if number % 2 else ())  # fmt: skip
            kept, refused = split(held)
            state, _ = self.check(partner, relationship)
            if isinstance(ended, CallError):
                self.assertEqual((ended.reason, state), ("TERMINATION_HOLDS", ACTIVE))
                self.assertEqual(refused, [])
            else:
                self.assertEqual((ended.state, state, kept), (TERMINATED, TERMINATED, []))
                self.assertLessEqual(reasons(refused), NOT_ACTIVE)

    def test_a_relationship_ends_once(self):
        for number in range(ROUNDS):
            partner = Partner()
            relationship = relationship_of(partner.create().name)
            same = key()
            calls = [terminate(partner, relationship), terminate(partner, relationship),
                     *[terminate(partner, relationship, request_id=same) for _ in range(2)]]  # fmt: skip
            outcomes = self.race(*calls, hold=row_of(relationship) if number % 2 else ())
            ended, refused = split(outcomes)
            self.assertEqual({answer.state for answer in ended}, {TERMINATED})
            twins = sum(not isinstance(outcome, CallError) for outcome in outcomes[2:])
            self.assertIn((len(ended), twins), ((1, 0), (2, 2)), outcomes)
            self.assertEqual(reasons(refused), {"ALREADY_IN_STATE"})
            self.assertEqual(self.check(partner, relationship), (TERMINATED, 1))

    def test_a_hold_is_set_and_deleted(self):
        for number in range(ROUNDS):
            partner = Partner()
            relationship = relationship_of(partner.create().name)
            name = f"{relationship}/terminationHolds/h1"
            upsert(name)(self.schedule.places[0])
            calls = [upsert(name, f"Owes {n}.") for n in range(2)] + [delete(name), delete(name)]
            outcomes = self.race(*calls, hold=row_of(relationship) if number % 2 else ())
            self.assertLessEqual(reasons(split(outcomes)[1]), {"TERMINATION_HOLD_NOT_FOUND"})
            self.assertEqual(split(outcomes[:2])[1], [])
            self.assertEqual(self.check(partner, relationship), (ACTIVE, 1))
            sets = [event.type for event in self.told(partner, "relationship", name)]
            deleted = len(split(outcomes[2:])[0])
            self.assertEqual(sets.count("hold.deleted"), deleted)
            got = self.schedule.everywhere(f"{RELATIONSHIPS}/GetCustomerRelationship", {"name": relationship},
                                           token=partner.token)  # fmt: skip
            self.assertEqual(got.termination_hold_count, 0 if sets[-1] == "hold.deleted" else 1)
            if got.termination_hold_count:
                delete(name)(self.schedule.places[0])
            self.assertEqual(terminate(partner, relationship)(self.schedule.places[1]).state, TERMINATED)

    def test_the_end_beside_another_acceptance(self):
        for number in range(ROUNDS):
            pair = Pair(self.schedule)
            hold = row_of(pair.relationship) if number % 2 else ()
            ended, accepted = self.race(terminate(pair.partner, pair.relationship), pair.accept_other,
                                        hold=hold, waiting=1)  # fmt: skip
            self.assertNotIsInstance(ended, CallError)
            states = self.invitations(pair.partner)
            pair.partner.seen = getattr(accepted, "consistency", "") or ended.consistency
            state = self.check(pair.partner, pair.relationship)
            if isinstance(accepted, CallError):
                self.assertIn(accepted.reason, ("INVITATION_USED", *NOT_ACTIVE))
                self.assertEqual((state, states), ((TERMINATED, 1), [ACCEPTED, CANCELLED]))
            else:
                self.assertIn(state, ((TERMINATED, 1), (ACTIVE, 2)))
                self.assertEqual(states, [ACCEPTED, ACCEPTED])


if __name__ == "__main__":
    unittest.main()
