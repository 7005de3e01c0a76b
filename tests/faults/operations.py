"""Operations that a test asks for while a network is bad: each is one request, that can be asked again and again under
its request_id, and knows what it must have come to, once."""

import collections
import re
import uuid

from partner import (
    CUSTOMERS, HOLDS, INVITATIONS, RELATIONSHIPS, Partner, acceptance, key, mailed_token, mails_to, relationship_of, suite,
)  # fmt: skip
from suite import PLACES, eventually, new_customer, unique

from told import audit_of, pages

SENT, CANCELLED, ACCEPTED = 3, 6, 4


class Operation:
    """Made while all is well."""

    path = ""
    seconds = 2  # its deadline by the contract
    effects = ()  # what audit tells of its request_id, in all services
    certificate = ""

    def __init__(self):
        self.partner = Partner()
        self.fields = self.prepare()
        self.fields["request_id"] = key()
        # What the copies have seen by now cannot be missing when the fault begins.
        for path in (f"{CUSTOMERS}/ListCustomers", f"{INVITATIONS}/ListInvitations",
                     f"{RELATIONSHIPS}/ListCustomerRelationships"):  # fmt: skip
            self.partner.call(path, {"parent": self.partner.name})

    def prepare(self) -> dict:
        raise NotImplementedError

    def token(self) -> str:
        return "" if self.certificate else self.partner.token

    def ask(self, timeout: float):
        return suite.call(self.path, self.fields, token=self.token(), certificate=self.certificate, timeout=timeout,
                          consistency=self.partner.seen)  # fmt: skip

    def check(self, test, answer) -> None:
        """Every effect once, whatever was tried."""
        told = [record.operation for service in PLACES for record in audit_of(self.partner, service)
                if record.request_id == self.fields["request_id"]]  # fmt: skip
        test.assertEqual(collections.Counter(told), collections.Counter(self.effects))

    def customers(self, **how) -> list:
        return pages(f"{CUSTOMERS}/ListCustomers", "customers", {"parent": self.partner.name, **how},
                     token=self.partner.token, consistency=self.partner.seen)  # fmt: skip


class Create(Operation):
    path = f"{CUSTOMERS}/CreateCustomer"
    seconds = 10
    effects = ("customer.created", "relationship.activated")

    def prepare(self) -> dict:
        return {"parent": self.partner.name, "customer": new_customer()}

    def check(self, test, answer) -> None:
        super().check(test, answer)
        test.assertEqual([each.name for each in self.customers()], [answer.name])


class Update(Operation):
    path = f"{CUSTOMERS}/UpdateCustomer"
    effects = ("customer.updated",)

    def prepare(self) -> dict:
        self.made = self.partner.create()
        return {"customer": {"name": self.made.name, "etag": self.made.etag, "company_name": f"Contoso {unique()}"},
                "update_mask": "companyName"}  # fmt: skip

    def check(self, test, answer) -> None:
        super().check(test, answer)
        test.assertEqual([each.revision for each in self.customers()], [self.made.revision + 1])


class Hold(Operation):
    path = f"{HOLDS}/UpsertTerminationHold"
    effects = ("hold.created",)
    certificate = "billing"

    def prepare(self) -> dict:
        self.relationship = relationship_of(self.partner.create().name)
        return {"termination_hold": {"name": f"{self.relationship}/terminationHolds/h1", "kind": "HOLD_KIND_BILLING",
                                     "description": "Owes money."}}  # fmt: skip

    def check(self, test, answer) -> None:
        super().check(test, answer)
        holds = pages(f"{HOLDS}/ListTerminationHolds", "termination_holds", {"parent": self.relationship},
                      token=self.partner.token)  # fmt: skip
        test.assertEqual([(each.name, each.revision) for each in holds], [(answer.name, 1)])


class Draft(Operation):
    path = f"{INVITATIONS}/CreateInvitation"
    effects = ("invitation.created",)

    def prepare(self) -> dict:
        return {"parent": self.partner.name, "invitation": {
            "kind": "INVITATION_KIND_RESELLER", "target": {"email": "ann@contoso.example"}, "message": "Join us."}}  # fmt: skip

    def check(self, test, answer) -> None:
        super().check(test, answer)
        drafts = pages(f"{INVITATIONS}/ListInvitations", "invitations", {"parent": self.partner.name},
                       token=self.partner.token)  # fmt: skip
        test.assertEqual([each.name for each in drafts], [answer.name])


class Terminate(Operation):
    """Ends the account, and cancels an invitation to the customer."""

    path = f"{RELATIONSHIPS}/TerminateCustomerRelationship"
    seconds = 10
    effects = ("relationship.terminating", "customer.ended", "invitation.cancelled", "relationship.terminated")

    def prepare(self) -> dict:
        address = f"admin@contoso-{unique()}.example"
        self.invitation = self.partner.invite(address).name
        customer = self.partner.create(primary_domain=address.partition("@")[2]).name
        # Its mail's own way is over before the fault begins.
        eventually(lambda: mails_to(address))
        eventually(lambda: self.invited().delivery.state == SENT)
        return {"name": relationship_of(customer)}

    def invited(self):
        return suite.call(f"{INVITATIONS}/GetInvitation", {"name": self.invitation}, token=self.partner.token)

    def check(self, test, answer) -> None:
        super().check(test, answer)
        test.assertEqual(self.customers(), [])
        test.assertEqual(len(self.customers(show_ended=True)), 1)
        test.assertEqual(self.invited().state, CANCELLED)


class Accept(Operation):
    path = f"{INVITATIONS}/AcceptInvitation"
    seconds = 10
    effects = ("invitation.accepting", "relationship.activated", "customer.created", "invitation.accepted")

    def prepare(self) -> dict:
        self.address = f"admin@contoso-{unique()}.example"
        self.administrator = suite.customer(str(uuid.uuid4()), self.address, "global_admin")
        self.invitation = self.partner.invite(self.address).name
        return acceptance(mailed_token(self.address))

    def token(self) -> str:
        return self.administrator

    def check(self, test, answer) -> None:
        super().check(test, answer)
        test.assertEqual([relationship_of(each.name) for each in self.customers()], [answer.customer_relationship])
        test.assertEqual(self.partner.call(f"{INVITATIONS}/GetInvitation", {"name": self.invitation}).state, ACCEPTED)


class Send(Operation):
    """Its mail comes behind the answer, and may come twice, as one message, where the mail server's answer was lost."""

    path = f"{INVITATIONS}/SendInvitation"
    effects = ("invitation.sent",)
    mails = 1

    def prepare(self) -> dict:
        self.address = f"ann@contoso-{unique()}.example"
        draft = self.partner.call(f"{INVITATIONS}/CreateInvitation", {
            "parent": self.partner.name, "request_id": key(),
            "invitation": {"kind": "INVITATION_KIND_RESELLER", "target": {"email": self.address}, "message": "Join us."},
        })  # fmt: skip
        return {"name": draft.name}

    def delivered(self) -> bool:
        got = suite.call(f"{INVITATIONS}/GetInvitation", {"name": self.fields["name"]}, token=self.partner.token)
        return got.delivery.state == SENT

    def check(self, test, answer) -> None:
        super().check(test, answer)
        mails = mails_to(self.address)
        test.assertIn(len(mails), range(1, self.mails + 1))
        test.assertEqual(len({re.search(r"(?im)^message-id: *(\S+)", mail).group(1) for mail in mails}), 1)
