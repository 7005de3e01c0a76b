"""The ways of an invitation, from the draft to the relationship's end and back, as callers see them."""

import pathlib
import sys
import unittest
import uuid

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "lib"))

from partner import (  # noqa: E402
    HOLDS, INVITATIONS, RELATIONSHIPS, Partner, acceptance, key, mailed_token, mails_to, suite, token_of,
)  # fmt: skip
from suite import CallError, eventually, unique  # noqa: E402


class InvitationTest(unittest.TestCase):
    def setUp(self):
        self.partner = Partner()
        self.domain = f"contoso-{unique()}.example"
        self.email = f"admin@{self.domain}"
        self.admin = suite.customer(str(uuid.uuid4()), self.email, "global_admin")

    def accept(self, token=None, **how):
        return suite.call(f"{INVITATIONS}/AcceptInvitation", acceptance(token or mailed_token(self.email)),
                          token=self.admin, **how)  # fmt: skip

    def refused(self, path, fields, token=None) -> CallError:
        with self.assertRaises(CallError) as caught:
            suite.call(f"{INVITATIONS}/{path}", fields, token=token or self.admin)
        return caught.exception

    def test_from_the_mail_to_the_list_to_the_end_and_back(self):
        invitation = self.partner.invite(self.email)
        token = mailed_token(self.email)
        offer = suite.call(f"{INVITATIONS}/LookupInvitation", {"token": token}, token=self.admin)
        self.assertEqual(offer.message.message, "Join us.")
        accepted = self.accept(token)
        customer = accepted.customer_relationship.replace("/customerRelationships/", "/customers/")
        self.partner.seen = accepted.consistency
        self.assertEqual([each.name for each in self.partner.list().customers], [customer])
        self.assertEqual(self.partner.call(f"{INVITATIONS}/GetInvitation", {"name": invitation.name}).state, 4)
        self.assertEqual(self.refused("AcceptInvitation", acceptance(token)).reason, "INVITATION_USED")

        relationship = accepted.customer_relationship
        hold = {"termination_hold": {"name": f"{relationship}/terminationHolds/subscription-1",
                                     "kind": "HOLD_KIND_SUBSCRIPTION", "description": "Suspend it first."}}  # fmt: skip
        suite.call(f"{HOLDS}/UpsertTerminationHold", hold, certificate="billing")
        for validate_only in (True, False):
            blocked = self.partner.refused(f"{RELATIONSHIPS}/TerminateCustomerRelationship",
                                           {"name": relationship, "validate_only": validate_only})  # fmt: skip
            self.assertEqual(blocked.reason, "TERMINATION_HOLDS")
            self.assertEqual(blocked.details["PreconditionFailure"]["violations"][0]["subject"],
                             hold["termination_hold"]["name"])  # fmt: skip
        # Both sides can read what blocks; another customer cannot.
        holds = suite.call(f"{HOLDS}/ListTerminationHolds", {"parent": relationship}, token=self.admin)
        self.assertEqual([each.name for each in holds.termination_holds], [hold["termination_hold"]["name"]])
        stranger = suite.customer(str(uuid.uuid4()), "ann@fabrikam.example", "global_admin")
        with self.assertRaises(CallError) as caught:
            suite.call(f"{HOLDS}/ListTerminationHolds", {"parent": relationship}, token=stranger)
        self.assertEqual(caught.exception.code, "NOT_FOUND")
        suite.call(f"{HOLDS}/DeleteTerminationHold", {"name": hold["termination_hold"]["name"]}, certificate="billing")
        ended = self.partner.call(f"{RELATIONSHIPS}/TerminateCustomerRelationship",
                                  {"name": relationship, "reason": "Moved on.", "request_id": key()})  # fmt: skip
        self.assertEqual(ended.state, 3)
        self.assertEqual(len(self.partner.list().customers), 0)
        self.assertEqual(len(self.partner.list(show_ended=True).customers), 1)

        self.partner.invite(self.email)
        eventually(lambda: len(mails_to(self.email)) == 2)
        again = self.accept(next(t for t in map(token_of, mails_to(self.email)) if t != token))
        self.partner.seen = again.consistency
        self.assertEqual(again.customer_relationship, relationship)
        self.assertEqual(self.partner.list().customers[0].relationship.generation, 2)

    def test_the_customer_ends_it_itself(self):
        self.partner.invite(self.email)
        accepted = self.accept()
        name = {"name": accepted.customer_relationship}
        stranger = suite.customer(str(uuid.uuid4()), "ann@fabrikam.example", "global_admin")
        for path in ("GetCustomerRelationship", "TerminateCustomerRelationship"):
            with self.assertRaises(CallError) as caught:
                suite.call(f"{RELATIONSHIPS}/{path}", name, token=stranger)
            self.assertEqual(caught.exception.code, "NOT_FOUND")
        self.assertEqual(suite.call(f"{RELATIONSHIPS}/GetCustomerRelationship", name, token=self.admin).state, 1)
        ended = suite.call(f"{RELATIONSHIPS}/TerminateCustomerRelationship",
                           {**name, "reason": "We buy elsewhere."}, token=self.admin)  # fmt: skip
        self.assertEqual((ended.state, ended.termination.terminated_by), (3, 2))
        self.partner.seen = ended.consistency
        self.assertEqual(len(self.partner.list().customers), 0)

    def test_only_the_invited_may_look(self):
        self.partner.invite(self.email)
        token = mailed_token(self.email)
        other = suite.customer(str(uuid.uuid4()), "ann@fabrikam.example", "global_admin")
        for path, fields in (("LookupInvitation", {"token": token}), ("AcceptInvitation", acceptance(token)),
                             ("DeclineInvitation", {"token": token})):  # fmt: skip
            self.assertEqual(self.refused(path, fields, other).reason, "NOT_INVITEE")
        small = suite.customer(str(uuid.uuid4()), self.email, "user")
        self.assertEqual(self.refused("AcceptInvitation", acceptance(token), small).reason, "CUSTOMER_ROLE_REQUIRED")
        forged = token[:-4] + ("AAAA" if token[-4:] != "AAAA" else "BBBB")
        self.assertEqual(self.refused("LookupInvitation", {"token": forged}).code, "NOT_FOUND")

    def test_without_an_agreement_or_in_another_region_it_stays_open(self):
        self.partner.invite(self.email)
        token = mailed_token(self.email)
        bare = acceptance(token)
        del bare["agreement"]
        self.assertEqual(self.refused("AcceptInvitation", bare).reason, "AGREEMENT_REQUIRED")
        self.assertEqual(self.refused("AcceptInvitation", acceptance(token, "DE")).reason, "REGION_MISMATCH")
        self.accept(token)

    def test_a_refused_acceptance_can_be_asked_for_again(self):
        self.partner.invite(self.email)
        request = acceptance(mailed_token(self.email))
        partners = "relationship.v1.PartnerService/UpdatePartner"

        def sign(state):
            suite.call(partners, {"partner": {"name": self.partner.name, "agreement_state": state},
                                  "update_mask": "agreementState"}, token=suite.operator())  # fmt: skip

        sign("AGREEMENT_STATE_PENDING")
        self.assertEqual(self.refused("AcceptInvitation", request).reason, "MPA_NOT_SIGNED")
        sign("AGREEMENT_STATE_SIGNED")
        for _ in range(2):
            accepted = suite.call(f"{INVITATIONS}/AcceptInvitation", request, token=self.admin)
            self.assertEqual(accepted.state, 4)

    def test_an_organisation_without_a_domain_ends_too(self):
        address = f"anna-{unique()}@outlook.com"  # a free mail provider's: no domain of the organisation's own
        admin = suite.customer(str(uuid.uuid4()), address, "global_admin")
        self.partner.invite(address)
        accepted = suite.call(f"{INVITATIONS}/AcceptInvitation", acceptance(mailed_token(address)), token=admin)
        ended = self.partner.call(f"{RELATIONSHIPS}/TerminateCustomerRelationship",
                                  {"name": accepted.customer_relationship, "request_id": key()})  # fmt: skip
        self.assertEqual(ended.state, 3)

    def test_support_finds_no_address_by_searching(self):
        self.partner.invite(self.email)
        support = suite.tokens.sign({"kind": "support_reader", "sub": "test-support"})
        request = {"parent": self.partner.name}
        listed = suite.call(f"{INVITATIONS}/ListInvitations", request, token=support)
        self.assertEqual([each.target.email for each in listed.invitations], [""])
        request["filter"] = f'target.email = "{self.email}"'
        self.assertEqual(self.refused("ListInvitations", request, support).reason, "INVALID_FILTER")
        self.assertEqual(len(self.partner.call(f"{INVITATIONS}/ListInvitations", request).invitations), 1)

    def test_resend_replaces_the_link(self):
        invitation = self.partner.invite(self.email)
        first = mailed_token(self.email)
        resent = self.partner.call(f"{INVITATIONS}/ResendInvitation", {"name": invitation.name, "request_id": key()})
        self.assertEqual(resent.token_generation, invitation.token_generation + 1)
        eventually(lambda: len(mails_to(self.email)) == 2)
        self.assertEqual(self.refused("AcceptInvitation", acceptance(first)).reason, "INVITATION_REPLACED")
        self.accept(next(t for t in map(token_of, mails_to(self.email)) if t != first))

    def test_cancel_and_decline_close_it(self):
        invitation = self.partner.invite(self.email)
        self.assertEqual(self.partner.refused(f"{INVITATIONS}/SendInvitation", {"name": invitation.name}).reason,
                         "ALREADY_IN_STATE")  # fmt: skip
        twin = self.partner.call(f"{INVITATIONS}/CreateInvitation", {"parent": self.partner.name, "validate_only": True,
            "invitation": {"kind": "INVITATION_KIND_RESELLER", "target": {"email": f"other@{self.domain}"}}})  # fmt: skip
        self.assertEqual(twin.state, 1)
        refused = self.partner.refused(f"{INVITATIONS}/CreateInvitation", {"parent": self.partner.name,
            "invitation": {"kind": "INVITATION_KIND_RESELLER", "target": {"email": self.email.upper()}}})  # fmt: skip
        self.assertEqual(refused.reason, "DUPLICATE_INVITATION")
        self.assertEqual(refused.details["ResourceInfo"]["resource_name"], invitation.name)
        token = mailed_token(self.email)
        self.partner.call(f"{INVITATIONS}/CancelInvitation", {"name": invitation.name, "reason": "Mistake."})
        self.assertEqual(self.refused("AcceptInvitation", acceptance(token)).code, "FAILED_PRECONDITION")
        self.assertEqual(self.partner.refused(f"{INVITATIONS}/CancelInvitation", {"name": invitation.name}).reason,
                         "ALREADY_IN_STATE")  # fmt: skip
        second = self.partner.invite(self.email)
        eventually(lambda: len(mails_to(self.email)) == 2)
        fresh = next(t for t in map(token_of, mails_to(self.email)) if t != token)
        suite.call(f"{INVITATIONS}/DeclineInvitation", {"token": fresh, "reason": "No, thanks."}, token=self.admin)
        self.assertEqual(self.partner.call(f"{INVITATIONS}/GetInvitation", {"name": second.name}).state, 5)

    def test_a_linked_customer_is_not_invited(self):
        made = self.partner.create()
        refused = self.partner.refused(f"{INVITATIONS}/CreateInvitation", {"parent": self.partner.name,
            "invitation": {"kind": "INVITATION_KIND_RESELLER", "target": {"domain": made.primary_domain}}})  # fmt: skip
        self.assertEqual((refused.code, refused.reason), ("ALREADY_EXISTS", "CUSTOMER_ALREADY_LINKED"))


if __name__ == "__main__":
    unittest.main()
