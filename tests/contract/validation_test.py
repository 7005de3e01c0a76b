"""Every field rule of every request, broken one at a time and all together: generated from the contracts."""

import pathlib
import sys
import unittest

from google.protobuf.descriptor import FieldDescriptor

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "lib"))

from request_maker import Maker, Rules  # noqa: E402
from suite import CallError, Suite  # noqa: E402

suite = Suite()
rules = Rules(suite.contract)
partner = suite.partner().name
maker = Maker(suite.contract, partner)

SERVICE_CERTIFICATE = {
    "clientele.relationship.v1.RelationshipService": "customer-service",
    "clientele.customer.v1.AccountService": "invitation-service",
    "clientele.invitation.v1.InvitationService": "relationship-service",
    "clientele.relationship.v1.TerminationHoldService": "billing",
}


def caller(method) -> dict:
    """Somebody whom this method lets in."""
    scope = rules.scope(method)
    if scope == "SCOPE_SERVICE" or method.name in ("UpsertTerminationHold", "DeleteTerminationHold"):
        return {"certificate": SERVICE_CERTIFICATE[method.containing_service.full_name]}
    if scope == "SCOPE_INVITATION_TOKEN":
        return {"token": suite.customer("0192f0c1-0000-7000-8000-000000000000", "ann@contoso.example", "global_admin")}
    if scope == "SCOPE_CELL" or method.name in ("ListAuditRecords", "ListEvents"):
        return {"token": suite.operator()}
    return {"token": suite.partner_user(partner, "global_admin", "admin_agent")}


def path_of(method) -> str:
    return f"{method.containing_service.full_name.partition('.')[2]}/{method.name}"


def violations(area, method, request) -> list:
    try:
        suite.call(path_of(method), request, service=area, **caller(method))
    except CallError as error:
        if error.reason == "INVALID_FIELD":
            return error.fields
        return [f"{error.code}/{error.reason}"]
    return []


def leaves(message_type, path=()):
    """(path, field) of every string that a caller writes, outside lists."""
    for field in message_type.fields:
        rule = rules.field(field)
        if rule.output_only or field.label == FieldDescriptor.LABEL_REPEATED:
            continue
        if field.type == FieldDescriptor.TYPE_MESSAGE:
            if field.message_type.full_name.startswith("clientele.") and len(path) < 4:
                yield from leaves(field.message_type, path + (field.name,))
        elif field.type == FieldDescriptor.TYPE_STRING:
            yield path + (field.name,), field


def set_at(message, path, value) -> None:
    *parents, last = path
    for parent in parents:
        message = getattr(message, parent)
    setattr(message, last, value)


class ValidationTest(unittest.TestCase):
    def test_too_long_is_told_by_field(self):
        checked = 0
        for area, method in rules.methods():
            resource = rules.method(method).resource
            for path, field in leaves(method.input_type):
                # The resource's name is judged first, alone; what follows `name` of a new resource is ignored.
                if ".".join(path) == resource or rules.format(field) == "FORMAT_RESOURCE_NAME":
                    continue
                # An update without a mask changes what it can: what is immutable is not looked at.
                if method.name.startswith("Update") and rules.field(field).immutable:
                    continue
                request = maker.request(method)
                set_at(request, path, "x" * (rules.field(field).max_length + 1))
                with self.subTest(service=area, method=method.full_name, field=".".join(path)):
                    found = violations(area, method, request)
                    self.assertIn(".".join(path), found)
                checked += 1
        self.assertGreater(checked, 100)

    def test_missing_fields_come_back_all_at_once(self):
        checked = 0
        for area, method in rules.methods():
            resource = rules.method(method).resource
            required = [
                field.name for field in method.input_type.fields
                if rules.field(field).required and field.name != resource.partition(".")[0]
            ]  # fmt: skip
            if not required:
                continue
            request = maker.request(method)
            for name in required:
                request.ClearField(name)
            with self.subTest(service=area, method=method.full_name):
                found = violations(area, method, request)
                for name in required:
                    self.assertIn(name, found)
            checked += 1
        self.assertGreater(checked, 8)

    def test_a_malformed_resource_name_is_an_argument_error(self):
        for area, method in rules.methods():
            resource = rules.method(method).resource
            if not resource or rules.scope(method) == "SCOPE_INVITATION_TOKEN":
                continue
            for name in ("", "partners/1", "customers/x", "partners/../customers/x", "partners/" + "a" * 300):
                request = maker.request(method)
                set_at(request, resource.split("."), name)
                with self.subTest(service=area, method=method.full_name, name=name):
                    self.assertEqual(violations(area, method, request), [resource])

    def test_request_ids_are_uuids(self):
        for area, method in rules.methods():
            if "request_id" not in method.input_type.fields_by_name:
                continue
            for value in ("1", "not-a-uuid", "0192F0C1-0000-7000-8000-000000000000"):
                request = maker.request(method)
                request.request_id = value
                with self.subTest(service=area, method=method.full_name, value=value):
                    self.assertIn("request_id", violations(area, method, request))

    def test_pages(self):
        for area, method in rules.methods():
            fields = method.input_type.fields_by_name
            if "page_size" not in fields:
                continue
            for size in (-1, 1001):
                request = maker.request(method)
                request.page_size = size
                with self.subTest(service=area, method=method.full_name, page_size=size):
                    self.assertIn("page_size", violations(area, method, request))
            if "page_token" not in fields:
                continue
            request = maker.request(method)
            request.page_token = "bm90IGEgdG9rZW4"
            with self.subTest(service=area, method=method.full_name, page_token="forged"):
                self.assertEqual(violations(area, method, request), ["INVALID_ARGUMENT/INVALID_PAGE_TOKEN"])

    def test_filters_and_orders(self):
        for area, method in rules.methods():
            fields = method.input_type.fields_by_name
            for text in ("nosuchfield = 1", "create_time >", "((create_time > \"2026-01-01T00:00:00Z\")",
                         "create_time = \"yesterday\"", "'; DROP TABLE customer; --"):  # fmt: skip
                if "filter" in fields:
                    request = maker.request(method)
                    request.filter = text
                    with self.subTest(service=area, method=method.full_name, filter=text):
                        self.assertEqual(violations(area, method, request), ["INVALID_ARGUMENT/INVALID_FILTER"])
            if "order_by" in fields:
                request = maker.request(method)
                request.order_by = "nosuchfield"
                with self.subTest(service=area, method=method.full_name, order_by="nosuchfield"):
                    self.assertIn("order_by", violations(area, method, request))


if __name__ == "__main__":
    unittest.main()
