"""The ways through the sagas, each a story: what comes before, the request that starts the saga, who takes which step.

A story is one run of its own: a partner, names and keys that nobody else has.
"""

import datetime
import json
import pathlib
import uuid

from partner import (
    CUSTOMERS, HOLDS, INVITATIONS, RELATIONSHIPS, Partner, acceptance, key, mailed_token, relationship_of, suite,
)  # fmt: skip
from suite import STATE, CallError, eventually, new_customer, unique

SENT = 3
AHEAD = 2 * 24 * 3600
# What says nothing of what became of a request: its caller repeats it.
UNDECIDED = ("UNAVAILABLE", "UNKNOWN", "DEADLINE_EXCEEDED")


class Story:
    coordinator = kind = ""
    steps = ()  # of the saga, as this story takes them
    writes = {}  # step: the service that it asks, and the how-manieth of that service's commits it causes
    refused = False  # the saga ends refused, and the same request can be made again
    flags = {}  # of services

    def __init__(self, **how):
        self.partner = Partner(**how)
        self.tag = unique()
        self.request_id = key()
        self.tenants, self.addresses = [str(uuid.uuid4())], []
        self.outcome = None
        self.token = self.partner.token
        self.prepare()

    def prepare(self) -> None:
        pass

    def request(self) -> tuple:
        """Path and fields."""
        raise NotImplementedError

    def call(self, timeout: float = 20) -> str:
        """Asks once; the code of what it was told."""
        path, fields = self.request()
        try:
            self.outcome = suite.call(path, {**fields, "request_id": self.request_id}, token=self.token,
                                      consistency=self.partner.seen, timeout=timeout)  # fmt: skip
        except CallError as error:
            self.outcome = error
            return error.code
        self.partner.seen = self.outcome.consistency or self.partner.seen
        return "OK"

    def ask(self, seconds: float = 60) -> None:
        """Repeats the same request until it is answered, as a caller does."""
        eventually(lambda: self.call() not in UNDECIDED, seconds)

    def be_known(self) -> None:
        """Until every service has seen what came before: then none needs another to take the request."""
        for path in (f"{CUSTOMERS}/ListCustomers", f"{RELATIONSHIPS}/ListCustomerRelationships",
                     f"{INVITATIONS}/ListInvitations"):  # fmt: skip
            eventually(lambda path=path: self.sees(path))

    def sees(self, path: str) -> bool:
        try:
            self.partner.call(path, {"parent": self.partner.name})
            return True
        except CallError as error:
            assert error.code in UNDECIDED, error
            return False

    # What stories begin with -----------------------------------------------------------------------------------------

    def customer(self, number: int = 1, **changes) -> dict:
        """A new customer, named by the story's tag."""
        made = new_customer(**changes)
        chance = made["primary_domain"].removeprefix("contoso-").removesuffix(".example")
        return json.loads(json.dumps(made).replace(chance, f"{self.tag}-{number}"))

    def invite(self, address: str):
        """An invitation whose mail has come."""
        self.addresses.append(address)
        invitation = self.partner.invite(address)
        eventually(lambda: self.partner.call(f"{INVITATIONS}/GetInvitation",
                                             {"name": invitation.name}).delivery.state == SENT)  # fmt: skip
        return invitation

    def sign(self, state: str) -> None:
        suite.call("relationship.v1.PartnerService/UpdatePartner",
                   {"partner": {"name": self.partner.name, "agreement_state": state}, "update_mask": "agreementState"},
                   token=suite.operator())  # fmt: skip


class Create(Story):
    coordinator, kind, steps = "customer", "customer.create", ("establish", "activate")
    writes = {"establish": ("relationship", 1)}

    def request(self):
        return f"{CUSTOMERS}/CreateCustomer", {"parent": self.partner.name, "customer": self.customer()}


class CreateRefused(Create):
    """The partner has not signed."""

    steps, writes, refused = ("establish", "remove"), {}, True

    def prepare(self):
        self.sign("AGREEMENT_STATE_PENDING")


class Import(Story):
    """A list of which one row is of another region."""

    coordinator, kind, steps = "customer", "customer.import", ("establish", "settle")
    writes = {"establish": ("relationship", 1)}

    def prepare(self):
        self.token = suite.operator()
        self.tenants = [str(uuid.uuid4()) for _ in range(3)]

    def row(self, number: int, **changes) -> dict:
        return {"tenant_id": self.tenants[number - 1], "company_name": f"Contoso {self.tag} {number}",
                "primary_domain": f"contoso-{self.tag}-{number}.example", "relationship": "Reseller",
                **changes}  # fmt: skip

    def whole(self, country: str) -> dict:
        account = self.customer(country=country)
        return {name: account[name] for name in ("billing_profile",)}

    def request(self):
        rows = [self.row(1), self.row(2, customer=self.whole("US")), self.row(3, customer=self.whole("DE"))]
        return f"{CUSTOMERS}/BatchImportCustomers", {"parent": self.partner.name, "rows": rows}


