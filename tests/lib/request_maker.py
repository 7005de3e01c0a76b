"""Requests made from the contracts alone: the smallest that passes every field rule, and every way to break one."""

import uuid

from google.protobuf.descriptor import FieldDescriptor

TEXTS = {
    "FORMAT_TEXT": "text", "FORMAT_LINE": "line", "FORMAT_EMAIL": "ann@contoso.example",
    "FORMAT_DOMAIN": "contoso.example", "FORMAT_COUNTRY": "US", "FORMAT_CURRENCY": "USD", "FORMAT_LANGUAGE": "en",
    "FORMAT_CULTURE": "en-US", "FORMAT_PHONE": "+14255550100", "FORMAT_URI": "https://directory.example/x",
    "FORMAT_SLUG": "portal-x", "FORMAT_CODE": "12345", "FORMAT_OPAQUE": "opaque",
}  # fmt: skip
# What a format's pattern demands beyond the format.
PATTERNS = {"[0-9]{4}-[0-9]{2}-[0-9]{2}": "2026-01-31", "(app|service):[A-Za-z0-9._-]+": "app:portal"}
SEGMENTS = {"source": "portal-x", "hold": "hold-1"}


class Rules:
    """The rules that the protos declare."""

    def __init__(self, contract):
        self._contract = contract
        self._pool = contract._pool
        self._names = {
            kind: self._pool.FindEnumTypeByName(f"clientele.type.v1.{kind}").values_by_number
            for kind in ("Format", "Scope")
        }

    def _option(self, descriptor, options_type: str, extension: str):
        # Options come from the default pool, which knows no extension of ours.
        known = self._contract.message(f"google.protobuf.{options_type}")
        options = known.FromString(descriptor.GetOptions().SerializeToString())
        return options.Extensions[self._pool.FindExtensionByName(f"clientele.type.v1.{extension}")]

    def field(self, field):
        return self._option(field, "FieldOptions", "field")

    def method(self, method):
        return self._option(method, "MethodOptions", "rule")

    def format(self, field) -> str:
        return self._names["Format"][self.field(field).format].name

    def scope(self, method) -> str:
        return self._names["Scope"][self.method(method).scope].name

    def methods(self):
        """(service area, method) of every RPC of ours, by name; the two that each service has come three times."""
        for path in sorted((p for p in self._contract.files), key=str):
            for service in self._pool.FindFileByName(path).services_by_name.values():
                area = path.split("/")[1]
                areas = [area] if area not in ("event", "audit") else ["customer", "relationship", "invitation"]
                for method in service.methods:
                    for each in areas:
                        yield each, method


class Maker:
    """Makes the smallest good request of a method, its resource under `partner`."""

    def __init__(self, contract, partner: str):
        self._contract = contract
        self._rules = Rules(contract)
        self._partner = partner.rpartition("/")[2]

    def request(self, method):
        message = self._contract.message(method.input_type.full_name)()
        self._fill(message)
        # An update's resource is named by a field that a create leaves out.
        path = self._rules.method(method).resource
        if path:
            self._set_path(message, path)
        return message

    def name(self, pattern: str) -> str:
        parts = []
        for part in pattern.split("/"):
            segment = part.strip("{}")
            if part == segment:
                parts.append(part)
            elif segment == "partner":
                parts.append(self._partner)
            else:
                parts.append(SEGMENTS.get(segment, str(uuid.uuid4())))
        return "/".join(parts)

    def text(self, field) -> str:
        rule = self._rules.field(field)
        if rule.pattern in PATTERNS:
            return PATTERNS[rule.pattern]
        kind = self._rules.format(field)
        if kind == "FORMAT_RESOURCE_NAME":
            return self.name(rule.resource_types[0])
        return str(uuid.uuid4()) if kind == "FORMAT_UUID" else TEXTS[kind]

    def _fill(self, message) -> None:
        for field in message.DESCRIPTOR.fields:
            rule = self._rules.field(field)
            if field.containing_oneof is not None and field is field.containing_oneof.fields[0]:
                setattr(message, field.name, self.text(field))
            elif rule.required and not rule.output_only:
                self._set(message, field)

    def _set(self, message, field) -> None:
        repeated = field.label == FieldDescriptor.LABEL_REPEATED
        if field.type == FieldDescriptor.TYPE_MESSAGE:
            child = getattr(message, field.name).add() if repeated else getattr(message, field.name)
            child.SetInParent() if not repeated else None
            self._fill(child)
        else:
            value = 1 if field.type == FieldDescriptor.TYPE_ENUM else self.text(field)
            getattr(message, field.name).append(value) if repeated else setattr(message, field.name, value)

    def _set_path(self, message, path: str) -> None:
        *parents, last = path.split(".")
        for parent in parents:
            message = getattr(message, parent)
        if not getattr(message, last):
            setattr(message, last, self.text(message.DESCRIPTOR.fields_by_name[last]))
