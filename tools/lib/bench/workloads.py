"""What is measured: RPCs with their requests, and files of such requests for the load generator."""

import base64
import dataclasses
import hashlib
import hmac
import json
import pathlib
import random
import re
import struct
import uuid

import dataset
from contract import Contract
from google.protobuf import json_format
from suite import new_customer

# Stand-ins of the same length as what takes their place, so that a message is serialized once.
PARTNER, CUSTOMER, REQUEST = (f"{kind}0000000-aaaa-4aaa-8aaa-aaaaaaaaaaaa" for kind in "bcd")
TAG = "eeeeeeeeeeee"
LINK = "L" * 96
STAND_INS = re.compile("|".join([PARTNER, CUSTOMER, REQUEST, TAG, LINK]).encode())
NAME = f"partners/{PARTNER}/customers/{CUSTOMER}"
IMPORTED = 500


def _new_customer() -> dict:
    customer = new_customer()
    name = re.fullmatch(r"contoso-(\w+)\.example", customer["primary_domain"])[1]
    return json.loads(json.dumps(customer).replace(name, TAG))


def _import_row() -> dict:
    customer = _new_customer()
    return {"tenant_id": REQUEST, "company_name": customer.pop("company_name"),
            "primary_domain": customer.pop("primary_domain"), "relationship": "Reseller",
            "customer": customer}  # fmt: skip


@dataclasses.dataclass(frozen=True)
class Workload:
    rpc: str
    service: str  # whose port it is
    path: str
    body: dict
    # Requests a second that no run reaches; 0: reads, whose requests may be sent again.
    most_per_second: int = 0
    customers: int = 1  # that one request makes
    # Who sends it: "partner", "source" (an import's) or "invitee".
    caller: str = "partner"
    # What is taken by chance: a "customer", with its partner; or a "partner". An "invitation" is the next one.
    about: str = "customer"
    # Requests that the product may answer by one statement; pgbench is given as many at once, too.
    batch: int = 1
    open_loop: bool = True
    # Of a slow one: so long for each call in flight, until the first of them are done.
    seconds_a_call: float = 0


_CUSTOMERS, _INVITATIONS = "customer.v1.CustomerService", "invitation.v1.InvitationService"
WORKLOADS = {each.rpc: each for each in [
    Workload("GetCustomer", "customer", _CUSTOMERS, {"name": NAME}, batch=16),
    Workload("ListCustomers", "customer", _CUSTOMERS, {"parent": f"partners/{PARTNER}", "page_size": 50},
             about="partner"),
    Workload("UpdateCustomer", "customer", _CUSTOMERS, {
        "customer": {"name": NAME, "company_name": f"Renamed {TAG}"}, "update_mask": "companyName",
        "request_id": REQUEST}, 6000, batch=16),
    Workload("CreateInvitation", "invitation", _INVITATIONS, {
        "parent": f"partners/{PARTNER}", "request_id": REQUEST, "invitation": {
            "kind": "INVITATION_KIND_RESELLER", "target": {"email": f"ann@load-{TAG}.example"},
            "message": "Join us."}}, 8000, batch=16),
    Workload("CreateCustomer", "customer", _CUSTOMERS, {
        "parent": f"partners/{PARTNER}", "customer": _new_customer(), "request_id": REQUEST}, 2500, batch=16),
    Workload("AcceptInvitation", "invitation", _INVITATIONS, {
        "token": LINK, "request_id": REQUEST, "company": {"company_name": "Adatum Ltd.", "country": "US"},
        "agreement": {"template_id": "customer-agreement/2026-01", "date_agreed": "2026-01-31", "primary_contact": {
            "first_name": "Ann", "last_name": "Lee", "email": "ann@adatum.example"}}}, 2500,
             caller="invitee", about="invitation", batch=16, open_loop=False),
    Workload("BatchImportCustomers", "customer", _CUSTOMERS, {
        "parent": f"partners/{PARTNER}", "source": "importSources/bench", "request_id": REQUEST,
        "rows": [_import_row() for _ in range(IMPORTED)]}, 40, IMPORTED, "source", open_loop=False,
             seconds_a_call=0.2),
]}  # fmt: skip