class Accept(Story):
    coordinator, kind = "invitation", "invitation.accept"
    steps = ("resolve", "establish", "upsert", "complete")
    writes = {"resolve": ("customer", 1), "establish": ("relationship", 1), "upsert": ("customer", 2)}

    def prepare(self):
        address = f"admin@contoso-{self.tag}.example"
        self.invite(address)
        self.token = suite.customer(self.tenants[0], address, "global_admin")
        self.accepted = acceptance(mailed_token(address))

    def request(self):
        return f"{INVITATIONS}/AcceptInvitation", self.accepted


class AcceptAmbiguous(Accept):
    """Tenant and domain are of two organisations: refused at the first step."""

    steps, writes, refused = ("resolve", "reopen"), {}, True

    def prepare(self):
        super().prepare()
        other = Partner()
        rows = [{"tenant_id": str(uuid.uuid4()), "company_name": "Contoso 1", "relationship": "Reseller",
                 "primary_domain": f"contoso-{self.tag}.example"},
                {"tenant_id": self.tenants[0], "company_name": "Contoso 2", "relationship": "Reseller",
                 "primary_domain": f"contoso-{self.tag}-2.example"}]  # fmt: skip
        suite.call(f"{CUSTOMERS}/BatchImportCustomers", {"parent": other.name, "rows": rows}, token=suite.operator(),
                   consistency=other.seen)  # fmt: skip


class AcceptUnsigned(Accept):
    """The partner's agreement is gone: refused by relationship-service."""

    steps, writes, refused = ("establish", "reopen"), {"resolve": ("customer", 1)}, True

    def prepare(self):
        super().prepare()
        self.sign("AGREEMENT_STATE_PENDING")


class AcceptWithdrawn(Accept):
    """invitation-service's clock is ahead: customer-service refuses a day of agreement that it has not yet seen."""

    steps, refused = ("upsert", "withdraw", "reopen"), True
    writes = {"resolve": ("customer", 1), "establish": ("relationship", 1), "withdraw": ("relationship", 2)}
    clock = STATE / "clock_ahead"
    flags = {"invitation": (f"--clock_offset_file={clock.resolve()}",)}

    def prepare(self):
        super().prepare()
        tomorrow = datetime.date.today() + datetime.timedelta(seconds=AHEAD)
        self.accepted["agreement"] = {**self.accepted["agreement"], "date_agreed": tomorrow.isoformat()}


class Terminate(Story):
    """Of two customers one leaves, that an open invitation waits for; the other one is held."""

    coordinator, kind = "relationship", "relationship.terminate"
    steps = ("end_account", "cancel_invitations", "finish")
    writes = {"end_account": ("customer", 1), "cancel_invitations": ("invitation", 1)}

    def prepare(self):
        self.invite(f"admin@contoso-{self.tag}-1.example")
        leaves, stays = (self.partner.call(f"{CUSTOMERS}/CreateCustomer", {
            "parent": self.partner.name, "customer": self.customer(number), "request_id": key()}).name
            for number in (1, 2))  # fmt: skip
        self.leaves = relationship_of(leaves)
        self.hold(self.leaves)
        self.hold(relationship_of(stays))
        suite.call(f"{HOLDS}/DeleteTerminationHold", {"name": f"{self.leaves}/terminationHolds/subscription-1"},
                   certificate="billing")  # fmt: skip

    def hold(self, relationship: str) -> None:
        suite.call(f"{HOLDS}/UpsertTerminationHold", {"termination_hold": {
            "name": f"{relationship}/terminationHolds/subscription-1", "kind": "HOLD_KIND_SUBSCRIPTION",
            "description": "Suspend it first."}}, certificate="billing", consistency=self.partner.seen)  # fmt: skip

    def request(self):
        return f"{RELATIONSHIPS}/TerminateCustomerRelationship", {"name": self.leaves, "reason": "Moved on."}


STORIES = (Create, CreateRefused, Import, Accept, AcceptAmbiguous, AcceptUnsigned, AcceptWithdrawn, Terminate)


def set_clock_ahead() -> None:
    pathlib.Path(AcceptWithdrawn.clock).write_text(f"{AHEAD}\n")
