"""The end of a relationship beside everything else that happens to the pair, at two replicas of each service.

Whatever the order: nothing ends under a hold; relationship, account, lists and events agree; and no invitation of an
ended pair stays open, not even one that was being accepted while the pair ended.
"""

import pathlib
import sys
import unittest
import uuid

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "lib"))

from partner import (  # noqa: E402
    CUSTOMERS, HOLDS, INVITATIONS, RELATIONSHIPS, Partner, acceptance, key, relationship_of,
)  # fmt: skip
from schedule import ROUNDS, RaceTest, ask, by, reasons  # noqa: E402
from suite import CallError, eventually, split, unique  # noqa: E402

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
            # Before the end or after it; never so that the pair stands again by a link from before its end.
            self.assertEqual(state, (TERMINATED, 1))
            if isinstance(accepted, CallError):
                self.assertIn(accepted.reason, ("INVITATION_USED", *NOT_ACTIVE))
                self.assertEqual(states, [ACCEPTED, CANCELLED])
            else:
                self.assertEqual(states, [ACCEPTED, ACCEPTED])

    def test_an_acceptance_beside_the_end_leaves_no_open_invitation(self):
        for _ in range(max(1, ROUNDS // 3)):
            pair = Pair(self.schedule)
            # It has not been asked yet whether the relationship may stand when its end begins.
            with self.schedule.holding("relationship", "LOCK TABLE partner IN ACCESS EXCLUSIVE MODE") as holder:
                (accepting,) = self.schedule.begin(pair.accept_other)
                eventually(holder.waiting, 8)
                (ending,) = self.schedule.begin(terminate(pair.partner, pair.relationship))
                eventually(lambda: self.progress(pair).last_error == "INVITATION_BEING_ACCEPTED", 8)
                holder.commit()
            ended = ending.result(20)
            self.assertEqual(ended.state, TERMINATED)
            self.assertEqual(accepting.result(20).reason, "RELATIONSHIP_TERMINATING")
            pair.partner.seen = ended.consistency
            self.assertEqual(self.check(pair.partner, pair.relationship), (TERMINATED, 1))
            self.assertEqual(self.invitations(pair.partner), [ACCEPTED, CANCELLED])

    def progress(self, pair):
        return pair.at.call(f"{RELATIONSHIPS}/GetCustomerRelationship", {"name": pair.relationship},
                            token=pair.partner.token).progress  # fmt: skip

    def test_an_acceptance_that_is_taken_back_beside_the_end_leaves_no_open_invitation(self):
        partner, at = Partner(), self.schedule.places[0]
        domain = f"contoso-{unique()}.example"
        token = partner.invite(f"ann@{domain}").accept_uri.rpartition("token=")[2]
        admin = at.customer(str(uuid.uuid4()), f"ann@{domain}", "global_admin")
        with self.schedule.holding("relationship", "LOCK TABLE partner IN ACCESS EXCLUSIVE MODE") as before:
            (accepting,) = self.schedule.begin(ask(f"{INVITATIONS}/AcceptInvitation", acceptance(token), token=admin))
            eventually(before.waiting, 8)
            # The relationship comes to stand, the account does not: its organisation is gone before it is asked for.
            with self.schedule.holding("customer", "LOCK TABLE organization IN ACCESS EXCLUSIVE MODE") as after:
                before.commit()
                listed = eventually(lambda: at.call(f"{RELATIONSHIPS}/ListCustomerRelationships",
                                    {"parent": partner.name}, token=partner.token).customer_relationships)  # fmt: skip
                (ending,) = self.schedule.begin(terminate(partner, listed[0].name))
                eventually(lambda: after.waiting() == 2, 8)
                organization = listed[0].name.rpartition("/")[2]
                after.rows(f"DELETE FROM organization WHERE id = '{organization}';"
                           f"DELETE FROM organization_domain WHERE domain = '{domain}';"
                           f"DELETE FROM organization_tenant WHERE organization = '{organization}';")  # fmt: skip
                after.commit()
        self.assertEqual(ending.result(20).state, TERMINATED)
        self.assertEqual(accepting.result(20).reason, "ORGANIZATION_NOT_FOUND")
        self.assertEqual(self.customers(partner), [])
        self.assertEqual(self.invitations(partner), [CANCELLED])


if __name__ == "__main__":
    unittest.main()