class Links:
    """The tokens in the links of the set's invitations, as the invitation domain derives them."""

    def __init__(self, keys_file: pathlib.Path, cell: str):
        self._id, secret = keys_file.read_text().split()[:2]
        self._secret, self._cell = base64.b64decode(secret), cell.encode()

    def of(self, invitation: int) -> str:
        signed = uuid.UUID(dataset.identifier(dataset.INVITATION, invitation)).bytes + struct.pack(">q", 1)
        mac = hmac.digest(self._secret, self._cell + signed, hashlib.sha256)
        token = b"\x01" + signed + bytes([len(self._id)]) + self._id.encode() + mac
        link = base64.urlsafe_b64encode(token).rstrip(b"=").decode()
        assert len(link) == len(LINK), "an id of a key has another length"
        return link


class Callers:
    """Bearer tokens, a line each: the partners' administrators, the import source, the invitees."""

    SOURCE = dataset.PARTNERS

    def __init__(self, path: pathlib.Path, tokens, invitees: int):
        self.path = path
        signed = [tokens.sign({"kind": "partner_user", "sub": "bench", "roles": ["global_admin"],
                               "partner": dataset.identifier(dataset.PARTNER, p)})
                  for p in range(dataset.PARTNERS)]  # fmt: skip
        signed.append(tokens.sign({"kind": "application", "sub": "bench"}))
        for i in range(invitees):
            signed.append(tokens.sign({
                "kind": "customer", "sub": "bench", "roles": ["global_admin"], "tenant_issuer": dataset.ISSUER,
                "tenant_id": dataset.identifier(dataset.ACCEPTING, i), "email": f"ann@adatum-{i}.example",
                "email_verified": True, "domains": [f"adatum-{i}.example"]}))  # fmt: skip
        self.tokens = signed
        path.touch(mode=0o600)
        path.write_text("".join(f"{token}\n" for token in signed))


@dataclasses.dataclass
class Sent:
    """One request, for who has to know what it is about."""

    customer: int
    partner: int
    stand_ins: dict
    message: bytes


def caller_of(workload: Workload, sent: Sent) -> int:
    """The line of Callers' file."""
    return {"partner": sent.partner, "source": Callers.SOURCE,
            "invitee": Callers.SOURCE + 1 + sent.customer}[workload.caller]  # fmt: skip


class RequestWriter:
    def __init__(self, links: Links):
        self._links = links
        self._contract = Contract()

    def method(self, workload: Workload) -> str:
        method = self._contract.method(f"clientele.{workload.path}/{workload.rpc}")
        return f"/{method.containing_service.full_name}/{method.name}"

    def _template(self, workload: Workload) -> bytes:
        method = self._contract.method(f"clientele.{workload.path}/{workload.rpc}")
        message = self._contract.message(method.input_type.full_name)()
        return json_format.ParseDict(workload.body, message).SerializeToString()

    def requests(self, workload: Workload, count: int):
        """Requests that were never made before, for customers by chance."""
        template = self._template(workload)
        for n in range(count):
            customer = random.randrange(dataset.CUSTOMERS)
            partner = dataset.partner_of(customer)
            if workload.about == "partner":
                partner = random.randrange(dataset.PARTNERS)
            elif workload.about == "invitation":
                customer, partner = n, n % dataset.PARTNERS
            fixed = {PARTNER: dataset.identifier(dataset.PARTNER, partner),
                     CUSTOMER: dataset.identifier(dataset.CUSTOMER, customer)}  # fmt: skip
            if workload.about == "invitation":
                fixed[LINK] = self._links.of(n)
            made = {}

            def put(found, fixed=fixed, made=made):
                stand_in = found[0].decode()
                if stand_in in fixed:
                    return fixed[stand_in].encode()
                value = uuid.uuid4()
                text = str(value) if stand_in == REQUEST else value.hex[-12:]
                made[text] = stand_in
                return text.encode()

            yield Sent(customer, partner, made, STAND_INS.sub(put, template))

    def write(self, workload: Workload, path: pathlib.Path, requests) -> None:
        with path.open("wb") as file:
            for sent in requests:
                file.write(struct.pack("<II", caller_of(workload, sent), len(sent.message)) + sent.message)
