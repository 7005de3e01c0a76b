"""6. Another team follows along, and the audit tells who did what."""

from scenario.stage import PLACE, Stage
from scenario.world import World

EXPECTED_EVENTS = {
    "customer": {"customer.created", "customer.imported", "customer.updated", "customer.ended", "customer.reactivated"},
    "relationship": {"relationship.activated", "relationship.terminating", "relationship.terminated"},
    "invitation": {"invitation.created", "invitation.sent", "invitation.accepted", "invitation.declined"},
}


def follow(stage: Stage, world: World, area: str) -> None:
    """Reads the partner's events of one service to the end, by pages; tells how many of each type."""
    counts, seen, position = {}, set(), ""
    body = {"parent": world.first.name, "page_size": 1000}
    first = stage.call(
        stage.billing(),
        f"reads what happened to the partner's {area}s, from the beginning.",
        f"{area}:EventService/ListEvents",
        {**body, "page_size": 3},
        tell=lambda page: "; ".join(f"{event['type']} by {event['actor']}" for event in page["events"] or []),
    )
    stage.expect(bool(first["position"]), "a page of events without a position")
    while True:
        page = stage.quiet(
            stage.billing(), f"{area}:EventService/ListEvents", {**body, **({"after_position": position} if position else {})}
        )
        for event in page["events"] or []:
            if event["id"] not in seen:
                seen.add(event["id"])
                counts[event["type"]] = counts.get(event["type"], 0) + 1
        # A page without an event is not the end: the service looks through so much of the feed and no more for a page.
        ended = page["atEnd"] or page["position"] == position
        position = page["position"]
        if ended:
            break
    stage.tell("all of them: " + ", ".join(f"{count} {kind}" for kind, count in sorted(counts.items())))
    missing = EXPECTED_EVENTS[area] - set(counts)
    stage.expect(not missing, f"the feed of {area}-service has no event {', '.join(sorted(missing))}")
    stage.call(
        stage.billing(),
        "reads on from where it stopped; nothing new, and a position all the same.",
        f"{area}:EventService/ListEvents",
        {"parent": world.first.name, "after_position": position, "wait_seconds": 1},
        tell=lambda page: f"{len(page['events'] or [])} events",
    )


def audit(stage: Stage, world: World, area: str) -> None:
    page = stage.call(
        world.first.administrator,
        f"reads who changed its {area}s, the newest first.",
        f"{area}:AuditService/ListAuditRecords",
        {"parent": world.first.name, "page_size": 3},
        tell=lambda page: "; ".join(
            f"{record['operation']} by {record['actor']} ({record['method'].rpartition('/')[2] or 'the service itself'})"
            for record in map(lambda record: {"method": "", **record}, page["auditRecords"])
        ),
    )
    stage.expect(len(page["auditRecords"]) == 3, "the audit has fewer than three records")


def play(stage: Stage, world: World) -> None:
    stage.chapter("6. Another team follows along, and the audit tells who did what")
    for area in PLACE:
        follow(stage, world, area)
    for area in PLACE:
        audit(stage, world, area)
