"""What lists, feeds and audit tell of a partner, from their first page to their last."""

from partner import Partner, suite

EVENTS, AUDIT = "event.v1.EventService/ListEvents", "audit.v1.AuditService/ListAuditRecords"


def pages(path: str, field: str, fields: dict, **how) -> list:
    """Everything that a list holds."""
    found, token = [], ""
    while True:
        page = suite.call(path, {**fields, "page_size": 1000, "page_token": token}, **how)
        found += getattr(page, field)
        token = page.next_page_token
        if not token:
            return found


def feed_end(partner: Partner, service: str) -> str:
    return suite.call(EVENTS, {"parent": partner.name, "from_end": True}, service=service, token=partner.token).position


def events_after(partner: Partner, service: str, position: str = "") -> list:
    """A partner's events in a service's feed."""
    found = []
    while True:
        page = suite.call(EVENTS, {"parent": partner.name, "after_position": position, "page_size": 1000},
                          service=service, token=partner.token)  # fmt: skip
        found += page.events
        position = page.position
        if page.at_end:
            return found


def audit_of(partner: Partner, service: str) -> list:
    return pages(AUDIT, "audit_records", {"parent": partner.name}, service=service, token=partner.token)
