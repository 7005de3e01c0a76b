"""A running suite as its callers see it: calls by method name, tokens of every kind, errors taken apart.

The suite is the one that CLIENTELE_STATE and CLIENTELE_PORTS name; ctest starts it before the tests.
"""

import dataclasses
import os
import pathlib
import sys
import time
import uuid

# Else a fork waits until no thread is in a call, which may be for ever. Read when grpc is loaded.
os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "0")
import grpc  # noqa: E402
from google.protobuf import json_format  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tools/lib"))

from contract import Contract  # noqa: E402
from tokens import Tokens  # noqa: E402

STATE = pathlib.Path(os.environ.get("CLIENTELE_STATE", ROOT / ".local"))
PORTS = int(os.environ.get("CLIENTELE_PORTS", "7400"))
PLACES = {"customer": 1, "relationship": 2, "invitation": 3}
CONSISTENCY = "clientele-consistency"
ON_ITS_OWN = ("grpc.use_local_subchannel_pool", 1)  # a channel that shares no connection with another


class CallError(Exception):
    """A call's error with its details in plain form."""

    def __init__(self, code: str, status: dict):
        super().__init__(f"{code}: {status}")
        self.code = code
        self.message = status.get("message", "")
        self.details = {entry["type"].rpartition(".")[2]: entry for entry in status.get("details", [])}

    @property
    def reason(self) -> str:
        return self.details.get("ErrorInfo", {}).get("reason", "")

    @property
    def metadata(self) -> dict:
        return self.details.get("ErrorInfo", {}).get("metadata", {})

    @property
    def fields(self) -> list:
        return [entry["field"] for entry in self.details.get("BadRequest", {}).get("field_violations", [])]


@dataclasses.dataclass
class Answer:
    message: object
    consistency: str

    def __getattr__(self, name):
        return getattr(self.message, name)


