"""The sample lists. The first play imports them as they are; a later one has other organisations in the same rows, for
those of the samples stand under the first play's partners."""

import pathlib
import re
import uuid

from scenario.stage import ROOT, Stage

# Read as bytes: one of the files has lines that are no CSV and no UTF-8, on purpose.
TENANT = re.compile(rb"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b")
DOMAIN = re.compile(rb"([a-z0-9_-])\.example\b")

# Northwind's own tenant, which one row of the refused ones names as a customer.
FIRST_PARTNERS_TENANT = "7d3a5c1e-9f20-4b6d-8a41-2c5e7f9b1d30"


def other_tenant(tenant: str, play: str) -> str:
    return str(uuid.uuid5(uuid.UUID(tenant), play))


def tenant_of_this_play(stage: Stage, tenant: str) -> str:
    return tenant if stage.first_play else other_tenant(tenant, stage.play)


def with_other_organisations(content: bytes, play: str) -> bytes:
    content = TENANT.sub(lambda found: other_tenant(found.group().decode(), play).encode(), content)
    return DOMAIN.sub(rb"\1-" + play.encode() + rb".example", content)


def list_of_this_play(stage: Stage, name: str) -> str:
    """The path of the sample's copy for this play, relative to the root: the import writes files beside its list."""
    content = (ROOT / "tools/samples" / name).read_bytes()
    copy = pathlib.Path(stage.state) / "scenario" / stage.play / name
    (ROOT / copy).parent.mkdir(parents=True, exist_ok=True)
    (ROOT / copy).write_bytes(content if stage.first_play else with_other_organisations(content, stage.play))
    return str(copy)
