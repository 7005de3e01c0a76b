"""A partner, its administrator, and the ways to its customers that most tests of the whole begin with."""

import email
import email.policy
import re
import uuid

from suite import STATE, CallError, Suite, eventually, new_customer

suite = Suite()
CUSTOMERS = "customer.v1.CustomerService"
INVITATIONS = "invitation.v1.InvitationService"
RELATIONSHIPS = "relationship.v1.RelationshipService"
HOLDS = "relationship.v1.TerminationHoldService"


def key() -> str:
    return str(uuid.uuid4())


class Partner:
    """A partner with its administrator."""

    def __init__(self, country="US", **how):
        made = suite.partner(country, **how)
        self.name = made.name
        self.token = suite.partner_user(self.name, "global_admin", "admin_agent")
        # What later calls must have seen: the partner itself, to begin with.
        self.seen = made.consistency

    def call(self, path, fields, **how):
        answer = suite.call(path, fields, token=self.token, consistency=self.seen, **how)
        self.seen = answer.consistency or self.seen
        return answer

    def create(self, **changes):
        return self.call(f"{CUSTOMERS}/CreateCustomer",
                         {"parent": self.name, "customer": new_customer(**changes), "request_id": key()})  # fmt: skip

    def list(self, **how):
        return self.call(f"{CUSTOMERS}/ListCustomers", {"parent": self.name, **how})

    def invite(self, address):
        draft = self.call(f"{INVITATIONS}/CreateInvitation", {
            "parent": self.name, "request_id": key(),
            "invitation": {"kind": "INVITATION_KIND_RESELLER", "target": {"email": address}, "message": "Join us."},
        })  # fmt: skip
        return self.call(f"{INVITATIONS}/SendInvitation", {"name": draft.name, "request_id": key()})

    def refused(self, path, fields, **how) -> CallError:
        try:
            answer = self.call(path, fields, **how)
        except CallError as error:
            return error
        raise AssertionError(f"{path} was not refused: {answer.message}")


def relationship_of(customer: str) -> str:
    return customer.replace("/customers/", "/customerRelationships/")


def mails_to(address: str) -> list:
    return [text for path in (STATE / "mail").glob("*.eml") if address in (text := path.read_text(errors="replace"))]


def token_of(mail: str) -> str:
    body = email.message_from_string(mail, policy=email.policy.default).get_body(("plain",)).get_content()
    return re.search(r"token=([A-Za-z0-9_.\-]+)", body).group(1)


def mailed_token(address: str) -> str:
    """The token of the one mail to an address."""
    return token_of(eventually(lambda: mails_to(address))[-1])


AGREEMENT = {
    "template_id": "customer-agreement/2026-01",
    "primary_contact": {"first_name": "Ann", "last_name": "Lee", "email": "ann@contoso.example"},
    "date_agreed": "2026-01-31",
}


def acceptance(token: str, country="US") -> dict:
    return {
        "token": token, "agreement": AGREEMENT, "request_id": key(),
        "company": {"company_name": "Contoso Acceptance Ltd.", "country": country},
    }  # fmt: skip