class Suite:
    def __init__(self):
        self.contract = Contract()
        self.tokens = Tokens(STATE)
        authority = (STATE / "authority/ca.crt").read_bytes()
        self._authority = authority
        self._channels = {}

    def credentials(self, certificate: str):
        """TLS, with the client certificate of STATE/tls/<certificate> where one is named."""
        if not certificate:
            return grpc.ssl_channel_credentials(self._authority)
        folder = STATE / "tls" / certificate
        return grpc.ssl_channel_credentials(
            self._authority, (folder / "tls.key").read_bytes(), (folder / "tls.crt").read_bytes()
        )

    def channel(self, service: str, certificate: str = ""):
        key = (service, certificate)
        if key not in self._channels:
            address = f"127.0.0.1:{PORTS + 10 + PLACES[service]}"
            self._channels[key] = grpc.secure_channel(address, self.credentials(certificate), options=[ON_ITS_OWN])
        return self._channels[key]

    def request(self, method, fields: dict):
        message = self.contract.message(method.input_type.full_name)()
        json_format.ParseDict(fields, message, descriptor_pool=self.contract._pool)
        return message

    def call(self, path, fields=None, *, token="", certificate="", consistency="", metadata=(), service="", timeout=20):
        """Calls "relationship.v1.PartnerService/GetPartner"; `service` where the area does not name it."""
        method = self.contract.method("clientele." + path)
        request = fields if hasattr(fields, "SerializeToString") else self.request(method, fields or {})
        sent = list(metadata)
        if token:
            sent.append(("authorization", f"Bearer {token}"))
        if consistency:
            sent.append((CONSISTENCY, consistency))
        service = service or path.partition(".")[0]
        invoke = self.channel(service, certificate).unary_unary(
            f"/{method.containing_service.full_name}/{method.name}",
            request_serializer=lambda message: message.SerializeToString(),
            response_deserializer=self.contract.message(method.output_type.full_name).FromString,
        )
        try:
            message, call = invoke.with_call(request, metadata=sent, timeout=timeout)
        except grpc.RpcError as error:
            told = self.error(error)
            # Not by the service: tests end and start those, and a channel that lost its own waits ever longer.
            if not told.reason:
                self._channels.pop((service, certificate), None)
            raise told from None
        trailing = {**dict(call.initial_metadata() or ()), **dict(call.trailing_metadata() or ())}
        return Answer(message, trailing.get(CONSISTENCY, ""))

    def error(self, error) -> CallError:
        packed = dict(error.trailing_metadata() or ()).get("grpc-status-details-bin")
        status = self.contract.status(packed) if packed else {"message": error.details(), "details": []}
        return CallError(error.code().name, status)

    # Callers ---------------------------------------------------------------------------------------------------------

    def operator(self) -> str:
        return self.tokens.sign({"kind": "operator", "sub": "test-operator"})

    def application(self, name: str) -> str:
        return self.tokens.sign({"kind": "application", "sub": name})

    def partner_user(self, partner: str, *roles: str) -> str:
        return self.tokens.sign(
            {"kind": "partner_user", "sub": "test-user", "partner": partner.rpartition("/")[2], "roles": list(roles)}
        )

    def customer(self, tenant_id: str, email: str, *roles: str, domains=()) -> str:
        return self.tokens.sign(
            {
                "kind": "customer",
                "sub": "test-customer",
                "tenant_issuer": "https://directory.clientele.local/global",
                "tenant_id": tenant_id,
                "email": email,
                "email_verified": True,
                "domains": list(domains or [email.partition("@")[2]]),
                "roles": list(roles),
            }
        )

    # What most tests begin with --------------------------------------------------------------------------------------

    def partner(self, country="US", kinds=("PARTNER_KIND_DIRECT_BILL",), agreement="AGREEMENT_STATE_SIGNED") -> Answer:
        return self.call(
            "relationship.v1.PartnerService/CreatePartner",
            {
                "partner": {
                    "display_name": "Fabrikam " + unique(),
                    "mpn_id": str(uuid.uuid4().int % 10**10).zfill(10),
                    "country": country,
                    "kinds": list(kinds),
                    "agreement_state": agreement,
                },
                "request_id": str(uuid.uuid4()),
            },
            token=self.operator(),
        )


def unique() -> str:
    return uuid.uuid4().hex[:12]


def split(outcomes: list) -> tuple:
    """The answers among the outcomes, and the refusals."""
    errors = [each for each in outcomes if isinstance(each, CallError)]
    return [each for each in outcomes if not isinstance(each, CallError)], errors


def eventually(check, seconds: float = 15, every: float = 0.05):
    """The first true value of `check`, asked `every` so many seconds; fails when none comes in time."""
    until = time.monotonic() + seconds
    while True:
        value = check()
        if value:
            return value
        if time.monotonic() > until:
            raise AssertionError(f"did not happen within {seconds} s")
        time.sleep(every)


def address(country="US") -> dict:
    places = {
        "US": {
            "address_line1": "1 Main Street", "city": "Redmond", "state": "WA", "postal_code": "98052", "country": "US",
        },
        "DE": {"address_line1": "Hauptstr. 1", "city": "Berlin", "postal_code": "10115", "country": "DE"},
    }  # fmt: skip
    return places[country]


def new_customer(country="US", **changes) -> dict:
    """A customer that passes every rule, with a domain of its own."""
    name = unique()
    customer = {
        "company_name": f"Contoso {name} Ltd.",
        "primary_domain": f"contoso-{name}.example",
        "billing_profile": {
            "company_name": f"Contoso {name} Ltd.",
            "email": f"invoices@contoso-{name}.example",
            "first_name": "Ann",
            "last_name": "Lee",
            "culture": {"US": "en-US", "DE": "de-DE"}[country],
            "language": {"US": "en", "DE": "de"}[country],
            "default_address": address(country),
        },
    }
    customer.update(changes)
    return customer
