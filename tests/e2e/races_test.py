"""Several callers at once: of those who want the same thing one gets it, and the others are told so."""

import concurrent.futures
import pathlib
import sys
import unittest
import uuid

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "lib"))

from partner import (  # noqa: E402
    CUSTOMERS, HOLDS, INVITATIONS, RELATIONSHIPS, Partner, acceptance, key, mailed_token, relationship_of, suite,
)  # fmt: skip
from suite import CallError, new_customer, split, unique  # noqa: E402

ROUNDS = 5


def at_once(*calls) -> list:
    """Runs calls side by side; each answer is a message or a CallError."""

    def run(call):
        try:
            return call()
        except CallError as error:
            return error

    with concurrent.futures.ThreadPoolExecutor(len(calls)) as pool:
        return [future.result(30) for future in [pool.submit(run, call) for call in calls]]


class RaceTest(unittest.TestCase):
    def test_one_domain_goes_to_one_partner(self):
        for _ in range(ROUNDS):
            partners = [Partner() for _ in range(3)]
            domain = f"contoso-{unique()}.example"
            won, lost = split(at_once(*[
                lambda p=p: suite.call(f"{CUSTOMERS}/CreateCustomer", {
                    "parent": p.name, "customer": new_customer(primary_domain=domain), "request_id": key()}, token=p.token)
                for p in partners
            ]))  # fmt: skip
            self.assertEqual(len(won), 1)
            self.assertEqual({(error.code, error.reason) for error in lost}, {("ALREADY_EXISTS", "DOMAIN_TAKEN")})

    def test_one_request_id_has_one_effect(self):
        partner = Partner()
        for _ in range(ROUNDS):
            before = len(partner.list(page_size=1000).customers)
            request = {"parent": partner.name, "customer": new_customer(), "request_id": key()}
            answers, errors = split(at_once(*[
                lambda: suite.call(f"{CUSTOMERS}/CreateCustomer", request, token=partner.token) for _ in range(6)
            ]))  # fmt: skip
            self.assertEqual(errors, [])
            self.assertEqual(len({answer.name for answer in answers}), 1)
            self.assertEqual(len(partner.list(page_size=1000).customers), before + 1)

    def test_one_request_id_with_two_bodies_has_one_effect(self):
        partner = Partner()
        for _ in range(ROUNDS):
            request_id = key()
            won, lost = split(at_once(*[
                lambda: suite.call(f"{CUSTOMERS}/CreateCustomer", {
                    "parent": partner.name, "customer": new_customer(), "request_id": request_id}, token=partner.token)
                for _ in range(4)
            ]))  # fmt: skip
            self.assertEqual(len(won), 1)
            self.assertEqual({error.reason for error in lost}, {"REQUEST_ID_REUSED"})

    def test_of_updates_with_one_etag_one_wins(self):
        partner = Partner()
        for _ in range(ROUNDS):
            made = partner.create()
            won, lost = split(at_once(*[
                lambda n=n: suite.call(f"{CUSTOMERS}/UpdateCustomer", {
                    "customer": {"name": made.name, "etag": made.etag, "company_name": f"Contoso {n}"},
                    "update_mask": "companyName"}, token=partner.token)
                for n in range(4)
            ]))  # fmt: skip
            self.assertEqual(len(won), 1)
            self.assertEqual({error.reason for error in lost}, {"ETAG_MISMATCH"})

    def test_updates_without_an_etag_all_happen(self):
        partner = Partner()
        made = partner.create()
        won, lost = split(at_once(*[
            lambda n=n: suite.call(f"{CUSTOMERS}/UpdateCustomer", {
                "customer": {"name": made.name, "company_name": f"Contoso {n}"}, "update_mask": "companyName"},
                token=partner.token)
            for n in range(6)
        ]))  # fmt: skip
        self.assertEqual(lost, [])
        self.assertEqual(sorted(answer.revision for answer in won), list(range(made.revision + 1, made.revision + 7)))

    def test_of_two_accepts_one_makes_the_relationship(self):
        for _ in range(ROUNDS):
            partner = Partner()
            address = f"admin@contoso-{unique()}.example"
            partner.invite(address)
            token = mailed_token(address)
            admin = suite.customer(str(uuid.uuid4()), address, "global_admin")
            won, lost = split(at_once(*[
                lambda: suite.call(f"{INVITATIONS}/AcceptInvitation", acceptance(token), token=admin) for _ in range(3)
            ]))  # fmt: skip
            self.assertEqual(len(won), 1)
            self.assertLessEqual({error.reason for error in lost}, {"INVITATION_BEING_ACCEPTED", "INVITATION_USED"})
            partner.seen = won[0].consistency
            self.assertEqual(len(partner.list().customers), 1)

    def test_accept_against_cancel(self):
        for _ in range(ROUNDS):
            partner = Partner()
            address = f"admin@contoso-{unique()}.example"
            invitation = partner.invite(address)
            token = mailed_token(address)
            admin = suite.customer(str(uuid.uuid4()), address, "global_admin")
            accepted, cancelled = at_once(
                lambda: suite.call(f"{INVITATIONS}/AcceptInvitation", acceptance(token), token=admin),
                lambda: suite.call(f"{INVITATIONS}/CancelInvitation", {"name": invitation.name}, token=partner.token),
            )
            self.assertEqual([isinstance(accepted, CallError), isinstance(cancelled, CallError)].count(True), 1)
            state = partner.call(f"{INVITATIONS}/GetInvitation", {"name": invitation.name}).state
            self.assertEqual(state, 6 if isinstance(accepted, CallError) else 4)

    def test_no_relationship_ends_under_a_hold(self):
        for _ in range(ROUNDS):
            partner = Partner()
            relationship = relationship_of(partner.create().name)
            hold = {"termination_hold": {"name": f"{relationship}/terminationHolds/h1",
                                         "kind": "HOLD_KIND_BILLING", "description": "Owes money."}}  # fmt: skip
            ended, held = at_once(
                lambda: suite.call(f"{RELATIONSHIPS}/TerminateCustomerRelationship", {"name": relationship},
                                   token=partner.token),
                lambda: suite.call(f"{HOLDS}/UpsertTerminationHold", hold, certificate="billing"),
            )  # fmt: skip
            if isinstance(held, CallError):
                self.assertIn(held.reason, ("RELATIONSHIP_TERMINATING", "RELATIONSHIP_TERMINATED"))
                self.assertEqual(ended.state, 3)
            else:
                self.assertEqual(ended.reason, "TERMINATION_HOLDS")


if __name__ == "__main__":
    unittest.main()
